"""Two arenas in one store, with the same ids, coins and times, are kept apart by every reader and writer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.evaluate import SubjectState
from nof1tui.domain.arena import ArenaKey
from nof1tui.domain.batch import Batch, Reject, SchemaDrift
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Analytics, Feed, Inception, Reconciliation
from nof1tui.domain.roster import Roster
from nof1tui.ports.alerts import AlertDelivery
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.settings.arena import arena_fingerprint
from nof1tui.settings.model import Settings
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.coordination.leadership import acquire_leadership, open_session
from nof1tui.store.coordination.notifications import follow_commits
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.reading.checks import read_checks
from nof1tui.store.reading.export_cursor import open_export_stream
from nof1tui.store.reading.identity import read_identity
from nof1tui.store.reading.quarantine import read_drift, read_quarantined
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing import retention
from nof1tui.store.writing.alerts import AlertStore
from nof1tui.store.writing.writer import Writer
from tests.support.arena_keys import NOF1, OTHER
from tests.support.builders import account_row, at, batch, decision, key, position, price, trade

Read = Callable[[Reader], Awaitable[Any]]
POLLS = {NOF1.name: range(0, 40, 4), OTHER.name: range(0, 400, 2)}
"""Minutes of the polls: one arena is silent while the other fills the store, at partly the same times."""
TRADERS = ("gpt-5", "qwen3-max")


def batches_of(arena: ArenaKey) -> Iterator[Batch]:
    """The records of an arena: the same keys in both, other values."""
    scale = 1.0 if arena == NOF1 else 2.0
    for number, minute in enumerate(POLLS[arena.name]):
        held = (position("ETH", 2.0 * scale + number // 5, entry_at=at(0)),)
        rows = tuple(
            account_row(trader, minute, 10_000.0 + scale * 7 * number * (-1) ** index, positions=held)
            for index, trader in enumerate(TRADERS)
        )
        quotes = tuple(price(coin, scale * (100.0 + number), minute) for coin in ("BTC", "ETH"))
        yield batch(accounts=rows, prices=quotes)
    first = POLLS[arena.name][0]
    yield batch(
        Feed.TRADES,
        trades=tuple(trade(number, minutes=first + 3 * number, net=scale * number) for number in range(6)),
    )
    yield batch(
        Feed.DECISIONS,
        decisions=tuple(
            replace(decision(number, minutes=first + 3 * number), summary=f"{arena.name} decides {number}")
            for number in range(6)
        ),
    )
    yield batch(
        inceptions=(Inception(key(), at(-60), 5_000.0 * scale, at(0)),),
        analytics=(Analytics(key(), at(2), at(2), f'{{"sharpe": {scale}}}'),),
        rejects=(Reject("trades", "{}", f"reason of {arena.name}", at(1)),),
        drift=(SchemaDrift("trades", "trade.side", "new key", at(1), arena.name),),
        checks=(Reconciliation(key(), "drift", at(3), f"reason of {arena.name}", scale, scale, at(3)),),
    )


async def fill(database: Database, arena: ArenaKey, roster: Roster) -> None:
    """Write the records of an arena, one batch after the other, and its feeds."""
    writer = Writer(database, arena=arena, roster=roster)
    for records in batches_of(arena):
        await writer.write(records)
    down = Event(f"down:prices:{at(5).isoformat()}", at(5), "down", None, feed=Feed.PRICES, reason=arena.name)
    await writer.write(batch(Feed.PRICES), [down])
    await writer.write_health(FeedHealth(Feed.PRICES, failure=arena.name, requests=len(POLLS[arena.name])))


@dataclass
class Stores:
    """A store with two arenas, and the stores that have only one of them."""

    shared_url: str
    single_urls: dict[str, str]
    roster: Roster

    @asynccontextmanager
    async def readers(self, arena: ArenaKey) -> AsyncIterator[tuple[Reader, Reader]]:
        """Readers of an arena: in the store with both, and in its own store."""
        databases = open_pool(self.shared_url), open_pool(self.single_urls[arena.name])
        try:
            yield tuple(Reader(each, self.roster, arena=arena) for each in databases)  # type: ignore[misc]
        finally:
            for each in databases:
                await each.close()


@pytest.fixture(scope="module")
def stores(postgres: ServerLease, template: str, roster: Roster) -> Iterator[Stores]:
    names = [f"arenas_{secrets.token_hex(4)}" for _ in range(3)]
    for name in names:
        postgres.create_database(name, template)
    shared, first, second = map(postgres.url, names)

    async def fill_all() -> None:
        for url, arenas in ((shared, (NOF1, OTHER)), (first, (NOF1,)), (second, (OTHER,))):
            database = open_pool(url)
            await asyncio.gather(*(fill(database, arena, roster) for arena in arenas))
            await database.close()

    asyncio.run(fill_all())
    yield Stores(shared, {NOF1.name: first, OTHER.name: second}, roster)
    for name in names:
        postgres.drop_database(name)


async def position_values(reader: Reader) -> object:
    held = (await reader.board()).accounts[key()].positions[0]
    return await reader.position_history(key(), held, at(500))


READS: dict[str, tuple[Read, ...]] = {
    "board": (
        lambda reader: reader.board(),
        *(lambda reader, minutes=minutes: reader.board(at(minutes)) for minutes in (0, 5, 37, 300)),
    ),
    "time_range": (lambda reader: reader.time_range(),),
    "observation_times": tuple(
        lambda reader, minutes=minutes, direction=direction: reader.observation_times(
            at(minutes), direction, 12
        )
        for minutes in (-5, 0, 21, 39, 390)
        for direction in ("before", "after")
    ),
    "trades": (
        lambda reader: reader.trades(),
        lambda reader: reader.trades(RecordFilter(coin="BTC", limit=3), PageCursor(at(9), "gpt-5_0003")),
    ),
    "trade_totals": (lambda reader: reader.trade_totals(),),
    "decisions": (
        lambda reader: reader.decisions(with_texts=True),
        lambda reader: reader.decisions(RecordFilter(text="decides")),
    ),
    "decision_texts": (lambda reader: reader.decision_texts("gpt-5_3"),),
    "events": (
        lambda reader: reader.events(),
        lambda reader: reader.events(RecordFilter(kinds=["down", "opened", "lead"])),
    ),
    "prices": (lambda reader: reader.prices(), lambda reader: reader.prices(at(11))),
    "price_series": (lambda reader: reader.price_series(at(-10), at(500)),),
    "position_history": (position_values,),
    "feed_states": (lambda reader: reader.feed_states(),),
    "account_rows": (lambda reader: reader.account_rows(at(0)),),
    "collector_state": (lambda reader: reader.collector_state(),),
    "paces": (lambda reader: reader.paces(),),
}
"""Every method that reads one arena, with arguments."""
OF_THE_STORE = {"inventory", "revision"}
"""Methods whose result is of the whole store."""


def test_every_method_of_a_reader_is_in_the_table() -> None:
    methods = {name for kind in (Reader, History) for name in vars(kind) if not name.startswith("_")}
    assert methods == READS.keys() | OF_THE_STORE


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("arena", [NOF1, OTHER], ids=["silent", "busy"])
async def test_a_reader_sees_its_arena_as_if_it_were_alone(
    stores: Stores, arena: ArenaKey, method: str
) -> None:
    async with stores.readers(arena) as (shared, alone):
        for read in READS[method]:
            assert await read(shared) == await read(alone)


@pytest.mark.parametrize(
    "method", sorted(READS.keys() - {"decision_texts", "collector_state"}), ids=lambda name: name
)
async def test_the_same_keys_have_the_values_of_each_arena(stores: Stores, method: str) -> None:
    read = READS[method][-1]
    async with stores.readers(NOF1) as (first, _), stores.readers(OTHER) as (second, _):
        assert await read(first) != await read(second)


@pytest.mark.parametrize("arena", [NOF1, OTHER], ids=["silent", "busy"])
@pytest.mark.parametrize("kind", ["accounts", "trades", "prices", "decisions", "events"])
async def test_an_export_has_the_records_of_its_arena(stores: Stores, arena: ArenaKey, kind: str) -> None:
    exported = []
    for url in (stores.shared_url, stores.single_urls[arena.name]):
        database = open_pool(url)
        async with open_export_stream(database, kind, arena=arena) as stream:
            records = [record async for chunk in stream.record_chunks for record in chunk]
        exported.append((stream.first_at, stream.last_at, records))
        await database.close()
    assert exported[0] == exported[1]
    assert exported[0][2]


@pytest.mark.parametrize("arena", [NOF1, OTHER], ids=["silent", "busy"])
async def test_quarantine_drift_and_checks_are_of_their_arena(stores: Stores, arena: ArenaKey) -> None:
    database = open_pool(stores.shared_url)
    assert [record.reason for record in await read_quarantined(database, arena)] == [
        f"reason of {arena.name}"
    ]
    assert [item.sample for item in await read_drift(database, arena)] == [arena.name]
    assert [check.reason for check in (await read_checks(database, arena)).values()] == [
        f"reason of {arena.name}"
    ]
    await database.close()


async def test_an_arena_that_the_store_does_not_have_is_empty(stores: Stores) -> None:
    database = open_pool(stores.shared_url)
    reader = Reader(database, stores.roster, arena=ArenaKey("third", "nof1"))
    assert (await reader.board()).accounts == {}
    assert await reader.time_range() is None
    assert await reader.trades() == await reader.events() == await reader.prices() == []
    await database.close()


async def test_late_rows_of_one_arena_change_events_of_that_arena_only(
    stores: Stores, postgres: ServerLease
) -> None:
    name = f"arenas_{secrets.token_hex(4)}"
    postgres.create_database(name, stores.shared_url.rpartition("/")[2].partition("?")[0])
    database = open_pool(postgres.url(name))
    readers = [Reader(database, stores.roster, arena=arena) for arena in (NOF1, OTHER)]
    before = [await reader.events() for reader in readers]
    late = account_row(minutes=1, positions=(position("SOL"),))
    await Writer(database, arena=NOF1, roster=stores.roster).write(batch(accounts=(late,)))
    after = [await reader.events() for reader in readers]
    assert {event.coin for event in after[0]} - {event.coin for event in before[0]} == {"SOL"}
    assert after[1] == before[1]
    await database.close()
    postgres.drop_database(name)


async def test_thinning_covers_every_arena(stores: Stores, postgres: ServerLease) -> None:
    name = f"arenas_{secrets.token_hex(4)}"
    postgres.create_database(name, stores.shared_url.rpartition("/")[2].partition("?")[0])
    database = open_pool(postgres.url(name))
    pruned = await retention.prune(database, before=at(24 * 60))
    hours = {arena: {minute // 60 for minute in polls} for arena, polls in POLLS.items()}
    kept = sum(map(len, hours.values())) * len(TRADERS)
    assert pruned.account_rows == sum(map(len, POLLS.values())) * len(TRADERS) - kept
    for arena in (NOF1, OTHER):
        reader = Reader(database, stores.roster, arena=arena)
        assert len(await reader.observation_times(at(-1), "after", 1_000)) == len(hours[arena.name])
    await database.close()
    postgres.drop_database(name)


async def test_subjects_of_alerts_are_of_their_arena(database: Database, roster: Roster) -> None:
    books = [AlertStore(database, arena=arena, roster=roster) for arena in (NOF1, OTHER)]
    watched = {("r", Subject(key())): SubjectState(True, at(1), at(1))}
    alert = Alert(
        "alert:r:1", at(1), "deep", "r", "below", ("toast", "command", "webhook"), Subject(key()), at(1)
    )
    for book in books:
        assert (await book.save(watched, [alert])).new_ids == {"alert:r:1"}
    assert await books[0].record_delivery("alert:r:1", AlertDelivery("command", "sending", at(2)))
    assert await books[0].save({("r", Subject(key())): SubjectState(False, at(3))}, []) is not None
    states, unsent = await books[0].load(at(-5))
    assert [state.beyond for state in states.subjects.values()] == [False]
    assert [each.channels for each in unsent] == [("webhook",)]
    states, unsent = await AlertStore(database, arena=OTHER, roster=roster).load(at(-5))
    assert [state.beyond for state in states.subjects.values()] == [True]
    assert [each.channels for each in unsent] == [("command", "webhook")]


async def test_each_arena_elects_one_collector(database_url: str, database: Database, roster: Roster) -> None:
    async with (
        open_session(database_url, "one") as one,
        open_session(database_url, "two") as two,
        open_session(database_url, "three") as three,
    ):
        first = await acquire_leadership(one, "1@host", arena=NOF1, wait=False)
        second = await acquire_leadership(two, "2@host", arena=OTHER, wait=False)
        assert first is not None
        assert second is not None
        await first.send_heartbeat()
        await second.send_heartbeat()
        assert await acquire_leadership(three, "3@host", arena=OTHER, wait=False) is None
        for arena, holder in ((NOF1, "1@host"), (OTHER, "2@host")):
            state = await Reader(database, roster, arena=arena).collector_state()
            assert state is not None
            assert (state.holder, state.leads) == (holder, True)
        await two.close()
        state = await Reader(database, roster, arena=NOF1).collector_state()
        assert state is not None
        assert state.leads


async def test_a_follower_follows_its_arena_only(
    database_url: str, database: Database, roster: Roster
) -> None:
    commits = follow_commits(database_url, OTHER)
    await anext(commits)
    await Writer(database, arena=NOF1, roster=roster).write(batch(prices=(price("BTC", 1.0),)))
    waiting = asyncio.create_task(anext(commits))
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    await Writer(database, arena=OTHER, roster=roster).write(batch(prices=(price("BTC", 2.0),)))
    async with asyncio.timeout(5):
        assert await waiting is None
    await commits.aclose()  # type: ignore[attr-defined]  # an asynchronous generator


async def test_arenas_of_one_database_have_spools_of_their_own(
    database: Database, roster: Roster, tmp_path: Path
) -> None:
    folders = []
    for arena in (NOF1, OTHER):
        await Writer(database, arena=arena, roster=roster).write(batch(prices=(price("BTC", 1.0),)))
        settings = Settings(api_url=f"https://{arena.instance}")
        identity = await read_identity(database, arena)
        assert identity is not None
        bound = SpoolFolders(tmp_path, arena_fingerprint(settings)).bind(identity, arena.name)
        folders.append(bound)
        spool = Spool(SpoolFolders(tmp_path, arena_fingerprint(settings)))
        spool.bind(identity, arena.name)
        spool.append(Envelope(batch(prices=(price(arena.name, 1.0),))))
        spool.close()
    assert not set(folders[0]) & set(folders[1])
    for arena, (folder, *_) in zip((NOF1, OTHER), folders, strict=True):
        waiting = Spool(folder)
        assert waiting.adopt_orphans() == 1
        oldest = waiting.read_oldest()
        assert oldest is not None
        assert [item.coin for item in oldest.envelope.batch.prices] == [arena.name]
        waiting.close()
