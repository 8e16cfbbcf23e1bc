"""A role with read-only access, and the program's behaviour with its URL."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import AccessDenied, StoreUnusable
from nof1tui.ports.source import Source
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.runtime.open_store import open_store
from nof1tui.settings.model import Settings
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.schema import migrate
from nof1tui.store.schema.grants import grant_viewer
from nof1tui.store.writing.writer import Writer
from tests.support.builders import START as NOW
from tests.support.builders import account_row, batch

PASSWORD = 'it\'s "secret"'


@pytest.fixture
def role(postgres: ServerLease, database_url: str) -> Iterator[str]:
    """The name of a role, which is dropped with its privileges after the test."""
    name = f"Watcher {secrets.token_hex(4)}"
    yield name
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("DROP OWNED BY {role}; DROP ROLE {role}").format(role=sql.Identifier(name)))


@pytest.fixture
def viewer_url(postgres: ServerLease, database_url: str, role: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the same store for the role."""
    if os.getuid() != 0:
        pytest.skip("the embedded server lets other roles in only where it runs under another user")
    assert grant_viewer(database_url, role, PASSWORD)
    monkeypatch.delenv("PGPASSFILE", raising=False)
    return login(database_url, role)


def login(url: str, role: str) -> str:
    """The URL of the same database for another role."""
    owner = make_url(url)
    host = quote(str(owner.query["host"]), safe="")
    return f"postgresql://{quote(role)}:{quote(PASSWORD)}@/{owner.database}?host={host}"


async def one_row(url: str, roster: Roster, minutes: float) -> None:
    database = open_pool(url)
    await Writer(database, arena="nof1", roster=roster).write(
        batch(Feed.ACCOUNTS, accounts=(account_row("gpt-5", minutes),))
    )
    await database.close()


def test_a_viewer_may_read_every_table_and_write_none(database_url: str, viewer_url: str) -> None:
    with psycopg.connect(viewer_url, autocommit=True) as viewer:
        tables = [
            name
            for (name,) in viewer.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'nof1'::regnamespace "
                "AND relkind IN ('r', 'p') AND NOT relispartition"
            )
        ]
        assert {"account_snapshots", "trades", "alembic_version"} <= set(tables)
        viewer.execute("SELECT * FROM nof1.positions")
        for name in tables:
            table = sql.Identifier("nof1", name)
            viewer.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(table))
            for statement in ("DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "DROP TABLE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    viewer.execute(sql.SQL(statement).format(table))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            viewer.execute("CREATE TABLE nof1.mine ()")


def test_a_viewer_may_read_tables_created_later(database_url: str, viewer_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE nof1.later ()")
    with psycopg.connect(viewer_url, autocommit=True) as viewer:
        viewer.execute("SELECT * FROM nof1.later")


def test_granting_twice_creates_one_role(database_url: str, role: str) -> None:
    assert grant_viewer(database_url, role)
    assert not grant_viewer(database_url, role, "another")


@pytest.fixture
def plain_owner_url(postgres: ServerLease, empty_database_url: str) -> Iterator[str]:
    """The URL of a store whose owner may not create roles, in a database of somebody else."""
    if os.getuid() != 0:
        pytest.skip("the embedded server lets other roles in only where it runs under another user")
    name = f"owner {secrets.token_hex(4)}"
    role, database = sql.Identifier(name), sql.Identifier(str(make_url(empty_database_url).database))
    with psycopg.connect(empty_database_url, autocommit=True) as admin:
        create = sql.SQL("CREATE ROLE {} LOGIN NOCREATEROLE PASSWORD {}")
        admin.execute(create.format(role, sql.Literal(PASSWORD)))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, role))
        url = login(empty_database_url, name)
        migrate.upgrade(url)
        yield url
        admin.execute(sql.SQL("DROP OWNED BY {role} CASCADE; DROP ROLE {role}").format(role=role))


