"""Fixtures for all: a real PostgreSQL for the session, a fresh database for each test, the recordings."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from nof1tui.domain.roster import Roster, parse_roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded import lease as server
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.schema import migrate
from tests.support.embedded_server import destroy_cluster
from tests.support.homes import copy_home
from tests.support.paths import RECORDINGS

TEMPLATE = "template_nof1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow",
        choices=("none", "sample", "all"),
        default="none",
        help="which tests marked slow to run: none, the first case of each table, or all",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out; of a sample, keep the first case of each table."""
    wanted = config.getoption("--slow")
    sampled = set[str]()
    kept, left_out = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        table = item.nodeid.partition("[")[0]
        is_first_case = "[" in item.nodeid and table not in sampled
        slow = item.get_closest_marker("slow") is not None
        if not slow or wanted == "all" or (wanted == "sample" and is_first_case):
            kept.append(item)
            sampled.add(table)
        else:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture(scope="session")
def roster() -> Roster:
    """Seasons and traders as they ship."""
    return parse_roster(files("nof1tui").joinpath("roster.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Real responses, where the machine has them; NOF1_RECORDINGS says where else they are."""
    folder = RECORDINGS
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder} (set NOF1_RECORDINGS)")
    return folder


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home as a first start leaves it: a cluster with an empty store, its server stopped."""
    home = tmp_path_factory.mktemp("made") / "nof1-tui"
    lease = server.acquire_lease(home)
    _never_wait_for_the_disk(lease.url("postgres"))
    lease.create_database("nof1")
    migrate.upgrade(lease.url("nof1"))
    lease.create_database(TEMPLATE, "nof1")
    lease.release()
    yield home
    destroy_cluster(home)


def _never_wait_for_the_disk(url: str) -> None:
    """What a test wrote need not outlive the machine; commits are as they are otherwise."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ALTER SYSTEM SET fsync = off")
        db.execute("ALTER SYSTEM SET full_page_writes = off")
        db.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def postgres(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerLease]:
    """The embedded server, in a home of the session's own."""
    home = tmp_path_factory.mktemp("postgres") / "nof1-tui"
    copy_home(made_home, home)
    lease = server.acquire_lease(home)
    yield lease
    lease.release()
    destroy_cluster(home)


@pytest.fixture(scope="session")
def template(postgres: ServerLease) -> str:
    """A migrated database to clone."""
    return TEMPLATE


@pytest.fixture
def database_url(postgres: ServerLease, template: str) -> Iterator[str]:
    """A fresh, migrated database."""
    name = f"test_{secrets.token_hex(6)}"
    postgres.create_database(name, template)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def empty_database_url(postgres: ServerLease) -> Iterator[str]:
    """A fresh database without any schema of ours."""
    name = f"test_{secrets.token_hex(6)}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a fresh database."""
    opened = open_pool(database_url)
    yield opened
    await opened.close()
