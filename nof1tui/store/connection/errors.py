"""Translation of database errors to those of `ports.errors`, and which of them are transient."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import BatchRejected, StoreUnavailable, StoreUnusable

_TRANSIENT_CLASSES = ("08", "53", "40")
_TRANSIENT_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "55P03", "57014", "25P03", "3D000"})
"""Shutting down, starting up, idle or statement timeout, lock not available, database missing."""
_INSUFFICIENT_PRIVILEGE = "42501"
_PRIVILEGE_HINT = (
    "Use the URL of the store's owner, or give this role read access: `nof1-tui db grant-viewer ROLE`."
)
_UNUSABLE_STATES = frozenset({"28000", "28P01", "3F000", "42501", "0P000"})
"""Wrong credentials or missing privileges."""


def sqlstate(error: BaseException) -> str | None:
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def is_transient(error: BaseException) -> bool:
    """Whether a retry may succeed.

    The SQLSTATE decides; lost connections have none, so for them the error's class does.
    """
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    state = sqlstate(error)
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Raise StoreUnavailable, StoreUnusable or BatchRejected for database errors; others pass through.

    A task cancelled during a statement may get "connection is closed" from the driver. That is raised
    as CancelledError, else a loop that retries after an outage would never end.
    """
    try:
        yield
    except (psycopg.Error, OSError) as error:
        if _is_task_cancelled():
            raise asyncio.CancelledError from error
        reason = _reason(error)
        if sqlstate(error) in _UNUSABLE_STATES or "password authentication failed" in reason:
            hint = f"\n{_PRIVILEGE_HINT}" if sqlstate(error) == _INSUFFICIENT_PRIVILEGE else ""
            raise StoreUnusable(f"the database refused access: {reason}{hint}") from error
        if is_transient(error):
            raise StoreUnavailable(reason) from error
        raise BatchRejected(reason) from error


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
