"""Base of the app: runs one engine as a worker; holds the newest board and the one shown."""

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
from nof1tui.tui.terminal import textual_internals

log = logging.getLogger(__name__)


class EngineApp(App[None]):
    """Receives the engine's boards and its end; a subclass shows them."""

    board: var[Board | None] = var(None, init=False, always_update=True)
    """The board on the screen. While paused or in the past it stays behind the newest one."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], board: Board | None) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.engine = engine
        self.clock = clock
        self.refusal: str | None = None
        """Why the store is unusable; the app has then exited with code 1."""
        self.stopped: str | None = None
        """Message for the screen: why no new board comes; None while boards come."""
        self.paused_at: datetime | None = None
        self._failed = False
        self._newest = board
        self._run = EngineRun(engine)
        textual_internals.replace_fatal_error(self, _log_crash)

    @property
    @abstractmethod
    def in_past(self) -> bool:
        """Whether a board of the past is shown."""

    @abstractmethod
    def process_board(self, board: Board) -> None:
        """Show notices for a new board, whether or not it is the one on the screen."""

    @abstractmethod
    def tick(self) -> None:
        """Update the status corner."""

    @property
    def newest(self) -> Board | None:
        """The newest board, also while paused or in the past: health of feeds and store is read from it."""
        return self._newest

    @property
    def sent_bytes(self) -> int | None:
        """Bytes written to the terminal so far; None where the driver does not count."""
        return getattr(textual_internals.driver_of(self), "sent_bytes", None)

    def get_driver_class(self) -> type[Driver]:
        """On Linux and macOS a driver that survives a lost terminal; elsewhere Textual's own."""
        chosen = super().get_driver_class()
        if chosen.__module__ != "textual.drivers.linux_driver":
            return chosen
        if not textual_internals.DRIVER_OUTPUT.is_available:
            return chosen
        from nof1tui.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    # The engine

    @work(exclusive=True, group="collector", exit_on_error=False)
    async def collect(self) -> None:
        """Run the engine until the app exits."""
        outcome = await self._run.run(self._publish)
        self._failed = outcome.failed
        if outcome.store_refused:
            self.refusal = outcome.message
            self.exit(return_code=1)
        elif self.is_running:
            self.stopped = outcome.message
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
        self.notify("Polling all feeds.", timeout=2, markup=False)

    def action_change_pace(self, factor: float) -> None:
        pace = self.engine.change_pace(factor)
        self.notify(f"Poll interval: ×{pace:g}.", timeout=2, markup=False)

    # The end

    def exit(self, *args: Any, **options: Any) -> None:
        if self._failed:
            options.setdefault("return_code", 1)
        super().exit(*args, **options)

    def on_mount(self) -> None:
        textual_internals.log_missing()

    async def on_unmount(self) -> None:
        """Wait for the engine's cleanup, for a limited time."""
        release_signals()
        await self._run.end()


def _log_crash() -> None:
    """Log the error being handled; the terminal stays clean, without the values of variables."""
    log.critical("the monitor crashed", exc_info=True)
