"""Outages of the server itself: it stops, moves, fills its disk, changes a password; nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from nof1tui.domain.roster import Roster
from nof1tui.store.schema import migrate
from tests.support.outage_run import OutageRun, collecting
from tests.support.postgres_servers import (
    DATABASE,
    OWNER,
    OWNER_PASSWORD,
    PostgresServer,
    debian_binaries,
    embedded_binaries,
)

pytestmark = pytest.mark.slow
Outage = Callable[[PostgresServer, OutageRun], Awaitable[None]]
"""Breaks the server of a run, waits while it is broken, and mends it."""


@pytest.fixture(scope="module", params=["debian", "embedded"])
def programs(request: pytest.FixtureRequest) -> Path:
    return debian_binaries() if request.param == "debian" else embedded_binaries()


@pytest.fixture
def server(programs: Path) -> Iterator[PostgresServer]:
    """A server with an empty store."""
    made = PostgresServer(programs).initialise()
    migrate.upgrade(made.url)
    yield made
    made.destroy()


async def stay_away(run: OutageRun) -> None:
    """Wait until the collector finds the store away, and for some polls more."""
    await run.until(lambda: run.is_away)
    await run.polls(12)


def restart(mode: str) -> Outage:
    async def outage(server: PostgresServer, run: OutageRun) -> None:
        await asyncio.to_thread(server.stop, mode)
        await stay_away(run)
        await asyncio.to_thread(server.start)

    return outage


def set_password(server: PostgresServer, password: str) -> None:
    quoted = password.replace("'", "''")
    server.execute(f"ALTER ROLE {OWNER} PASSWORD '{quoted}'")


def end_sessions(server: PostgresServer) -> None:
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{OWNER}'")


async def changed_password(server: PostgresServer, run: OutageRun) -> None:
    set_password(server, "another")
    end_sessions(server)
    await stay_away(run)
    set_password(server, OWNER_PASSWORD)


async def renamed_database(server: PostgresServer, run: OutageRun) -> None:
    server.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
    end_sessions(server)
    server.execute(f"ALTER DATABASE {DATABASE} RENAME TO gone")
    await stay_away(run)
    server.execute(f"ALTER DATABASE gone RENAME TO {DATABASE}")
    server.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")


OUTAGES: dict[str, Outage] = {
    "restart": restart("fast"),
    "crash": restart("immediate"),
    "changed password": changed_password,
    "renamed database": renamed_database,
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
async def test_what_was_served_while_the_server_was_away_is_stored_afterwards(
    server: PostgresServer,
    roster: Roster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    outage: Outage,
) -> None:
    caplog.set_level(logging.INFO)
    async with collecting(server.url, server.url, roster, tmp_path / "spool", monkeypatch) as run:
        await run.until(lambda: len(run.boards) > 0 and all(run.stored().values()))
        await outage(server, run)
        await run.until_back()
        assert run.rejected() == []
    assert_logged_once(caplog)


def assert_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line for away, one for back, and no password; a machine that pauses adds outages of its own."""
    messages = [record.getMessage() for record in caplog.records]
    away = sum(message.startswith("store away") for message in messages)
    pauses = sum("idle-session timeout" in message for message in messages)
    assert away == sum(message.startswith("store back") for message in messages)
    assert 1 <= away <= 1 + pauses
    assert not any("secret" in message for message in messages)


async def test_a_fail_over_to_a_promoted_standby_loses_no_record(
    server: PostgresServer,
    roster: Roster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The primary waits for its standby at each commit, as it must for a fail-over without loss."""
    caplog.set_level(logging.INFO)
    standby = server.make_replica()
    server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    server.execute("SELECT pg_reload_conf()")
    hosts = f"127.0.0.1:{server.port},127.0.0.1:{standby.port}"
    url = f"{server.url.partition('@')[0]}@{hosts}/{DATABASE}?target_session_attrs=read-write"
    async with collecting(url, server.url, roster, tmp_path / "spool", monkeypatch) as run:
        await run.until(lambda: len(run.boards) > 0 and all(run.stored().values()))
        await asyncio.to_thread(server.stop, "immediate")
        await stay_away(run)
        run.owner_url = standby.url
        await asyncio.to_thread(standby.promote)
        await run.until_back()
        assert run.rejected() == []
    assert_logged_once(caplog)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 160 MB; skips the test where none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="nof1-disk-"))
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m", "none", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
        folder.chmod(0o755)
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)
    finally:
        folder.rmdir()


def fill(folder: Path) -> Path:
    """A file that takes what is left of the disk."""
    path = folder / "filler"
    with suppress(OSError), path.open("wb") as file:
        while True:
            os.write(file.fileno(), bytes(65_536))
    return path


async def test_a_full_disk_loses_no_record(
    programs: Path,
    small_disk: Path,
    roster: Roster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The write-ahead log does not fit: the server ends itself and is started again when there is space."""
    caplog.set_level(logging.INFO)
    folder = small_disk / "server"
    folder.mkdir()
    shutil.chown(folder, "postgres", "postgres")
    server = PostgresServer(programs, folder).initialise()
    try:
        migrate.upgrade(server.url)
        async with collecting(server.url, server.url, roster, tmp_path / "spool", monkeypatch) as run:
            await run.until(lambda: len(run.boards) > 0 and all(run.stored().values()))
            filler = fill(small_disk)
            with suppress(psycopg.Error):
                while True:
                    server.execute("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))")
            await stay_away(run)
            filler.unlink()
            with suppress(AssertionError):
                await asyncio.to_thread(server.stop, "immediate")
            await asyncio.to_thread(server.start)
            await run.until_back()
            assert run.rejected() == []
    finally:
        server.destroy()
    assert_logged_once(caplog)
