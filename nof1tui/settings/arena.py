"""The arena that settings name, and the settings of a stored arena."""

from __future__ import annotations

from hashlib import blake2b

from nof1tui.domain.arena import ArenaKey, instance_of_url
from nof1tui.settings.model import Settings

_DEFAULT_INSTANCES = tuple(
    instance_of_url(Settings.model_fields[name].default) for name in ("api_url", "hyperliquid_url")
)
_LIVE_SOURCES = ("nof1", "hyperliquid")


def arena_instance(settings: Settings) -> str:
    """The server that distinguishes the arena from others of its source."""
    return instance_of_url(settings.arena_url) if settings.source in _LIVE_SOURCES else ""


def names_an_arena(settings: Settings) -> bool:
    """Whether source or server are set, and not only the defaults."""
    return not settings.model_fields_set.isdisjoint({"source", "api_url", "hyperliquid_url"})


def arena_fingerprint(settings: Settings) -> str:
    """A digest of store and arena, without credentials; for a source's default server that of the store."""
    instance = arena_instance(settings)
    if settings.arena is None and instance in ("", *_DEFAULT_INSTANCES):
        return settings.store_fingerprint
    text = "#".join((settings.store_fingerprint, settings.source, instance, settings.arena or ""))
    return blake2b(text.encode(), digest_size=6).hexdigest()


def settings_of_arena(settings: Settings, arena: ArenaKey) -> Settings:
    """The settings with the source and the server of a stored arena."""
    changes: dict[str, str] = {}
    if arena.source in _LIVE_SOURCES:
        changes["source"] = arena.source
    if arena.source == "nof1" and arena.instance not in ("", instance_of_url(settings.api_url)):
        changes["api_url"] = f"https://{arena.instance}"
    return settings.model_copy(update=changes)
