"""The outbox with a spool: what a store that is away finds when it is back, whichever process runs then."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.rejected_file import REJECTED_FILE
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SPOOL_SUFFIX
from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Feed, Price
from nof1tui.ports.errors import BatchRejected, StoreUnavailable
from nof1tui.ports.sink import WriteResult

AT = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)
HEALTH = FeedHealth(Feed.PRICES)


def prices(number: int) -> Envelope:
    at = AT + timedelta(seconds=number)
    return Envelope(Batch(Feed.PRICES, "crypto-prices", at, prices=(Price("BTC", 1.0 + number, at, at),)))


@dataclass
class Store:
    """A sink that can be set to be away."""

    away: bool = False
    refuses: set[float] = field(default_factory=set)
    kept: list[Batch] = field(default_factory=list)

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("connection refused")
        if batch.prices and batch.prices[0].price in self.refuses:
            raise BatchRejected("numeric value out of range")
        self.kept.append(batch)
        return WriteResult()

    async def write_health(self, health: FeedHealth) -> None:
        if self.away:
            raise StoreUnavailable("connection refused")


@dataclass
class Bench:
    outbox: Outbox
    store: Store
    spool: Spool
    healths: list[StoreHealth]
    task: asyncio.Task[None]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)
                if self.task.done():
                    self.task.result()

    @property
    def numbers(self) -> list[int]:
        return [round(batch.prices[0].price) - 1 for batch in self.store.kept]


@asynccontextmanager
async def bench(
    folder: Path,
    store: Store,
    *,
    max_bytes: int = 2**20,
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> AsyncIterator[Bench]:
    healths: list[StoreHealth] = []
    spool = Spool(folder, max_bytes=max_bytes)

    async def nap(seconds: float) -> None:
        await asyncio.sleep(0.01)

    outbox = Outbox(store, on_health=healths.append, spool=spool, sleep=sleep or nap, jitter=lambda: 0.5)
    made = Bench(outbox, store, spool, healths, asyncio.create_task(outbox.run()))
    try:
        yield made
    finally:
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
        await outbox.close()


async def test_while_the_store_answers_nothing_touches_the_disk(tmp_path: Path) -> None:
    async with bench(tmp_path / "spool", Store()) as out:
        for number in range(5):
            out.outbox.put(prices(number), HEALTH)
        await out.until(lambda: len(out.store.kept) == 5)
        assert not (tmp_path / "spool").exists()


async def test_an_outage_fills_the_spool_and_everything_lands_in_order(tmp_path: Path) -> None:
    store = Store(away=True)
    async with bench(tmp_path, store) as out:
        for number in range(30):
            out.outbox.put(prices(number), HEALTH)
            await asyncio.sleep(0)
        await out.until(lambda: out.spool.record_count == 30)
        assert out.outbox.pending_records == 30
        assert out.healths[-1].pending > 0
        store.away = False
        for number in range(30, 35):
            out.outbox.put(prices(number), HEALTH)
        await out.until(lambda: len(store.kept) == 35)
        await out.until(lambda: out.healths[-1] == StoreHealth())
        assert out.numbers == list(range(35))
        assert list(tmp_path.glob(f"*{SPOOL_SUFFIX}")) == []


async def test_a_process_that_ends_in_an_outage_leaves_its_records_to_the_next(tmp_path: Path) -> None:
    async with bench(tmp_path, Store(away=True)) as out:
        for number in range(3):
            out.outbox.put(prices(number), HEALTH)
    async with bench(tmp_path, Store()) as next_one:
        next_one.outbox.put(prices(3), HEALTH)
        await next_one.until(lambda: len(next_one.store.kept) == 4)
        assert next_one.numbers == [0, 1, 2, 3]


async def test_a_store_that_goes_away_again_while_the_spool_is_written_loses_nothing(tmp_path: Path) -> None:
    store = Store(away=True)
    async with bench(tmp_path, store) as out:
        for number in range(20):
            out.outbox.put(prices(number), HEALTH)
        await out.until(lambda: out.spool.record_count == 20)
        store.away = False
        await out.until(lambda: len(store.kept) >= 5)
        store.away = True
        out.outbox.put(prices(20), HEALTH)
        await out.until(lambda: bool(out.healths[-1].failure))
        store.away = False
        await out.until(lambda: 20 in out.numbers)
        assert out.numbers == list(range(21))


async def test_what_the_store_refuses_is_kept_aside_counted_and_blocks_nothing(tmp_path: Path) -> None:
    store = Store(refuses={2.0})
    async with bench(tmp_path, store) as out:
        for number in range(3):
            out.outbox.put(prices(number), HEALTH)
        await out.until(lambda: out.numbers == [0, 2])
        await out.until(lambda: bool(out.healths) and out.healths[-1].rejected == 1)
        assert "out of range" in (tmp_path / REJECTED_FILE).read_text("utf-8")


async def test_beyond_its_bound_the_spool_leaves_the_rest_in_memory(tmp_path: Path) -> None:
    store = Store(away=True)
    async with bench(tmp_path, store, max_bytes=700) as out:
        for number in range(20):
            out.outbox.put(prices(number), HEALTH)
        await out.until(lambda: 0 < out.spool.record_count < 20)
        assert out.outbox.pending_records == 20
        store.away = False
        await out.until(lambda: len(store.kept) == 20)
        assert out.numbers == list(range(20))


async def test_a_folder_that_cannot_be_used_leaves_records_in_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store(away=True)
    async with bench(Path(os.devnull) / "spool", store) as out:
        for number in range(3):
            out.outbox.put(prices(number), HEALTH)
            await asyncio.sleep(0.005)
        await out.until(lambda: "the spool is unusable" in caplog.text)
        assert caplog.text.count("the spool is unusable") == 1
        store.away = False
        await out.until(lambda: out.numbers == [0, 1, 2])


async def test_a_store_known_to_be_back_is_tried_at_once(tmp_path: Path) -> None:
    """However long the back-off has become in an outage."""
    rests: list[float] = []

    async def rest(delay_s: float) -> None:
        rests.append(delay_s)
        await asyncio.sleep(3600.0)

    store = Store(away=True)
    async with bench(tmp_path, store, sleep=rest) as out:
        out.outbox.put(prices(1), HEALTH)
        await out.until(lambda: len(rests) == 1 and out.spool.record_count == 1)
        store.away = False
        assert not await out.outbox.wait_until_drained(0.05)
        out.outbox.retry_now()
        assert await out.outbox.wait_until_drained(2.0)
        assert out.numbers == [1]


@dataclass
class SilentStore(Store):
    """Takes a connection and answers only when it is released."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        await self.answers.wait()
        return await super().write(batch, events)


