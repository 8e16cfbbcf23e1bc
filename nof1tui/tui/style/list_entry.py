"""One entry of an entry list."""

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
    """An entry: a first line, and text that may wrap below it."""

    key: str
    head: tuple[TextPart, ...]
    body: str = ""
    drop_order: tuple[int, ...] = ()
    """Indexes of the parts of the head in the order in which they are dropped in a narrow list."""

    @property
    def text(self) -> str:
        """The text that the filter searches and the clipboard gets."""
        return f"{''.join(map(part_text, self.head))} {self.body}".strip()

    def content(self, width: int) -> Content:
        """The head, with parts dropped until it fits `width` cells."""
        sizes = [cell_len(part_text(part)) for part in self.head]
        return Content.assemble(
            *(self.head[place] for place in places_that_fit(sizes, self.drop_order, width))
        )


def part_text(part: TextPart) -> str:
    """The text of a part without its style."""
    return part if isinstance(part, str) else part[0]
