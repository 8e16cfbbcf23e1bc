"""The embedded PostgreSQL server: started on demand, shared by all instances, gone with the last.

Two locks lie in the data home. Whoever starts or stops the server holds `postgres.start.lock`
exclusively. Every client holds `postgres.clients.lock` shared for as long as it lives; the kernel
drops it when a client is killed. A client that releases its lease stops the server if it was the
last one; for clients that die without releasing, a small watchdog process does it.

Calls block: run them in a thread.
"""

from __future__ import annotations

import fcntl
import os
import shutil
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
    PASSWORD_FILE,
    Cluster,
    clear_libpq_environment,
    locate_cluster,
)
from nof1tui.store.embedded.launch import OnProgress
from nof1tui.store.embedded.ownership import ensure_own_store, resolve_server_user, translate_os_errors


def _ignore_progress(words: str) -> None:
    """Progress is nobody's business here."""


class ServerLease:
    """One client's share of a running server."""

    def __init__(self, home: Path, cluster: Cluster, clients_lock: int, say: OnProgress) -> None:
        self._home = home
        self._cluster = cluster
        self._clients_lock: int | None = clients_lock
        self._on_progress = say
        self.label = f"embedded PostgreSQL {cluster.binaries.version}"

    def url(self, database: str = "nof1") -> str:
        """Where to connect; carries no password itself."""
        return self._cluster.url(database)

    def ensure_running(self) -> None:
        """Bring the server back if it was killed. Raises StoreUnavailable."""
        try:
            with translate_os_errors(self._home), _start_lock(self._home, self._on_progress):
                if self._clients_lock is not None and self._cluster.connection_error() is not None:
                    _start_server(self._home, self._cluster, self._on_progress)
        except StoreUnusable as error:
            raise StoreUnavailable(str(error)) from error

    def release(self) -> None:
        """Give the share back; the last client out stops the server. Safe to call twice."""
        if self._clients_lock is None:
            return
        lock, self._clients_lock = self._clients_lock, None
        with _start_lock(self._home, self._on_progress):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                launch.stop_server(self._cluster)
            finally:
                os.close(lock)

    def list_databases(self) -> list[str]:
        """Names of the databases that are no templates."""
        with self._open_admin_connection() as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
            return [str(name) for (name,) in rows]

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database unless there is one of this name."""
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
        """Remove a database with all its connections, if there is one."""
        command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._open_admin_connection() as connection:
            connection.execute(command)

    @contextmanager
    def _open_admin_connection(self) -> Iterator[psycopg.Connection]:
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise StoreUnavailable(f"the embedded PostgreSQL does not answer: {error}") from error


def acquire_lease(
    home: Path,
    *,
    bin_dir: Path | None = None,
    os_user: str | None = None,
    say: OnProgress = _ignore_progress,
) -> ServerLease:
    """Start or adopt the server of this data home. `say` hears what takes time.

    Raises StoreRefused when it must not be started (no programs, other major version, no user to
    run it as), StoreUnavailable when it does not start.
    """
    home = home.absolute()
    clear_libpq_environment()
    with translate_os_errors(home):
        ensure_own_store(home)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _start_lock(home, say):
            cluster = _locate_cluster(home, bin_dir, os_user)
            if cluster.data_folder.exists():
                cluster.check_version()
            lock = os.open(home / watchdog.CLIENTS_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH)
                if cluster.connection_error() is None:
                    _start_watchdog(home, cluster)
                else:
                    _start_server(home, cluster, say)
            except BaseException:
                os.close(lock)
                raise
    return ServerLease(home, cluster, lock, say)


def cluster_exists(home: Path) -> bool:
    """Whether a cluster was made for this data home."""
    return (home / LOCATION_FILE).exists() or (home / "postgres" / "data").exists()


def is_server_running(home: Path) -> bool:
    """Whether its server runs now."""
    return cluster_exists(home) and _locate_cluster(home, None, None).read_postmaster_pid() is not None


def destroy_cluster(home: Path, *, bin_dir: Path | None = None, os_user: str | None = None) -> None:
    """Stop the server and delete the cluster with all it holds."""
    if not cluster_exists(home):
        return
    with _start_lock(home, _ignore_progress):
        cluster = _locate_cluster(home, bin_dir, os_user)
        launch.stop_server(cluster)
        shutil.rmtree(cluster.root, ignore_errors=True)
        for name in (LOCATION_FILE, PASSWORD_FILE, watchdog.CLIENTS_LOCK, watchdog.WATCH_LOCK):
            (home / name).unlink(missing_ok=True)


def _locate_cluster(home: Path, bin_dir: Path | None, os_user: str | None) -> Cluster:
    programs = binaries.find_binaries(bin_dir)
    owner = resolve_server_user(home, os_user)
    if owner.pw_uid != os.geteuid():
        programs = binaries.ensure_reachable(programs, owner)
    return locate_cluster(home, programs, owner)


def _start_server(home: Path, cluster: Cluster, say: OnProgress) -> None:
    """Start the server, and before it its watchdog."""
    _start_watchdog(home, cluster)
    launch.start_server(cluster, say)


def _start_watchdog(home: Path, cluster: Cluster) -> None:
    """Start a watchdog as nobody's child, unless there is one."""
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
def _start_lock(home: Path, say: OnProgress) -> Iterator[None]:
    """Hold the lock under which the server is started and stopped."""
    lock = os.open(home / watchdog.START_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        began, told = time.monotonic(), False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - began
            if waited > launch.START_TIMEOUT_S + 20:
                raise StoreUnavailable(
                    f"another instance has been starting PostgreSQL for {waited:.0f} s: end the one that "
                    f"hangs (`fuser {home / watchdog.START_LOCK}` names it) and try again"
                )
            if waited > 1 and not told:
                told = True
                say("waiting for another instance to start PostgreSQL …")
            time.sleep(0.02)
        yield
    finally:
        os.close(lock)
