"""The command palette: every key's action by its description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from nof1tui.tui.keys import Key, Place, keys_of


class ArenaCommands(Provider):
    """Actions of the app and of the screen the palette was opened on."""

    def _offered(self) -> Iterator[tuple[Key, Callable[[], Awaitable[object]]]]:
        places: tuple[Place, ...] = getattr(self.screen, "places", ())
        for key in (*keys_of(*places), *keys_of("everywhere")):
            if key.action != "command_palette" and not key.always:
                namespace = self.app if key.place == "everywhere" else self.screen
                yield key, partial(self.app.run_action, key.action, default_namespace=namespace)

    async def discover(self) -> Hits:
        for key, run in self._offered():
            yield DiscoveryHit(key.description, run, help=f"key {key.shown}")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key, run in self._offered():
            score = matcher.match(key.description)
            if score > 0:
                yield Hit(score, matcher.highlight(key.description), run, help=f"key {key.shown}")
