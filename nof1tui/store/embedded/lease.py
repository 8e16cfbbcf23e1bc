"""Leases on the embedded PostgreSQL server, which runs while at least one client holds a lease.

The data home has two lock files. A process that starts or stops the server holds
`postgres.start.lock` exclusively. Every client holds `postgres.clients.lock` shared for its lifetime;
the kernel releases it when a client is killed. The last client that releases its lease stops the
server; for clients that die without releasing, a watchdog process stops it.

Calls block: run them in a thread.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded import binaries, launch, watchdog
from nof1tui.store.embedded.cluster import (
    LOCATION_FILE,
    Cluster,
    clear_libpq_environment,
    locate_cluster,
)
from nof1tui.store.embedded.launch import OnProgress
from nof1tui.store.embedded.ownership import ensure_own_store, resolve_server_user, translate_os_errors


def _ignore_progress(message: str) -> None:
    """Default of `on_progress`: discards messages."""


class ServerLease:
    """One client's lease on a running server."""

    def __init__(self, home: Path, cluster: Cluster, clients_lock: int, on_progress: OnProgress) -> None:
        self._home = home
        self._cluster = cluster
        self._clients_lock: int | None = clients_lock
        self._on_progress = on_progress
        self.label = f"embedded PostgreSQL {cluster.binaries.version}"

    def url(self, database: str = "nof1") -> str:
        """The URL of a database; it contains no password."""
        return self._cluster.url(database)

    def ensure_running(self) -> None:
        """Start the server again if it was killed. Raises StoreUnavailable."""
        try:
            with translate_os_errors(self._home), start_lock(self._home, self._on_progress):
                if self._clients_lock is not None and self._cluster.connection_error() is not None:
                    _start_server(self._home, self._cluster, self._on_progress)
        except StoreUnusable as error:
            raise StoreUnavailable(str(error)) from error

    def release(self) -> None:
        """Release the lease; the last client stops the server. Safe to call twice."""
        if self._clients_lock is None:
            return
        lock, self._clients_lock = self._clients_lock, None
        with start_lock(self._home, self._on_progress):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                launch.stop_server(self._cluster)
            finally:
                os.close(lock)

    def list_databases(self) -> list[str]:
        """Names of all databases but templates."""
        with self._open_admin_connection() as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
            return [str(name) for (name,) in rows]

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database unless one of this name exists. Raises StoreUnavailable."""
        command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            command += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        with self._open_admin_connection() as connection:
            if (
                connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
                is not None
            ):
                return
            try:
                connection.execute(command)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return

    def drop_database(self, name: str) -> None:
        """Drop a database and its connections, if it exists. Raises StoreUnavailable."""
        command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._open_admin_connection() as connection:
            connection.execute(command)

    @contextmanager
    def _open_admin_connection(self) -> Iterator[psycopg.Connection]:
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise StoreUnavailable(f"the embedded PostgreSQL does not respond: {error}") from error


def acquire_lease(
    home: Path,
    *,
    bin_dir: Path | None = None,
    os_user: str | None = None,
    on_progress: OnProgress = _ignore_progress,
) -> ServerLease:
    """A lease on the server of this data home, started if it does not run.

    `on_progress` receives a message for each step that takes time. Raises StoreUnusable where the server
    must not be started (no programs, another major version, no user to run it as), StoreUnavailable where
    it does not start.
    """
    home = home.absolute()
    clear_libpq_environment()
    with translate_os_errors(home):
        ensure_own_store(home)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with start_lock(home, on_progress):
            cluster = resolve_cluster(home, bin_dir, os_user)
            if cluster.data_folder.exists():
                cluster.check_version()
            lock = os.open(home / watchdog.CLIENTS_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH)
                if cluster.connection_error() is None:
                    _start_watchdog(home, cluster)
                else:
                    _start_server(home, cluster, on_progress)
            except BaseException:
                os.close(lock)
                raise
    return ServerLease(home, cluster, lock, on_progress)


def cluster_exists(home: Path) -> bool:
    """Whether this data home has a cluster."""
    return (home / LOCATION_FILE).exists() or (home / "postgres" / "data").exists()


def resolve_cluster(home: Path, bin_dir: Path | None = None, os_user: str | None = None) -> Cluster:
    """The cluster of this data home, with programs that its owner can run. Raises StoreUnusable."""
    programs = binaries.find_binaries(bin_dir)
    owner = resolve_server_user(home, os_user)
    if owner.pw_uid != os.geteuid():
        programs = binaries.ensure_reachable(programs, owner)
    return locate_cluster(home, programs, owner)


def _start_server(home: Path, cluster: Cluster, on_progress: OnProgress) -> None:
    """Start the watchdog, then the server."""
    _start_watchdog(home, cluster)
    launch.start_server(cluster, on_progress)


def _start_watchdog(home: Path, cluster: Cluster) -> None:
    """Start a watchdog, detached from this process, unless one runs."""
    if watchdog.is_watched(str(home)):
        return
    watch = [sys.executable, "-I", "-S", watchdog.__file__, str(home), str(cluster.data_folder.resolve())]
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", *watch],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        check=True,
    )


@contextmanager
def start_lock(home: Path, on_progress: OnProgress = _ignore_progress) -> Iterator[None]:
    """Hold the lock under which the server is started and stopped. Raises StoreUnavailable."""
    lock = os.open(home / watchdog.START_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        started_at, announced = time.monotonic(), False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited_s = time.monotonic() - started_at
            if waited_s > launch.START_TIMEOUT_S + 20:
                raise StoreUnavailable(
                    f"another instance has been starting PostgreSQL for {waited_s:.0f} s: stop it "
                    f"(`fuser {home / watchdog.START_LOCK}` prints its process id) and retry"
                )
            if waited_s > 1 and not announced:
                announced = True
                on_progress("waiting for another instance to start PostgreSQL …")
            time.sleep(0.02)
        yield
    finally:
        os.close(lock)
