"""Every kind of outage on a real server: what was served is stored afterwards, each record once.

A collector polls a source of numbered prices and trades while the store is broken and mended.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    Feed,
    Position,
    Price,
    Trade,
)
from nof1tui.domain.roster import Roster
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.runtime.open_store import open_store
from nof1tui.settings.model import Settings
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.schema.partitions import collect_partition_months, create_partitions
from tests.support.envelopes import AT

GPT = AccountKey("season-1", "gpt-5")


@dataclass
class NumberedSource:
    """Serves one price, one trade and one decision more at each poll, and extra records once."""

    name: str = "numbered"
    feeds: Sequence[Feed] = (Feed.PRICES, Feed.TRADES, Feed.DECISIONS)
    served: dict[Feed, int] = field(default_factory=dict)
    extra: list[Batch] = field(default_factory=list)

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        if self.extra and feed is Feed.PRICES:
            return self.extra.pop(0)
        number = self.served[feed] = self.served.get(feed, 0) + 1
        at = AT + timedelta(seconds=number)
        match feed:
            case Feed.PRICES:
                return Batch(feed, "prices", at, prices=(Price("BTC", float(number), at, at),))
            case Feed.TRADES:
                return Batch(feed, "trades", at, trades=(Trade(f"t{number}", GPT, "BTC", at, at),))
            case _:
                return Batch(feed, "decisions", at, decisions=(Decision(f"d{number}", GPT, at, at, "hold"),))

    async def aclose(self) -> None: ...


@dataclass
class Run:
    source: NumberedSource
    engine: asyncio.Task[None]
    boards: list[Board]
    folder: Path
    owner_url: str

    async def until(self, condition: Callable[[], bool], timeout_s: float = 40.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.05)
                if self.engine.done():
                    self.engine.result()

    async def polls(self, count: int) -> None:
        """Wait for a number of further polls of every feed."""
        wanted = {feed: self.source.served.get(feed, 0) + count for feed in self.source.feeds}
        await self.until(lambda: all(self.source.served.get(feed, 0) >= n for feed, n in wanted.items()))

    @property
    def is_away(self) -> bool:
        return bool(self.boards and self.boards[-1].health.store.failure)

    def stored(self) -> dict[Feed, list[int]]:
        with psycopg.connect(self.owner_url) as db:
            return {
                feed: [int(value) for (value,) in db.execute(statement)]
                for feed, statement in (
                    (Feed.PRICES, "SELECT price FROM nof1.prices ORDER BY 1"),
                    (Feed.TRADES, "SELECT substr(id, 2)::int FROM nof1.trades ORDER BY 1"),
                    (Feed.DECISIONS, "SELECT substr(id, 2)::int FROM nof1.decisions ORDER BY 1"),
                )
            }

    def rejected(self) -> list[Batch]:
        folders = [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.is_dir() else []
        lines = [line for folder in folders for line in RejectedFile(folder).read()]
        return [line.envelope.batch for line in lines if line.envelope]


@pytest.fixture
def role(postgres: ServerLease) -> Iterator[str]:
    """A role with a password that owns the store of its test."""
    name = f"collector_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as db, suppress(psycopg.Error):
        db.execute(f"DROP OWNED BY {name}".encode())
        db.execute(f"DROP ROLE IF EXISTS {name}".encode())


def create_role(owner: psycopg.Connection[object], name: str, password: str = "first") -> None:
    owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'".encode())
    grant(owner, name)


def grant(owner: psycopg.Connection[object], name: str) -> None:
    owner.execute(f"GRANT ALL ON SCHEMA nof1 TO {name}".encode())
    owner.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA nof1 TO {name}".encode())
    owner.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA nof1 TO {name}".encode())


async def create_months(owner_url: str) -> None:
    """Partitions, which only the owner of the tables may create."""
    row = AccountRow(GPT, AT, AT, 1.0)
    batch = Batch(Feed.ACCOUNTS, "a", AT, accounts=(row,), prices=(Price("BTC", 1.0, AT, AT),))
    owner = open_pool(owner_url)
    async with owner.transaction() as db:
        await create_partitions(db, collect_partition_months(batch))
    await owner.close()


@asynccontextmanager
async def collecting(
    database_url: str, role: str, roster: Roster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Run]:
    monkeypatch.setattr("nof1tui.collector.backoff.store_retry_delay_s", lambda failures, jitter: 0.2)
    monkeypatch.setattr("nof1tui.collector.delivery.outbox.store_retry_delay_s", lambda failures, jitter: 0.2)
    with psycopg.connect(database_url, autocommit=True) as owner:
        create_role(owner, role)
    await create_months(database_url)
    parts = urlsplit(database_url)
    url = f"postgresql://{role}:{quote('first')}@{parts.path}?{parts.query}".replace("user=nof1&", "")
    settings = Settings(database_url=url)  # type: ignore[arg-type]
    source, boards = NumberedSource(), list[Board]()
    arena = Arena(
        name="nof1",
        roster=roster,
        make_source=lambda: source,
        open_store=lambda: open_store(settings, to_write=True, on_progress=lambda message: None),
        intervals_s=dict.fromkeys(Feed, 0.1),
        clock=lambda: AT,
        make_spool=lambda: Spool(SpoolFolders(folder, "url")),
        shared=True,
    )
    engine = asyncio.create_task(ArenaEngine(arena).run(boards.append))
    run = Run(source, engine, boards, folder, database_url)
    try:
        yield run
    finally:
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)


Fault = tuple[list[str], list[str]]
"""Statements of the owner that break the store, and those that mend it; {role} and {database} are named."""
_FAILING_FUNCTION = (
    "CREATE FUNCTION nof1.fail() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '{state}'; END$$"
)
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
FAULTS: dict[str, Fault] = {
    "read-only database": (
        ["ALTER DATABASE {database} SET default_transaction_read_only = on", KILL],
        ["ALTER DATABASE {database} RESET default_transaction_read_only", KILL],
    ),
    "renamed tables": (
        ["ALTER SCHEMA nof1 RENAME TO nof1_gone"],
        ["ALTER SCHEMA nof1_gone RENAME TO nof1"],
    ),
    "one renamed table": (
        ["ALTER TABLE nof1.trades RENAME TO trades_gone"],
        ["ALTER TABLE nof1.trades_gone RENAME TO trades"],
    ),
    "revoked rights": (
        ["REVOKE ALL ON ALL TABLES IN SCHEMA nof1 FROM {role}"],
        ["GRANT ALL ON ALL TABLES IN SCHEMA nof1 TO {role}"],
    ),
    "one revoked right": (
        ["REVOKE ALL ON nof1.decisions FROM {role}"],
        ["GRANT ALL ON nof1.decisions TO {role}"],
    ),
    "no logins": (["ALTER ROLE {role} NOLOGIN", KILL], ["ALTER ROLE {role} LOGIN"]),
    "dropped role": (
        ["DROP OWNED BY {role}", KILL, "DROP ROLE {role}"],
        [
            "CREATE ROLE {role} LOGIN PASSWORD 'first'",
            "GRANT ALL ON SCHEMA nof1 TO {role}",
            "GRANT ALL ON ALL TABLES IN SCHEMA nof1 TO {role}",
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA nof1 TO {role}",
        ],
    ),
    "killed sessions": ([KILL, KILL, KILL], []),
    "no connections": (
        ["ALTER ROLE {role} CONNECTION LIMIT 0", KILL],
        ["ALTER ROLE {role} CONNECTION LIMIT -1"],
    ),
    **{
        f"errors {state}": (
            [
                _FAILING_FUNCTION.format(state=state),
                *(
                    f"CREATE TRIGGER fail BEFORE INSERT ON nof1.{table} EXECUTE FUNCTION nof1.fail()"
                    for table in ("prices", "trades", "decisions", "feed_state")
                ),
            ],
            ["DROP FUNCTION nof1.fail() CASCADE"],
        )
        for state in (
            *("08006", "0A000", "25006", "26000", "28000", "40001", "40P01", "42501", "42703", "42P01"),
            *(
                "42P05",
                "53100",
                "53200",
                "55P03",
                "57014",
                "57P01",
                "58030",
                "58P01",
                "P0001",
                "XX000",
                "ZZ999",
            ),
        )
    },
}
QUICK = {"read-only database", "one renamed table", "dropped role"}


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FAULTS]
)
async def test_what_was_served_in_an_outage_is_stored_afterwards(
    database_url: str,
    role: str,
    roster: Roster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    caplog.set_level(logging.INFO)
    names = {"role": role, "database": urlsplit(database_url).path.lstrip("/")}
    breaking, mending = (
        [text.replace("{role}", role).replace("{database}", names["database"]) for text in part]
        for part in FAULTS[fault]
    )
    async with collecting(database_url, role, roster, tmp_path / "spool", monkeypatch) as run:
        await run.until(lambda: len(run.boards) > 0 and all(run.stored().values()))
        with psycopg.connect(database_url, autocommit=True) as owner:
            for statement in breaking:
                owner.execute(statement.encode())
            if mending:
                await run.until(lambda: run.is_away)
            await run.polls(12)
            for statement in mending:
                owner.execute(statement.encode())
        await run.polls(3)
        served = dict(run.source.served)
        await run.until(lambda: all(max(run.stored()[feed], default=0) >= n for feed, n in served.items()))
        await run.until(lambda: not run.is_away)
        stored = run.stored()
        assert {feed: values[: served[feed]] for feed, values in stored.items()} == {
            feed: list(range(1, n + 1)) for feed, n in served.items()
        }
        assert run.rejected() == []
    away = [r for r in caplog.records if r.getMessage().startswith("store away")]
    back = [r for r in caplog.records if r.getMessage().startswith("store back")]
    assert len(away) == len(back) <= 1 + (KILL.replace("{role}", role) in mending)
    assert not any("first" in record.getMessage() for record in caplog.records)


POISON = {
    "price": Batch(Feed.PRICES, "p", AT, prices=(Price(secrets.token_hex(9_000), 1.0, AT, AT),)),
    "trade": Batch(
        Feed.TRADES, "t", AT, trades=(Trade("long" + secrets.token_hex(9_000), GPT, "BTC", AT, AT),)
    ),
    "trade number": Batch(Feed.TRADES, "t", AT, trades=(Trade("big", GPT, "BTC", AT, AT, entry_oid=2**70),)),
    "decision": Batch(
        Feed.DECISIONS, "d", AT, decisions=(Decision("x" + secrets.token_hex(9_000), GPT, AT, AT),)
    ),
    "decision text": Batch(Feed.DECISIONS, "d", AT, decisions=(Decision("s", GPT, AT, AT, "\ud800"),)),
    "account": Batch(
        Feed.ACCOUNTS, "a", AT, accounts=(AccountRow(GPT, AT, AT, 1.0, positions=(Position("BTC", 0.0),)),)
    ),
    "account json": Batch(Feed.ACCOUNTS, "a", AT, accounts=(AccountRow(GPT, AT, AT, 1.0, extra="{"),)),
    "analytics": Batch(Feed.ANALYTICS, "s", AT, analytics=(Analytics(GPT, AT, AT, "not json"),)),
}


async def test_one_poison_record_of_each_kind_is_set_aside_among_good_ones(
    database_url: str, role: str, roster: Roster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with collecting(database_url, role, roster, tmp_path / "spool", monkeypatch) as run:
        await run.until(lambda: len(run.boards) > 0 and all(run.stored().values()))
        run.source.extra += POISON.values()
        await run.until(lambda: not run.source.extra)
        await run.polls(3)
        served = dict(run.source.served)
        await run.until(lambda: all(max(run.stored()[feed], default=0) >= n for feed, n in served.items()))
        assert {feed: values[: served[feed]] for feed, values in run.stored().items()} == {
            feed: list(range(1, n + 1)) for feed, n in served.items()
        }
        assert len(run.rejected()) == len(POISON)
        assert run.boards[-1].health.store.rejected == len(POISON)
