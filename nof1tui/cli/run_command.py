"""One way to run a command's work: signals end it in order, known failures become plain lines."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import click

from nof1tui.cli.options import Flags
from nof1tui.domain.roster import RosterError
from nof1tui.errors import EXIT_FAILURE, UsageError, UserError
from nof1tui.ports.errors import BatchRejected, SourceUnavailable, StoreUnavailable, StoreUnusable
from nof1tui.settings.base import SettingsError

_T = TypeVar("_T")

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEANUP_TIMEOUT_S = 1.5
"""How long the clean-up may take after a signal. The embedded server's watchdog covers the rest."""
_THREAD_GRACE_S = 0.25
"""How long threads may hold an endless command that has ended: one may wait for a silent database."""


def run_command(flags: Flags, work: Callable[[], Coroutine[Any, Any, _T]], *, endless: bool = False) -> _T:
    """Run the work to its end and return what it gives.

    SIGINT, SIGTERM and SIGHUP cancel it; it then has time to clean up. An `endless` command that is
    asked to end by SIGTERM or SIGHUP has done its duty: exit code 0. Else it is 128 + the signal.
    """
    ending = _Termination(endless)
    try:
        return asyncio.run(ending.run(work))
    except asyncio.CancelledError:
        if ending.signal_number is None:
            raise
        raise click.exceptions.Exit(ending.code) from None
    except Exception as error:
        if ending.signal_number is not None:
            raise click.exceptions.Exit(ending.code) from error
        trouble = to_user_error(error)
        if trouble in (None, error) or flags.debug:
            raise
        raise trouble from error
    finally:
        ending.cancel_timers()


class _Termination:
    """How one command ends: in order, or at once where that takes too long."""

    def __init__(self, endless: bool) -> None:
        self._endless = endless
        self._exit_timers: list[threading.Timer] = []
        self.signal_number: int | None = None
        """The signal that ended it."""

    @property
    def code(self) -> int:
        if self.signal_number is None:
            return 0
        return 0 if self._endless and self.signal_number != signal.SIGINT else 128 + self.signal_number

    async def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work())

        def end(number: int) -> None:
            if self.signal_number is not None:
                _exit_now(128 + number)
            self.signal_number = number
            self._exit_after(CLEANUP_TIMEOUT_S, 128 + number)
            task.cancel()

        for number in _END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, end, number)
        await asyncio.wait({task})
        if self._endless:
            fault = None if task.cancelled() else task.exception()
            self._exit_after(_THREAD_GRACE_S, self.code if fault is None else EXIT_FAILURE, fault)
        return await task

    def cancel_timers(self) -> None:
        """The loop and all its threads have ended."""
        for timer in self._exit_timers:
            timer.cancel()

    def _exit_after(self, delay_s: float, code: int, fault: BaseException | None = None) -> None:
        last_resort = threading.Timer(delay_s, _exit_now, (code, fault))
        last_resort.daemon = True
        last_resort.start()
        self._exit_timers.append(last_resort)


def _exit_now(code: int, fault: BaseException | None = None) -> NoReturn:
    """At once, whatever still runs. The kernel drops our share of the embedded server."""
    if fault is not None and (trouble := to_user_error(fault)):
        trouble.show()
    sys.stderr.flush()
    os._exit(code)


def to_user_error(error: BaseException) -> UserError | None:
    """A known failure in plain words; None for a fault of our own."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case UserError():
            return error
        case StoreUnavailable():
            return UserError(
                f"the store cannot be reached: {error}\n`nof1-tui config show` tells which it is."
            )
        case BatchRejected():
            return UserError(f"the store does not take it: {error}")
        case StoreUnusable() | SourceUnavailable():
            return UserError(str(error))
        case SettingsError() | RosterError():
            return UsageError(str(error))
        case _:
            return None
