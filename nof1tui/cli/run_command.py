"""Runs a command's work: signals cancel it, known failures become plain messages."""

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
from nof1tui.ports.errors import (
    AccessDenied,
    BatchRejected,
    SourceUnavailable,
    StoreUnavailable,
    StoreUnusable,
)
from nof1tui.settings.base import SettingsError

_T = TypeVar("_T")

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEANUP_TIMEOUT_S = 1.5
"""Time for the clean-up after a signal; the embedded server's watchdog does what is left of it."""
_THREAD_GRACE_S = 0.25
"""Time for threads after an endless command has ended: one may wait for a database that does not answer."""


def run_command(flags: Flags, work: Callable[[], Coroutine[Any, Any, _T]], *, endless: bool = False) -> _T:
    """Run the work and return its result.

    SIGINT, SIGTERM and SIGHUP cancel it, with time to clean up. The exit code is then 128 + the signal;
    0 for an `endless` command ended by SIGTERM or SIGHUP. Known failures are raised as UserError.
    """
    termination = _Termination(endless)
    try:
        return asyncio.run(termination.run(work))
    except asyncio.CancelledError:
        if termination.signal_number is None:
            raise
        raise click.exceptions.Exit(termination.code) from None
    except Exception as error:
        if termination.signal_number is not None:
            raise click.exceptions.Exit(termination.code) from error
        user_error = to_user_error(error)
        if user_error in (None, error) or flags.debug:
            raise
        raise user_error from error
    finally:
        termination.cancel_timers()


class _Termination:
    """Cancels one command on a signal, and ends the process where the clean-up takes too long."""

    def __init__(self, endless: bool) -> None:
        self._endless = endless
        self._exit_timers: list[threading.Timer] = []
        self.signal_number: int | None = None
        """The signal that was received."""

    @property
    def code(self) -> int:
        if self.signal_number is None:
            return 0
        return 0 if self._endless and self.signal_number != signal.SIGINT else 128 + self.signal_number

    async def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work())

        def cancel(number: int) -> None:
            if self.signal_number is not None:
                _exit_now(128 + number)
            self.signal_number = number
            self._exit_after(CLEANUP_TIMEOUT_S, 128 + number)
            task.cancel()

        for number in _END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, cancel, number)
        await asyncio.wait({task})
        if self._endless:
            error = None if task.cancelled() else task.exception()
            self._exit_after(_THREAD_GRACE_S, self.code if error is None else EXIT_FAILURE, error)
        return await task

    def cancel_timers(self) -> None:
        """Call it when the loop and its threads have ended."""
        for timer in self._exit_timers:
            timer.cancel()

    def _exit_after(self, delay_s: float, code: int, error: BaseException | None = None) -> None:
        timer = threading.Timer(delay_s, _exit_now, (code, error))
        timer.daemon = True
        timer.start()
        self._exit_timers.append(timer)


def _exit_now(code: int, error: BaseException | None = None) -> NoReturn:
    """End the process without clean-up. The kernel releases the lease of the embedded server."""
    if error is not None and (user_error := to_user_error(error)):
        user_error.show()
    sys.stderr.flush()
    os._exit(code)


def to_user_error(error: BaseException) -> UserError | None:
    """A known failure as an error for users; None for an internal error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case UserError():
            return error
        case AccessDenied():
            return UserError(str(error))
        case StoreUnavailable():
            return UserError(f"the store cannot be reached: {error}\nSee `nof1-tui config show` for its URL.")
        case BatchRejected():
            return UserError(f"the store rejected the records: {error}")
        case StoreUnusable() | SourceUnavailable():
            return UserError(str(error))
        case SettingsError() | RosterError():
            return UsageError(str(error))
        case _:
            return None
