"""The last line: keys of the screen, and what is hidden or filtered."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from nof1tui.tui.keys import SCREENS, KeyBinding, footer_keys

_MIN_WIDTH_FOR_SCREENS = 120
"""Cells from which the numbered screens are named; below, `1-8` represents them."""


def footer_content(keys: Sequence[KeyBinding], state: Sequence[str], width: int, here: str) -> Content:
    """State first, so that it is always visible, then the screens, then the keys that fit."""
    parts: list[tuple[str, str]] = [(f" {text} ", "$warn") for text in state]
    if width >= _MIN_WIDTH_FOR_SCREENS:
        for number, name, title, _ in SCREENS:
            tone = "$foreground bold" if name == here else "$muted"
            parts += [(f" {number}", "$accent bold"), (f" {title}", tone)]
        parts.append(("  ", ""))
    else:
        parts += [(" 1-8", "$accent bold"), (" screens ", "$muted")]
    used = sum(len(text) for text, _ in parts)
    for key in footer_keys(keys, width - used - 1):
        parts += [(" ", ""), (key.label, "$accent bold"), (f" {key.title} ", "$muted")]
    return Content.assemble(*parts)


class FooterLine(Static):
    DEFAULT_CSS = """
    FooterLine { height: 1; text-wrap: nowrap; }
    """

    def __init__(self, keys: Sequence[KeyBinding], *, here: str) -> None:
        super().__init__("", markup=False)
        self._keys = keys
        self._here = here
        self.state: tuple[str, ...] = ()

    def show(self, *state: str) -> None:
        """Show these texts before the keys; empty ones are left out."""
        texts = tuple(text for text in state if text)
        if texts != self.state:
            self.state = texts
            self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        self.update(footer_content(self._keys, self.state, self.size.width, self._here), layout=False)
