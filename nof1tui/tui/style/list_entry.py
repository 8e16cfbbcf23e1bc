"""One entry of a list of lines."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from nof1tui.tui.style.cells import places_that_fit

StyledText = tuple[str, str]
"""Text and its style."""
TextPart = str | StyledText
"""Text, or text and its style."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One item of a list: a first line, and text that may wrap below it."""

    key: str
    head: tuple[TextPart, ...]
    body: str = ""
    drop_order: tuple[int, ...] = ()
    """Places in the head whose parts leave, one after the other, where there is no room for all."""

    @property
    def text(self) -> str:
        """What the filter looks at and the clipboard gets."""
        return f"{''.join(map(part_text, self.head))} {self.body}".strip()

    def content(self, room: int) -> Content:
        """The head in so many cells, as far as leaving parts out can bring it there."""
        sizes = [cell_len(part_text(part)) for part in self.head]
        return Content.assemble(
            *(self.head[place] for place in places_that_fit(sizes, self.drop_order, room))
        )


def part_text(part: TextPart) -> str:
    return part if isinstance(part, str) else part[0]
