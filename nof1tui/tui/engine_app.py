"""The app around one engine: runs it as its one long worker, holds the newest board and the one shown."""

from __future__ import annotations

import logging
import os
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any

from textual import on, work
from textual.app import App
from textual.driver import Driver
from textual.reactive import var

from nof1tui.domain.board import Board
from nof1tui.ports.engine import Engine
from nof1tui.tui.engine_run import EngineRun, release_signals
from nof1tui.tui.messages import BoardUpdated

log = logging.getLogger(__name__)


class EngineApp(App[None]):
    """What comes from the engine and how it ends; a subclass says what is shown of it."""

    board: var[Board | None] = var(None, init=False, always_update=True)
    """What is painted. While paused it stays behind the newest one."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], board: Board | None) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.engine = engine
        self.clock = clock
        self.refusal: str | None = None
        """Why the store must not be used; the app has then left with exit code 1."""
        self.stopped: str | None = None
        """Why nothing new comes, in words for the screen."""
        self.paused_at: datetime | None = None
        self._faulty = False
        self._newest = board
        self._run = EngineRun(engine)

    @property
    @abstractmethod
    def in_past(self) -> bool:
        """Whether a board of the past is shown."""

    @abstractmethod
    def process_board(self, board: Board) -> None:
        """Tell what this new board has to tell, whatever is shown."""

    @abstractmethod
    def tick(self) -> None:
        """Say how fresh all is."""

    @property
    def newest(self) -> Board | None:
        """The board of now, whatever is looked at: how the feeds and the store are doing is of now."""
        return self._newest

    @property
    def sent_bytes(self) -> int | None:
        """What this terminal has been sent; None where the driver does not count."""
        return getattr(self._driver, "sent_bytes", None)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for Linux and macOS that survives its terminal; elsewhere Textual's own."""
        chosen = super().get_driver_class()
        if chosen.__module__ != "textual.drivers.linux_driver":
            return chosen
        from nof1tui.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    # The engine

    @work(exclusive=True, group="collector", exit_on_error=False)
    async def collect(self) -> None:
        """Run the engine until the app leaves."""
        ending = await self._run.run(self._publish)
        self._faulty = ending.failed
        if ending.store_refused:
            self.refusal = ending.message
            self.exit(return_code=1)
        elif self.is_running:
            self.stopped = ending.message
            self.tick()

    def _publish(self, board: Board) -> None:
        self.post_message(BoardUpdated(board))

    @on(BoardUpdated)
    def take_board(self, event: BoardUpdated) -> None:
        self._newest = event.board
        self.process_board(event.board)
        if self.paused_at is None and not self.in_past:
            self.board = event.board

    def action_poll_now(self) -> None:
        self.engine.poll_now()
        self.notify("Asking every feed now.", timeout=2, markup=False)

    def action_change_pace(self, factor: float) -> None:
        pace = self.engine.change_pace(factor)
        words = (
            "as set"
            if pace == 1
            else f"{pace:g}× the set time"
            if pace > 1
            else f"1/{1 / pace:g} of the set time"
        )
        self.notify(f"Time between polls: {words}.", timeout=2, markup=False)

    # The end

    def exit(self, *args: Any, **options: Any) -> None:
        if self._faulty:
            options.setdefault("return_code", 1)
        super().exit(*args, **options)

    def _fatal_error(self) -> None:
        """A fault of ours: its details go to the log, the terminal is left clean (Textual prints them,
        with the values of variables)."""
        log.critical("the monitor has ended by a fault", exc_info=True)
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        """Leave only when the engine has cleaned up, but never wait for long."""
        release_signals()
        await self._run.end()
