"""The monitor app: screens over the engine's boards, time travel, notices and the global keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.screen import ModalScreen, Screen

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.ports.engine import Engine
from nof1tui.ports.history import History
from nof1tui.tui.chart.raster import GLYPH_SETS
from nof1tui.tui.chart.series import ChartStyle
from nof1tui.tui.commands import ArenaCommands, SteadyCursorPalette
from nof1tui.tui.engine_app import EngineApp
from nof1tui.tui.engine_run import catch_signals
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.memory_trim import MemoryTrimmer
from nof1tui.tui.notices.alerts import AlertNotices, TerminalAlertChannels
from nof1tui.tui.notices.events import EventNotices
from nof1tui.tui.panes.status import MonitorStatus
from nof1tui.tui.screens.all_screens import AllScreens
from nof1tui.tui.screens.board_screen import BoardScreen
from nof1tui.tui.screens.go_to_time import GoToTimeScreen
from nof1tui.tui.screens.help import HelpScreen
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.theme import AUTO, build_themes, following_theme, resolve_theme
from nof1tui.tui.terminal import frame_diff
from nof1tui.tui.terminal.charset import UTF_8, Charset
from nof1tui.tui.terminal.textual_internals import driver_of
from nof1tui.tui.time_travel import TimeTravel

if TYPE_CHECKING:
    from nof1tui.tui.context import ScreenContext
    from nof1tui.tui.terminal.frame_hook import CapturedFrame

    def _is_screen_context(app: ArenaApp) -> ScreenContext:
        return app


FrameSink = Callable[["CapturedFrame", datetime], None]
"""Takes a captured frame and the time of the newest record in it."""
_SAVE_FRAME_EVERY_S = 60.0
_EVENT_TOAST_S = 5.0
"""Time an event toast stays."""
_ALERT_TOAST_S = 20.0
"""Time an alert toast stays."""


class ArenaApp(EngineApp):
    """The monitor's screens over one engine; it is the `ScreenContext` of its screens."""

    CSS_PATH = "arena.tcss"
    COMMANDS = {ArenaCommands}  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("everywhere")]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        engine: Engine,
        *,
        roster: Roster,
        clock: Callable[[], datetime],
        badge: str | None = None,
        source: str | None = None,
        theme: str = AUTO,
        gain_color: str | None = None,
        loss_color: str | None = None,
        chart: ChartStyle = "braille",
        charset: Charset = UTF_8,
        waiting_text: str = "Waiting for the first figures …",
        board: Board | None = None,
        save_frame: FrameSink | None = None,
        alert_channels: TerminalAlertChannels | None = None,
        toasts: bool = False,
    ) -> None:
        super().__init__(engine, clock, board)
        self.badge = badge
        self.source = source
        """Where the figures come from, as exports name it."""
        self.waiting_text = tuple(map(fmt.sanitise_line, waiting_text.splitlines()))
        """Text of an empty screen before the first board: a headline, and what to do."""
        self._save_frame = save_frame
        self._alert_notices = AlertNotices(alert_channels or TerminalAlertChannels(), clock())
        self._event_notices = EventNotices(time.monotonic) if toasts else None
        self._memory_trimmer = MemoryTrimmer()
        self.charset = charset
        """Characters the terminal can show; the driver encodes with it."""
        if not charset.can_show(GLYPH_SETS[chart].glyphs):
            chart = "ascii"
        for available in build_themes(gain_color, loss_color):
            self.register_theme(available)
        self.theme = resolve_theme(theme, colors=None if self.no_color else self.console.color_system)
        self.time_travel = TimeTravel(lambda: engine.history, show=self._show_past, notify=self.show_message)
        self.identities = TraderIdentities(roster, theme=self.theme)
        screens = AllScreens(chart=chart)
        self.arena, self.trader, self.detail = screens.arena, screens.trader, screens.detail
        self.numbered = screens.numbered
        self._screens_by_name = screens.by_name

    def get_default_screen(self) -> Screen[Any]:
        return self.arena

    def on_mount(self) -> None:
        frame_diff.install(self)
        self.board = self._newest
        for name, screen in self._screens_by_name.items():
            self.install_screen(screen, name)
        catch_signals(self.exit)
        self.set_interval(1.0, self.tick)
        self.set_interval(_SAVE_FRAME_EVERY_S, self._save_arena_frame)
        self.collect()
        self.run_worker(self.time_travel.run(), group="travel", name="travel")

    def on_resize(self) -> None:
        """Repaint everything: cells beyond a size the terminal had in between are lost."""
        frame_diff.repaint(self)

    def exit(self, *args: Any, **options: Any) -> None:
        self._save_arena_frame()
        super().exit(*args, **options)

    def _save_arena_frame(self) -> None:
        """Save the terminal's frame if it is the live Arena screen, which the next start shows first."""
        board, corner = self.board, self.arena.bar.status_corner.region
        if self._save_frame is None or board is None or board.newest_at is None:
            return
        if self.screen is self.arena and board.as_of is None and board.accounts:
            frame = frame_diff.capture_frame(self, corner)
            if frame is not None:
                self._save_frame(frame, board.newest_at)

    # Notices

    @property
    def in_past(self) -> bool:
        return self.time_travel.moment is not None

    def process_board(self, board: Board) -> None:
        self._notify_alerts(board)
        self._notify_events(board)
        self._memory_trimmer.count_board()

    def _notify_alerts(self, board: Board) -> None:
        """Toast and signal new alerts, also while paused or in the past: an alert concerns the present."""
        alerts = self._alert_notices.new_alerts(board)
        text = self._alert_notices.toast_text(alerts)
        sequences = self._alert_notices.terminal_sequences(alerts)
        if text:
            self.notify(text, title="Alert", severity="warning", timeout=_ALERT_TOAST_S, markup=False)
        driver = driver_of(self)
        if sequences and driver is not None and not self.is_headless:
            driver.write(sequences)

    def _notify_events(self, board: Board) -> None:
        """Toast recent events; none while paused or in the past."""
        if self._event_notices is None:
            return
        text = self._event_notices.next_notice(board, self.clock(), self.identities)
        if text and self.paused_at is None and self.time_travel.moment is None:
            self.notify(text, timeout=_EVENT_TOAST_S, markup=False)

    # ScreenContext

    @property
    def history(self) -> History | None:
        return self.engine.history

    def open_page(self, name: str) -> None:
        self.push_screen(name)

    def close_page(self) -> None:
        self.pop_screen()

    @property
    def visible_screen(self) -> Screen[Any]:
        """The topmost screen that is not a modal page."""
        return next(s for s in reversed(self.screen_stack) if not isinstance(s, ModalScreen))

    @property
    def status(self) -> MonitorStatus:
        return MonitorStatus(self.badge, self.paused_at, self.stopped is not None, self.time_travel.speed)

    def tick(self) -> None:
        """Update the status corner of the visible screen; called every second and on status changes."""
        if self.screen_stack and isinstance(self.visible_screen, BoardScreen):
            self.visible_screen.tick(self.clock())

    def copy_to_terminal(self, text: str, what: str) -> None:
        """Put plain text into the terminal's clipboard (OSC 52)."""
        self.copy_to_clipboard(text)
        hint = " tmux: set -g set-clipboard on" if "TMUX" in os.environ else ""
        self.notify(f"{fmt.sanitise_line(what, 40)} copied.{hint}", timeout=5 if hint else 2, markup=False)

    def open_trader(self, account: AccountKey) -> None:
        """Open the screen of a trader over the current one; a notice if it is not in the board's season."""
        if self.board is None or account not in self.board.accounts:
            self.show_message(f"{self.identities.identity_of(account).name} is not in this season.")
            return
        self.trader.choose(account)
        if self.visible_screen is self.trader:
            self.trader.repaint_board()
        else:
            self.push_screen("trader")

    def _show_past(self, board: Board | None) -> None:
        self.board = self._newest if board is None else board

    def show_message(self, text: str) -> None:
        """Show a short notice."""
        self.notify(fmt.sanitise_line(text, 300), timeout=4, markup=False)

    # Keys

    def action_leave(self) -> None:
        self.exit()

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, SteadyCursorPalette):
            self.push_screen(SteadyCursorPalette(id="--command-palette"))

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen("help")

    def action_show(self, name: str) -> None:
        """Open one of the numbered screens and close every page."""
        target = self.numbered.get(name)
        if target is not None and self.visible_screen is target and len(self.screen_stack) == 2:
            return
        with self.batch_update():
            while len(self.screen_stack) > 1:
                self.pop_screen()
            if target is not None:
                self.push_screen(name)

    def action_pause(self) -> None:
        if self.time_travel.speed:
            self.time_travel.stop()
        elif self.paused_at is None:
            self.paused_at = self.clock()
        else:
            self.paused_at = None
            if self._newest is not self.board and self.time_travel.moment is None:
                self.board = self._newest
        self.tick()

    def action_travel_step(self, steps: int) -> None:
        self.time_travel.step(steps)

    def action_travel_day(self, days: int) -> None:
        self.time_travel.jump(timedelta(days=days), self.clock())

    def action_travel_to(self) -> None:
        self.push_screen(GoToTimeScreen(self.clock), self._travel_to)

    def _travel_to(self, moment: datetime | None) -> None:
        if moment is not None:
            self.time_travel.go_to(moment)

    def action_travel_play(self) -> None:
        self.time_travel.play()
        self.tick()

    def action_travel_live(self) -> None:
        self.paused_at = None
        self.time_travel.return_to_live()

    def action_next_theme(self) -> None:
        self.action_choose_theme(following_theme(self.theme))

    def action_choose_theme(self, name: str) -> None:
        self.theme = name
        self.identities = self.identities.with_theme(name)
        self.board = self.board
