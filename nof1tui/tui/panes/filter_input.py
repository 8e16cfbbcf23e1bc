"""The input line of the filter, visible while it is edited."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterInput(Input):
    """Posts `Changed` on each edit; enter keeps the filter, esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", "drop", show=False)]

    class Closed(Message):
        """The line was closed; `kept` is whether its filter stays in force."""

        def __init__(self, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    def __init__(self) -> None:
        super().__init__(placeholder="text or regex, ! inverts", compact=True, select_on_focus=False)
        self.cursor_blink = False

    def open(self) -> None:
        self.display = True
        self.focus()

    def close(self, *, kept: bool) -> None:
        self.display = False
        if not kept:
            self.value = ""
        self.post_message(self.Closed(kept))

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self.close(kept=True)

    def action_drop(self) -> None:
        self.close(kept=False)
