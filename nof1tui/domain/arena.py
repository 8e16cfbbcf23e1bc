"""Arenas: instances of sources, whose records a store keeps apart."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from msgspec import Struct


class ArenaKey(Struct, frozen=True):
    """One instance of one source. A store has its records under the name."""

    name: str
    source: str
    """`nof1`, `hyperliquid`, `demo` or `replay`; empty where a store of an older version has no records."""
    instance: str = ""
    """Host, port and path of the server; empty where it has none or is not known yet."""

    @property
    def label(self) -> str:
        """Name and server: `nof1 (nof1.ai/api)`."""
        return f"{self.name} ({self.instance or self.source})"


def instance_of_url(url: str) -> str:
    """Host, port and path of a server's URL, without scheme, credentials and query."""
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    return f"{host.lower()}{parts.path.rstrip('/')}"


def name_arena(source: str, instance: str, taken: Collection[str]) -> str:
    """A name that no other arena of the store has: the source, else with the host, else with a number."""
    host = instance.partition("/")[0]
    candidates = [source, *([f"{source} {host}"] if host else [])]
    numbered = (f"{candidates[-1]} {number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*candidates, *numbered) if name not in taken)
