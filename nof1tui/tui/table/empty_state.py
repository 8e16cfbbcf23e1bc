"""The text in the middle of a list without rows, wrapped between words to the width of the list."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from rich.cells import cell_len
from textual.content import Content

from nof1tui.tui.style.cells import Cell

_MAX_LINE_WIDTH = 72
"""Cells of the longest readable line."""
BLANK_CELL = Cell("")


class EmptyStateView:
    """A headline and lines below it, a little above the middle."""

    def __init__(self) -> None:
        self._text: tuple[str, ...] = ()

    def set_text(self, text: tuple[str, ...]) -> bool:
        """Set headline and lines; returns whether they changed."""
        changed, self._text = text != self._text, text
        return changed

    def render_line(self, index: int, width: int, height: int) -> Cell:
        """The line at this index of a list of `height` lines."""
        head, lines = _laid_out(self._text, max(width - 2, 1))
        top = max(0, (height - len(lines)) // 3)
        if not top <= index < top + len(lines):
            return BLANK_CELL
        text = lines[index - top]
        indent = max(0, width - cell_len(text)) // 2
        return Cell(" " * indent + text, "bold" if index - top < head else "muted")


@lru_cache(maxsize=64)
def _laid_out(paragraphs: tuple[str, ...], width: int) -> tuple[int, tuple[str, ...]]:
    """Number of lines of the headline, and all lines."""
    wrapped = [_wrapped(text, min(width, _MAX_LINE_WIDTH)) for text in paragraphs]
    return len(wrapped[0]) if wrapped else 0, tuple(chain.from_iterable(wrapped))


def _wrapped(text: str, width: int) -> list[str]:
    """The text in the fewest lines, these of about equal length."""
    lines = Content(text).wrap(width)
    for narrower in range(max(cell_len(text) // max(len(lines), 1), 1), width):
        even = Content(text).wrap(narrower)
        if len(even) <= len(lines):
            lines = even
            break
    return [line.plain.rstrip() for line in lines]
