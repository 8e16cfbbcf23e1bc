"""One run of the engine under the app: its end in words, its cleaning up, the signals that end both."""

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
"""How long a leaving app waits for the engine to close the store and give its lease back."""
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class EngineExit:
    """How a run of the engine ended by itself."""

    message: str
    """For the screen, plain."""
    store_refused: bool = False
    """The store must not be used: the words say why, and there is nothing to show."""
    failed: bool = False


class EngineRun:
    """Runs the engine once, and sees to it that it can clean up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    async def run(self, publish: Callable[[Board], None]) -> EngineExit:
        """Until the engine ends; whatever it was is told.

        The task is shielded so that it is cancelled once, by `end`: a second time would break into its
        cleaning up.
        """
        self._task = asyncio.create_task(self._engine.run(publish), name="engine")
        try:
            await asyncio.shield(self._task)
        except Exception as error:
            cause = _first_cause(error)
            if isinstance(cause, StoreUnusable):
                return EngineExit(sanitise(str(cause)), store_refused=True)
            log.exception("the engine has stopped", exc_info=error)
            reason = sanitise_line(str(cause), 200) or type(cause).__name__
            words = f"Collecting has stopped by a fault: {reason}. The log has the details; q leaves."
            return EngineExit(words, failed=True)
        return EngineExit("The source has ended: nothing new will come. q leaves.")

    async def end(self) -> None:
        """Let it clean up, but never wait for long."""
        task = self._task
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task}, timeout=_CLEAN_UP_S)
        if not task.done():
            log.warning("the engine did not end within %s s", _CLEAN_UP_S)
        elif not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("the engine ended with a fault: %s", fault)


def catch_signals(leave: Callable[[], object]) -> None:
    """Have the signals that end a program do this, from within the loop."""
    loop = asyncio.get_running_loop()
    try:
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, leave)
    except (NotImplementedError, RuntimeError, ValueError):
        log.debug("signals are not ours to handle here")


def release_signals() -> None:
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.remove_signal_handler(number)


def _first_cause(error: BaseException) -> BaseException:
    """What a group of faults is about."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
