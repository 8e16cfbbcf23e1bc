"""One run of the engine under the app: its outcome, its cleanup, and the signals that stop both."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass

from nof1tui.domain.board import Board
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.ports.engine import Engine
from nof1tui.ports.errors import StoreUnusable

log = logging.getLogger(__name__)

_CLEAN_UP_S = 1.2
"""Time an exiting app waits for the engine to close the store and release its lease."""
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class EngineExit:
    """How a run of the engine ended without being cancelled."""

    message: str
    """For the screen, sanitised."""
    store_refused: bool = False
    """The store is unusable; `message` has the reason."""
    failed: bool = False
    """An internal error ended it."""


class EngineRun:
    """Runs the engine once and lets it clean up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    async def run(self, publish: Callable[[Board], None]) -> EngineExit:
        """Run until the engine ends and return how; errors of the engine are not raised.

        The task is shielded so that it is cancelled once, by `end`: a second cancellation would interrupt
        its cleanup.
        """
        self._task = asyncio.create_task(self._engine.run(publish), name="engine")
        try:
            await asyncio.shield(self._task)
        except Exception as error:  # rim: any fault of the engine becomes a message, the screens stay usable
            cause = _first_cause(error)
            if isinstance(cause, StoreUnusable):
                return EngineExit(sanitise(str(cause)), store_refused=True)
            log.exception("the engine stopped after an internal error", exc_info=error)
            reason = sanitise_line(str(cause), 200) or type(cause).__name__
            return EngineExit(f"Collection stopped: {reason}. Details are in the log. q quits.", failed=True)
        return EngineExit("End of data. q quits.")

    async def end(self) -> None:
        """Cancel the engine and wait for its cleanup, for a limited time."""
        task = self._task
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task}, timeout=_CLEAN_UP_S)
        if not task.done():
            log.warning("the engine did not end within %s s", _CLEAN_UP_S)
        elif not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("the engine's cleanup failed: %s", fault)


def catch_signals(exit_app: Callable[[], object]) -> None:
    """Call `exit_app` from within the event loop on SIGTERM, SIGHUP and SIGINT."""
    loop = asyncio.get_running_loop()
    try:
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, exit_app)
    except (NotImplementedError, RuntimeError, ValueError):
        log.debug("signal handlers are not available here")


def release_signals() -> None:
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.remove_signal_handler(number)


def _first_cause(error: BaseException) -> BaseException:
    """The first error inside nested exception groups; the error itself where it is not a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
