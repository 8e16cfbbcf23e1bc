"""The command palette: every key's action by its description, and every theme by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from nof1tui.tui.keys import KeyScope, key_bindings_in
from nof1tui.tui.style.theme import THEMES


class SteadyCursorPalette(CommandPalette):
    """Textual's palette with a cursor that does not blink: blinking costs two frames a second."""

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False


class ArenaCommands(Provider):
    """Actions of the app and of the screen the palette was opened on."""

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], Awaitable[object]]]]:
        scopes: tuple[KeyScope, ...] = getattr(self.screen, "key_scopes", ())
        for key in (*key_bindings_in(*scopes), *key_bindings_in("everywhere")):
            if key.action != "command_palette" and not key.priority:
                namespace = self.app if key.scope == "everywhere" else self.screen
                yield key.description, f"key {key.label}", partial(self.app.run_action, key.action, namespace)
        for name, title in THEMES.items():
            yield f"Theme: {title}", name, partial(self.app.run_action, f"choose_theme('{name}')", self.app)

    async def discover(self) -> Hits:
        for title, note, run in self._commands():
            yield DiscoveryHit(title, run, help=note)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, note, run in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=note)