def test_an_owner_who_may_not_create_roles_grants_to_an_existing_one(
    plain_owner_url: str, database_url: str, role: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    assert not grant_viewer(plain_owner_url, role)
    with psycopg.connect(plain_owner_url) as owner:
        granted = owner.execute("SELECT has_table_privilege(%s, 'nof1.trades', 'SELECT')", (role,))
        assert granted.fetchone() == (True,)
    migrate.downgrade(plain_owner_url, "base")


@pytest.mark.parametrize(("exists", "password"), [(False, None), (False, "new"), (True, "new")])
def test_an_owner_who_may_not_create_or_change_a_role_learns_what_to_do(
    plain_owner_url: str, database_url: str, exists: bool, password: str | None
) -> None:
    name = "it's a viewer"
    if exists:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    try:
        with pytest.raises(StoreUnusable, match="Let an administrator run `createuser --pwprompt"):
            grant_viewer(plain_owner_url, name, password)
    finally:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def test_granting_without_a_store_is_refused(empty_database_url: str) -> None:
    with pytest.raises(StoreUnusable, match="no store in this database yet"):
        grant_viewer(empty_database_url, "unknown-role")


def test_a_viewers_store_is_never_migrated(database_url: str, viewer_url: str) -> None:
    assert migrate.upgrade_if_allowed(viewer_url) is False
    older = sorted(migrate.known_revisions())[-2]
    migrate.downgrade(database_url, older)
    with pytest.raises(
        StoreUnusable, match=rf"at revision {older}, this program needs {migrate.HEAD_REVISION}"
    ):
        migrate.upgrade_if_allowed(viewer_url)
    assert migrate.read_revision(database_url) == older
    with pytest.raises(StoreUnusable, match="read-only access cannot migrate"):
        migrate.upgrade_if_allowed(database_url, read_only=True)


def test_a_role_without_grants_is_shown_the_command_to_grant(
    postgres: ServerLease, role: str, viewer_url: str
) -> None:
    bare = f"test_{secrets.token_hex(6)}"
    postgres.create_database(bare)
    migrate.upgrade(postgres.url(bare))
    try:
        with pytest.raises(AccessDenied, match="db grant-viewer ROLE"):
            migrate.upgrade_if_allowed(login(postgres.url(bare), role))
    finally:
        postgres.drop_database(bare)


def _unused_source() -> Source:
    raise AssertionError("a viewer polled the API")


async def test_a_viewers_monitor_follows_commits_and_is_never_elected(
    database_url: str, viewer_url: str, roster: Roster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings = Settings(database_url=viewer_url)  # type: ignore[arg-type]
    await one_row(database_url, roster, 0)
    arena = Arena(
        name="nof1",
        roster=roster,
        make_source=_unused_source,
        open_store=lambda: open_store(settings, on_progress=lambda message: None),
        intervals_s=dict.fromkeys(Feed, 60.0),
        clock=lambda: NOW + timedelta(minutes=2),
        shared=True,
    )
    engine, boards = ArenaEngine(arena), asyncio.Queue[Board]()
    watching = asyncio.create_task(engine.run(boards.put_nowait))
    try:
        async with asyncio.timeout(20):
            while (await boards.get()).health.store.role != "viewer":
                pass
            assert engine.history is not None
            await one_row(database_url, roster, 30)
            while len((board := await boards.get()).curves) < 1 or board.newest_at != NOW + timedelta(
                minutes=30
            ):
                pass
        assert board.health.store.collector is None
        with psycopg.connect(database_url) as owner:
            assert owner.execute("SELECT count(*) FROM nof1.collector_state").fetchone() == (0,)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_collecting_into_a_read_only_store_is_refused(viewer_url: str) -> None:
    settings = Settings(database_url=viewer_url)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        with pytest.raises(StoreUnusable, match="read-only store"):
            await stack.enter_async_context(
                open_store(settings, to_write=True, on_progress=lambda message: None)
            )


async def test_the_read_only_setting_prevents_an_owner_from_writing(
    database_url: str, roster: Roster
) -> None:
    settings = Settings(database_url=database_url, read_only=True)  # type: ignore[arg-type]
    async with open_store(settings, on_progress=lambda message: None) as store:
        assert store.read_only
        with pytest.raises(Exception, match="read-only transaction"):
            await Writer(store.database, arena="nof1", roster=roster).write(
                batch(Feed.ACCOUNTS, accounts=(account_row("gpt-5"),))
            )
