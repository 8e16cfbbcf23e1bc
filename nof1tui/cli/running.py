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
from nof1tui.cli.trouble import Misuse, Trouble
from nof1tui.domain.roster import RosterError
from nof1tui.ports import SourceUnavailable, StoreRefused, StoreRejected, StoreUnavailable
from nof1tui.settings import SettingsError

T = TypeVar("T")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 1.5
"""How long the clean-up may take after a signal. The embedded server's watchdog covers the rest."""


def run_command(flags: Flags, work: Callable[[], Coroutine[Any, Any, T]], *, endless: bool = False) -> T:
    """Run the work to its end and return what it gives.

    SIGINT, SIGTERM and SIGHUP cancel it; it then has time to clean up. An `endless` command that is
    asked to end by SIGTERM or SIGHUP has done its duty: exit code 0. Else it is 128 + the signal.
    """
    caught: list[int] = []
    try:
        return asyncio.run(_until_signal(work, caught))
    except asyncio.CancelledError:
        if not caught:
            raise
        _end(caught[0], endless)
    except Exception as error:
        if caught:
            _end(caught[0], endless)
        trouble = told(error)
        if trouble is None or flags.debug:
            raise
        raise trouble from error


async def _until_signal(work: Callable[[], Coroutine[Any, Any, T]], caught: list[int]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())

    def end(number: int) -> None:
        if caught:
            _leave(number)
        caught.append(number)
        last_resort = threading.Timer(PATIENCE_S, _leave, (number,))
        last_resort.daemon = True
        last_resort.start()
        task.cancel()

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
    return await task


def _end(number: int, endless: bool) -> NoReturn:
    asked = endless and number != signal.SIGINT
    raise click.exceptions.Exit(0 if asked else 128 + number)


def _leave(number: int) -> NoReturn:
    """At once, whatever still runs. The kernel drops our share of the embedded server."""
    sys.stderr.flush()
    os._exit(128 + number)


def told(error: BaseException) -> Trouble | None:
    """A known failure in plain words; None for a fault of our own."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case StoreUnavailable():
            return Trouble(f"the store cannot be reached: {error}\n`nof1-tui config show` tells which it is.")
        case StoreRejected():
            return Trouble(f"the store does not take it: {error}")
        case StoreRefused() | SourceUnavailable():
            return Trouble(str(error))
        case SettingsError() | RosterError():
            return Misuse(str(error))
        case _:
            return None
