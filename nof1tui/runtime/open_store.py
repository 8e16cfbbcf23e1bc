"""Opening the store that the settings ask for, and giving it back."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nof1tui.ports.errors import StoreUnusable
from nof1tui.settings.model import Settings
from nof1tui.store.connection.connect import Database, SingleConnection
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.embedded import lease as server
from nof1tui.store.embedded.launch import OnProgress
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.schema import migrate
from nof1tui.store.schema.source_guard import ensure_same_source

_T = TypeVar("_T")


class StoreMissing(StoreUnusable):
    """Nothing was ever stored here."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open, migrated store."""

    database: Database
    label: str
    """Which one, fit for the screen: no secrets."""
    session_url: str = field(repr=False)
    """Where to connect for what needs a session of its own. Has the password in it."""
    lease: ServerLease | None = None
    """Our share of the embedded server; None for a server by URL."""
    read_only: bool = False
    """By the settings, or because the role has no right to write."""

    def check_access(self, *, to_write: bool) -> None:
        """Raises StoreRefused for writing where the store may only be read."""
        if to_write and self.read_only:
            raise StoreUnusable(
                "this store may only be read: the settings say so (NOF1_READ_ONLY), or its role has no right "
                "to write.\nTo collect, import or prune take the URL of the store's owner."
            )

    async def ensure_server_running(self) -> None:
        """Bring an embedded server back that was killed; nothing to do for others.

        Raises StoreUnavailable when it cannot be started.
        """
        if self.lease is not None:
            await run_in_thread(self.lease.ensure_running)


@asynccontextmanager
async def open_store(
    settings: Settings, *, create: bool = True, to_write: bool = False, lasting: bool = True, say: OnProgress
) -> AsyncIterator[Store]:
    """The store of these settings, migrated to this program's schema unless it may only be read.

    Not `lasting` is for a few questions one after the other, without a pool that takes long to import.
    With `create=False` raises NoStore where there is none yet. Raises StoreUnavailable when the
    server cannot be reached, StoreRefused when it must not be used as it is, or with `to_write` when it
    may only be read.
    """
    given, read_only = settings.store_url(), settings.read_only
    if given is not None:
        may_write = await run_in_thread(lambda: migrate.upgrade_if_allowed(given, read_only=read_only))
        await run_in_thread(lambda: ensure_same_source(given, settings.source))
        session_url = settings.session_url()
        async with _connected_store(
            given, session_url=session_url, read_only=not may_write, lasting=lasting
        ) as store:
            store.check_access(to_write=to_write)
            yield store
        return
    home = settings.data_dir
    if (not create or read_only) and not server.cluster_exists(home):
        raise StoreMissing(f"there is no store yet under {home}: run `nof1-tui`, `collect` or `import` first")
    async with _leased_server(settings, home, say) as lease:
        name = settings.embedded_database
        url = lease.url(name)
        await run_in_thread(lambda: lease.create_database(name))
        await run_in_thread(lambda: migrate.upgrade_if_allowed(url, read_only=read_only))
        async with _connected_store(url, lease.label, lease, read_only=read_only, lasting=lasting) as store:
            store.check_access(to_write=to_write)
            yield store


@asynccontextmanager
async def open_throwaway_store(settings: Settings, purpose: str, *, say: OnProgress) -> AsyncIterator[Store]:
    """A database of its own on the embedded server, dropped at the end (demo, replay)."""
    name = f"{purpose}_{os.getpid()}_{secrets.token_hex(3)}"
    async with _leased_server(settings, settings.data_dir, say) as lease:
        await run_in_thread(lambda: _drop_abandoned(lease))
        try:
            await run_in_thread(lambda: lease.create_database(name))
            url = lease.url(name)
            await run_in_thread(lambda: migrate.upgrade(url))
            async with _connected_store(url, lease.label, lease) as store:
                yield store
        finally:
            await run_in_thread(lambda: lease.drop_database(name))


@asynccontextmanager
async def _leased_server(settings: Settings, home: Path, say: OnProgress) -> AsyncIterator[ServerLease]:
    taken: list[ServerLease] = []

    def take() -> None:
        taken.append(
            server.acquire_lease(home, bin_dir=settings.pg_bin, os_user=settings.pg_os_user, say=say)
        )

    try:
        await run_in_thread(take)
        yield taken[0]
    finally:
        for lease in taken:
            await run_in_thread(lease.release)


@asynccontextmanager
async def _connected_store(
    url: str,
    label: str | None = None,
    lease: ServerLease | None = None,
    *,
    session_url: str | None = None,
    read_only: bool = False,
    lasting: bool = True,
) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        database: Database = (LazyPool if lasting else SingleConnection)(url, read_only=read_only)
        stack.push_async_callback(database.close)
        yield Store(database, label or database.label, session_url or url, lease, read_only)


def _drop_abandoned(lease: ServerLease) -> None:
    """Remove throw-away databases whose program was killed."""
    for name in lease.list_databases():
        match = re.fullmatch(r"(?:demo|replay)_(\d+)_[0-9a-f]{6}", name)
        if match and not _is_process_alive(int(match[1])):
            lease.drop_database(name)


def _is_process_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def run_in_thread(work: Callable[[], _T]) -> _T:
    """Run blocking work in a thread and see it through even when cancelled meanwhile.

    What was begun (a server start, a migration) must have ended before its clean-up begins.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise
