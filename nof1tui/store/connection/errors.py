"""Which database errors pass by themselves, and what they are called towards the other rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import BatchRejected, StoreUnavailable, StoreUnusable

_TRANSIENT_CLASSES = ("08", "53", "40")
_TRANSIENT_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "55P03", "57014", "25P03", "3D000"})
"""Shut down, starting up, idle or statement time-out, lock not available, database just away."""
_INSUFFICIENT_PRIVILEGE = "42501"
_PRIVILEGE_HINT = "Take the URL of the store's owner; to let a role read it: `nof1-tui db grant-viewer ROLE`."
_REFUSED_STATES = frozenset({"28000", "28P01", "3F000", "42501", "0P000"})
"""Wrong credentials or missing rights."""


def sqlstate(error: BaseException) -> str | None:
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again.

    Lost connections come without an SQLSTATE; with one, it decides, not the error's class.
    """
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    state = sqlstate(error)
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Turn database errors into the ports' errors; anything that is no database error passes through.

    A task that is cancelled in the midst of a statement may be told by the driver that its connection is
    closed. It has to end all the same: who tries again after an outage would go on for ever.
    """
    try:
        yield
    except (psycopg.Error, OSError) as error:
        if _is_task_cancelled():
            raise asyncio.CancelledError from error
        reason = _reason(error)
        if sqlstate(error) in _REFUSED_STATES or "password authentication failed" in reason:
            hint = f"\n{_PRIVILEGE_HINT}" if sqlstate(error) == _INSUFFICIENT_PRIVILEGE else ""
            raise StoreUnusable(f"the database refuses: {reason}{hint}") from error
        if is_transient(error):
            raise StoreUnavailable(reason) from error
        raise BatchRejected(reason) from error


def _is_task_cancelled() -> bool:
    """Whether the task that is running, if any, was told to end."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    """What the driver says, in one line; it never has the password in it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return sanitise_line(" ".join(lines[:2]) or type(error).__name__, 240)
