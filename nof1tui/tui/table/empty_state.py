"""Words in the middle of a list that has no row, broken between words to whatever room there is."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from rich.cells import cell_len
from textual.content import Content

from nof1tui.tui.style.cells import Cell

_MAX_LINE_WIDTH = 72
"""Cells of a line that is still read with ease."""
BLANK_CELL = Cell("")


class EmptyStateView:
    """A headline and lines below it, a little above the middle."""

    def __init__(self) -> None:
        self._words: tuple[str, ...] = ()

    def set_text(self, words: tuple[str, ...]) -> bool:
        """Whether these are other words than those said last."""
        changed, self._words = words != self._words, words
        return changed

    def render_line(self, place: int, width: int, height: int) -> Cell:
        """What the line at this place says, of so many."""
        head, lines = _laid_out(self._words, max(width - 2, 1))
        top = max(0, (height - len(lines)) // 3)
        if not top <= place < top + len(lines):
            return BLANK_CELL
        text = lines[place - top]
        room = max(0, width - cell_len(text)) // 2
        return Cell(" " * room + text, "bold" if place - top < head else "muted")


@lru_cache(maxsize=64)
def _laid_out(words: tuple[str, ...], width: int) -> tuple[int, tuple[str, ...]]:
    """How many lines the headline takes, and all the lines."""
    broken = [_broken(text, min(width, _MAX_LINE_WIDTH)) for text in words]
    return len(broken[0]) if broken else 0, tuple(chain.from_iterable(broken))


def _broken(text: str, width: int) -> list[str]:
    """The text in as few lines as it needs, these about equally long."""
    lines = Content(text).wrap(width)
    for narrower in range(max(cell_len(text) // max(len(lines), 1), 1), width):
        even = Content(text).wrap(narrower)
        if len(even) <= len(lines):
            lines = even
            break
    return [line.plain.rstrip() for line in lines]
