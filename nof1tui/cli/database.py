"""Runs a command's work on the store's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.errors import print_progress
from nof1tui.runtime.open_store import run_in_thread
from nof1tui.settings.model import Settings
from nof1tui.store.embedded.lease import acquire_lease

_T = TypeVar("_T")


def run_on_database(flags: Flags, settings: Settings, work: Callable[[str], _T]) -> _T:
    """Run blocking work with the URL of the store's database, whatever its schema revision."""

    async def run_with_url() -> _T:
        async with open_database_url(settings, print_progress) as url:
            return await run_in_thread(lambda: work(url))

    return run_command(flags, run_with_url)


@asynccontextmanager
async def open_database_url(settings: Settings, on_progress: Callable[[str], None]) -> AsyncIterator[str]:
    """The URL of the store's database; an embedded server runs until the context exits."""
    url = settings.session_url() if settings.store_url() is not None else None
    if url is not None:
        yield url
        return
    lease = await run_in_thread(
        lambda: acquire_lease(
            settings.data_dir, bin_dir=settings.pg_bin, os_user=settings.pg_os_user, on_progress=on_progress
        )
    )
    try:
        await run_in_thread(lambda: lease.create_database(settings.embedded_database))
        yield lease.url(settings.embedded_database)
    finally:
        await run_in_thread(lease.release)
