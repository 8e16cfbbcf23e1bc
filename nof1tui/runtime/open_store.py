"""Opens the store of the settings, and closes it."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.settings.base import SettingsError
from nof1tui.settings.model import Settings
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.embedded import lease as server
from nof1tui.store.embedded.launch import OnProgress
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.schema import migrate
from nof1tui.store.schema.source_guard import ensure_same_source

_T = TypeVar("_T")


class StoreMissing(StoreUnusable):
    """The store does not exist yet."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open, migrated store."""

    database: Database
    label: str
    """Host and database, without secrets."""
    session_url: str = field(repr=False)
    """URL for connections that need their own session; includes the password."""
    lease: ServerLease | None = None
    """Lease of the embedded server; None for a server by URL."""
    read_only: bool = False
    """Because of the settings, of a role that may not write, or of a server that is a replica."""
    is_replica: bool = False
    """Whether it is read-only because its server was a replica when it was opened."""
    replica: Database | None = None
    """The replica to read from, if the settings name one."""
    replica_url: str | None = field(default=None, repr=False)

    @property
    def reads(self) -> Database:
        """The database that screens read from."""
        return self.replica or self.database

    @property
    def follow_url(self) -> str:
        """URL of the server whose commits are followed: the one that is read."""
        return self.replica_url or self.session_url

    def check_access(self, *, to_write: bool) -> None:
        """Raises StoreUnusable for writing to a read-only store, StoreUnavailable to a replica."""
        if to_write and self.is_replica:
            raise StoreUnavailable(
                "the server is a replica: it cannot be written until it is promoted. Use the primary's URL, "
                "or name all hosts: postgresql://user@host1,host2/database?target_session_attrs=read-write"
            )
        if to_write and self.read_only:
            raise StoreUnusable(
                "read-only store: NOF1_READ_ONLY is set, or its role may not write.\n"
                "To collect, import or prune, use the URL of the store's owner."
            )

    async def ensure_server_running(self) -> None:
        """Restart an embedded server that was killed. Raises StoreUnavailable if it does not start."""
        if self.lease is not None:
            await run_in_thread(self.lease.ensure_running)


@asynccontextmanager
async def open_store(
    settings: Settings, *, create: bool = True, to_write: bool = False, on_progress: OnProgress
) -> AsyncIterator[Store]:
    """The store of these settings, upgraded to this program's schema unless it is read-only.

    Raises StoreUnavailable when the server cannot be reached; StoreMissing, with `create=False`, where
    the store does not exist; StoreUnusable when it must not be used, or `to_write` and it is read-only.
    """
    server_url, read_only = settings.store_url(), settings.read_only
    if server_url is not None:
        async with _server_store(settings, server_url) as store:
            store.check_access(to_write=to_write)
            yield store
        return
    home = settings.data_dir
    if (not create or read_only) and not server.cluster_exists(home):
        raise StoreMissing(f"no store at {home}: run `nof1-tui`, `collect` or `import` first")
    async with _leased_server(settings, home, on_progress) as lease:
        name = settings.embedded_database
        url = lease.url(name)
        await run_in_thread(lambda: lease.create_database(name))
        await run_in_thread(lambda: migrate.upgrade_if_allowed(url, read_only=read_only))
        async with _connected_store(url, lease.label, lease, read_only=read_only) as store:
            store.check_access(to_write=to_write)
            yield store


@asynccontextmanager
async def _server_store(settings: Settings, url: str) -> AsyncIterator[Store]:
    """The store of a server by URL, migrated over a session of its own."""
    session_url, read_url = settings.session_url() or url, settings.read_url()
    may_write = await run_in_thread(
        lambda: migrate.upgrade_if_allowed(session_url, read_only=settings.read_only)
    )
    await run_in_thread(lambda: ensure_same_source(url, settings.source))
    is_replica = not may_write and await run_in_thread(lambda: migrate.is_replica(session_url))
    async with AsyncExitStack() as stack:
        opened = _connected_store(url, session_url=session_url, read_only=not may_write)
        store = replace(await stack.enter_async_context(opened), is_replica=is_replica)
        if read_url is not None:
            replica = LazyPool(read_url, read_only=True)
            stack.push_async_callback(replica.close)
            store = replace(store, replica=replica, replica_url=read_url)
        yield store


@asynccontextmanager
async def open_throwaway_store(
    settings: Settings, purpose: str, *, on_progress: OnProgress
) -> AsyncIterator[Store]:
    """A temporary database on the embedded server, dropped on exit (demo, replay).

    Raises StoreUnavailable where no embedded server can run: the arena is then shown without a store.
    """
    name = f"{purpose}_{os.getpid()}_{secrets.token_hex(3)}"
    async with AsyncExitStack() as stack:
        try:
            home = stack.enter_context(_throwaway_home(settings))
            lease = await stack.enter_async_context(_leased_server(settings, home, on_progress))
        except StoreUnusable as error:
            raise StoreUnavailable(f"nothing is kept: {error}") from error
        await run_in_thread(lambda: _drop_abandoned(lease))
        try:
            await run_in_thread(lambda: lease.create_database(name))
            url = lease.url(name)
            await run_in_thread(lambda: migrate.upgrade(url))
            async with _connected_store(url, lease.label, lease) as store:
                yield store
        finally:
            await run_in_thread(lambda: lease.drop_database(name))


@contextmanager
def _throwaway_home(settings: Settings) -> Iterator[Path]:
    """The data home; a temporary folder for a user without a writable one.

    Root's clusters are outside the home and would stay: root always uses the data home.
    """
    try:
        home = settings.data_dir
        existing = next(path for path in (home, *home.parents) if path.exists())
        is_writable = os.access(existing, os.W_OK | os.X_OK)
    except SettingsError:
        if os.geteuid() == 0:
            raise
        is_writable = False
    if is_writable or os.geteuid() == 0:
        yield home
        return
    with TemporaryDirectory(prefix="nof1-tui-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "nof1-tui"


@asynccontextmanager
async def _leased_server(
    settings: Settings, home: Path, on_progress: OnProgress
) -> AsyncIterator[ServerLease]:
    leases: list[ServerLease] = []

    def acquire() -> None:
        leases.append(
            server.acquire_lease(
                home, bin_dir=settings.pg_bin, os_user=settings.pg_os_user, on_progress=on_progress
            )
        )

    try:
        await run_in_thread(acquire)
        yield leases[0]
    finally:
        for lease in leases:
            await run_in_thread(lease.release)


@asynccontextmanager
async def _connected_store(
    url: str,
    label: str | None = None,
    lease: ServerLease | None = None,
    *,
    session_url: str | None = None,
    read_only: bool = False,
) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        database = LazyPool(url, read_only=read_only)
        stack.push_async_callback(database.close)
        yield Store(database, label or database.label, session_url or url, lease, read_only)


def _drop_abandoned(lease: ServerLease) -> None:
    """Drop temporary databases whose process is gone."""
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
    """Run blocking work in a thread, and wait for its end even when cancelled.

    A server start or a migration must have ended before its clean-up begins.
    """
    future = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait({future})
        raise