async def test_a_store_that_does_not_answer_is_away_and_what_waits_goes_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nof1tui.collector.delivery.outbox.SPOOL_AFTER_S", 0.05)
    monkeypatch.setattr("nof1tui.collector.delivery.sink_writer.SLOW_STORE_S", 0.1)
    store = SilentStore()
    async with bench(tmp_path, store) as out:
        out.outbox.put(prices(0), HEALTH)
        await out.until(lambda: out.spool.record_count == 1)
        await out.until(lambda: "no answer" in (out.healths[-1].failure or "") if out.healths else False)
        out.outbox.put(prices(1), HEALTH)
        await out.until(lambda: out.spool.record_count == 2)
        assert out.healths[-1].pending == 2
        store.answers.set()
        await out.until(lambda: out.healths[-1] == StoreHealth())
        assert sorted(set(out.numbers)) == [0, 1]


async def test_of_a_batch_that_is_refused_only_the_culprit_is_left_out_and_it_is_counted_once(
    tmp_path: Path,
) -> None:
    quotes = tuple(Price(f"C{number}", float(number), AT, AT) for number in range(20))
    batch = Envelope(Batch(Feed.PRICES, "crypto-prices", AT, prices=quotes))
    kept: list[str] = []

    class Picky(Store):
        async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
            if any(quote.coin == "C7" for quote in batch.prices):
                raise BatchRejected("value out of range")
            kept.extend(quote.coin for quote in batch.prices)
            return WriteResult()

    async with bench(tmp_path, Picky()) as out:
        for _ in range(2):
            out.outbox.put(batch, HEALTH)
        assert await out.outbox.wait_until_drained(2.0)
    assert sorted(set(kept)) == sorted({quote.coin for quote in quotes} - {"C7"})
    assert out.healths[-1].rejected == 1
    assert len((tmp_path / REJECTED_FILE).read_text("utf-8").splitlines()) == 1


async def test_what_upstream_says_again_in_an_outage_waits_once_and_a_change_waits_too(
    tmp_path: Path,
) -> None:
    def spoken(summary: str, minute: int) -> Envelope:
        fetched_at = AT + timedelta(minutes=minute)
        decision = Decision("gpt-5_1", AccountKey("s1", "gpt-5"), AT, fetched_at, summary)
        return Envelope(Batch(Feed.DECISIONS, "conversations", fetched_at, decisions=(decision,)))

    store = Store(away=True)
    async with bench(tmp_path, store) as out:
        out.outbox.put(prices(0), HEALTH)
        await out.until(lambda: out.outbox.is_store_away)
        for minute, summary in enumerate(("hold", "hold", "sell", "hold", "hold")):
            out.outbox.put(spoken(summary, minute), HEALTH)
        await out.until(lambda: out.spool.record_count == 4)
        assert out.outbox.pending_records == 4
        store.away = False
        await out.until(lambda: len(store.kept) == 4)
        assert [batch.decisions[0].summary for batch in store.kept[1:]] == ["hold", "sell", "hold"]


async def test_without_room_what_upstream_serves_again_is_given_up_first(tmp_path: Path) -> None:
    healths: list[StoreHealth] = []
    row = AccountRow(AccountKey("s1", "gpt-5"), AT, AT, 1.0)
    rows = Envelope(Batch(Feed.ACCOUNTS, "account-totals", AT, accounts=(row,)))
    outbox = Outbox(Store(away=True), on_health=healths.append, capacity=2 * prices(0).size_bytes)
    for envelope in (prices(0), rows, prices(1)):
        outbox.put(envelope, HEALTH)
    assert [envelope.batch.feed for envelope in outbox._backlog.envelopes] == [Feed.PRICES, Feed.PRICES]


async def test_what_was_given_up_is_asked_for_again_when_the_store_is_back(tmp_path: Path) -> None:
    row = AccountRow(AccountKey("s1", "gpt-5"), AT, AT, 1.0)
    rows = Envelope(Batch(Feed.ACCOUNTS, "account-totals", AT, accounts=(row,)))
    store, healths = Store(away=True), list[StoreHealth]()
    outbox = Outbox(
        store, on_health=healths.append, capacity=rows.size_bytes, sleep=lambda s: asyncio.sleep(0)
    )
    running = asyncio.create_task(outbox.run())
    outbox.put(rows, HEALTH)
    outbox.put(prices(0), HEALTH)
    while not outbox.is_store_away:
        await asyncio.sleep(0)
    assert not outbox.needs_refetch(Feed.ACCOUNTS)
    store.away = False
    assert await outbox.wait_until_drained(2.0)
    assert healths[-1].dropped == 1
    assert outbox.needs_refetch(Feed.ACCOUNTS)
    outbox.mark_refetched(Feed.ACCOUNTS)
    assert not outbox.needs_refetch(Feed.ACCOUNTS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
