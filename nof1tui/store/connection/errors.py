"""Translation of database errors to those of `ports.errors`: is a record at fault, or is the store away?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import AccessDenied, BatchRejected, StoreUnavailable

_DATA_CLASSES = frozenset({"22", "23", "54"})
"""Classes of SQLSTATE that blame a record: data exceptions, violated constraints, exceeded limits (such as
a text too long for an index)."""
_ACCESS_STATES = frozenset({"28000", "28P01", "3F000", "42501", "0P000"})
"""Wrong credentials, missing privileges."""
_INSUFFICIENT_PRIVILEGE = "42501"
_PRIVILEGE_HINT = (
    "Use the URL of the store's owner, or give this role read access: `nof1-tui db grant-viewer ROLE`."
)


def sqlstate(error: BaseException) -> str | None:
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def blames_record(error: BaseException) -> bool:
    """Whether the values sent are at fault, so that a retry cannot succeed.

    Everything else, unknown states included, is a fault of the store. An error of the driver has no state;
    it raises DataError for a value that PostgreSQL cannot represent.
    """
    state = sqlstate(error)
    if state is None:
        return isinstance(error, psycopg.DataError)
    return state[:2] in _DATA_CLASSES


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Raise BatchRejected, AccessDenied or StoreUnavailable for database errors; others pass through.

    A task cancelled during a statement may get "connection is closed" from the driver. That is raised
    as CancelledError, else a loop that retries after an outage would never end.
    """
    try:
        yield
    except (psycopg.Error, OSError) as error:
        if _is_task_cancelled():
            raise asyncio.CancelledError from error
        reason, state = _reason(error), sqlstate(error)
        if blames_record(error):
            raise BatchRejected(reason) from error
        if state in _ACCESS_STATES or "password authentication failed" in reason:
            hint = f"\n{_PRIVILEGE_HINT}" if state == _INSUFFICIENT_PRIVILEGE else ""
            raise AccessDenied(f"the database refused access: {reason}{hint}", state=state) from error
        raise StoreUnavailable(reason, state=state) from error


def _is_task_cancelled() -> bool:
    """Whether the running task, if any, has been cancelled."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    """The driver's message in one line; it never contains the password."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return sanitise_line(" ".join(lines[:2]) or type(error).__name__, 240)
