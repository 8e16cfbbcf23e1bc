"""The page that asks for the time to travel to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nof1tui.domain.time_expressions import MOMENT_EXAMPLES, UnknownMoment, parse_moment


class GoToTimeScreen(ModalScreen[datetime | None]):
    """One input line; enter returns the time, esc None."""

    DEFAULT_CSS = """
    GoToTimeScreen { align: center middle; }
    GoToTimeScreen > Vertical { width: 66; max-width: 100%; height: auto; padding: 0 2;
                              border: round $accent; background: $surface; }
    GoToTimeScreen Input { border: none; height: 1; padding: 0; background: $surface; }
    GoToTimeScreen Input:focus { border: none; }
    GoToTimeScreen Static { height: auto; color: $muted; }
    GoToTimeScreen Static.-wrong { color: $warn; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel", show=False)]

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._line = Input(placeholder="2025-10-27 14:00 or -6h", compact=True)
        self._line.cursor_blink = False
        self._hint = Static(f"UTC: {MOMENT_EXAMPLES}", markup=False)

    def compose(self) -> ComposeResult:
        box = Vertical(self._line, self._hint)
        box.border_title = "Go to a time"
        box.border_subtitle = "⏎ go · esc cancel"
        yield box

    @on(Input.Submitted)
    def _go(self, event: Input.Submitted) -> None:
        try:
            moment = parse_moment(event.value, self._clock())
        except UnknownMoment as error:
            self._hint.update(str(error))
            self._hint.add_class("-wrong")
        else:
            self.dismiss(moment)
