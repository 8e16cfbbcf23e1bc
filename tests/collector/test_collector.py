"""The collector with a scripted source, a sink that can fail, and a clock that moves only by sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from nof1tui.collector import Collector
from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Price
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import BatchRejected, SourceUnavailable, StoreUnavailable
from nof1tui.ports.sink import WriteResult
from nof1tui.ports.source import ProgressCallback, ignore_progress

START = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)
GPT = AccountKey("s1", "gpt-5")


@dataclass
class FakeTime:
    """A clock that advances by sleeping, while other tasks run."""

    now: datetime = START
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        due = self.now + timedelta(seconds=seconds)
        for _ in range(20):
            await asyncio.sleep(0)
        self.now = max(self.now, due)


@dataclass
class ScriptedSource:
    """Returns the scripted batches of each feed; the last one repeats."""

    script: dict[Feed, list[Batch | Exception]]
    asked: list[Feed] = field(default_factory=list)
    name: str = "scripted"

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(self.script)

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        self.asked.append(feed)
        answers = self.script[feed]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None: ...


@dataclass
class MemorySink:
    """Keeps written batches; raises the given faults first."""

    faults: list[Exception] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    healths: dict[Feed, FeedHealth] = field(default_factory=dict)

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        if self.faults:
            raise self.faults.pop(0)
        self.batches.append(batch)
        self.events.extend(events)
        return WriteResult()

    async def write_health(self, health: FeedHealth) -> None:
        self.healths[health.feed] = health


def accounts(equity: float, *, at: datetime = START, rejects: int = 0) -> Batch:
    row = AccountRow(GPT, at, at, equity)
    reject = Reject("account-totals", "{}", "no equity", at)
    return Batch(
        Feed.ACCOUNTS, "account-totals", at, accounts=(row,), rejects=(reject,) * rejects, status=200
    )


def prices(value: float) -> Batch:
    return Batch(Feed.PRICES, "crypto-prices", START, prices=(Price("BTC", value, START, START),), status=200)


class Run:
    """A collector under test with its source, sink and clock."""

    def __init__(self, script: dict[Feed, list[Batch | Exception]], faults: Sequence[Exception] = ()) -> None:
        self.source = ScriptedSource(script)
        self.sink = MemorySink(list(faults))
        self.time = FakeTime()
        self.boards: list[Board] = []
        self.collector = Collector(
            self.source,
            self.sink,
            Board(Roster()),
            intervals_s=dict.fromkeys(Feed, 10.0),
            publish=self.boards.append,
            clock=self.time,
            sleep=self.time.sleep,
            jitter=lambda: 0.5,
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        """Run the collector until the condition holds; five seconds without it fail the test."""
        running = asyncio.create_task(self.collector.run())
        try:
            async with asyncio.timeout(5):
                while not condition():
                    await asyncio.sleep(0)
                    if running.done():
                        running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_one_round_publishes_boards_and_stores_batches() -> None:
    run = Run({Feed.ACCOUNTS: [accounts(12_000.0)], Feed.PRICES: [prices(100.0)]})
    assert await run.collector.run_once()
    assert run.collector.board.leaderboard[0].equity_usd == 12_000.0
    assert run.collector.board.prices["BTC"].price.price == 100.0
    assert {batch.feed for batch in run.sink.batches} == {Feed.ACCOUNTS, Feed.PRICES}
    assert run.sink.healths[Feed.ACCOUNTS].newest_at == START


async def test_the_board_is_published_before_the_batch_is_stored() -> None:
    run = Run({Feed.ACCOUNTS: [accounts(12_000.0)]})
    stored_at_publish: list[int] = []
    run.collector._publish = lambda board: stored_at_publish.append(len(run.sink.batches))
    await run.collector.run_once()
    assert stored_at_publish[0] == 0


async def test_a_failing_feed_keeps_its_figures_has_a_reason_and_stops_no_other() -> None:
    refused = SourceUnavailable("429: the server asks to slow down", status=429, retry_after_s=120.0)
    run = Run({Feed.ACCOUNTS: [accounts(12_000.0), refused], Feed.PRICES: [prices(100.0)]})
    await run.until(lambda: run.source.asked.count(Feed.PRICES) >= 5)
    board = run.collector.board
    assert board.leaderboard[0].equity_usd == 12_000.0
    health = board.health.feed(Feed.ACCOUNTS)
    assert (health.status, health.failure) == (429, "429: the server asks to slow down")
    assert health.retry_at is not None
    assert (health.retry_at - START).total_seconds() >= 120.0
    assert board.health.feed(Feed.PRICES).failure is None
    assert board.health.state(run.time.now) == "down"


async def test_a_feed_recovers_by_itself() -> None:
    away = SourceUnavailable("cannot connect")
    run = Run({Feed.ACCOUNTS: [away, away, accounts(12_000.0)]})
    await run.until(lambda: bool(run.collector.board.leaderboard))
    health = run.collector.board.health.feed(Feed.ACCOUNTS)
    assert (health.failure, health.errors, health.requests) == (None, 2, 3)


async def test_failure_and_recovery_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    away = SourceUnavailable("cannot connect")
    run = Run({Feed.ACCOUNTS: [away, away, away, accounts(1.0)]})
    with caplog.at_level("INFO", "nof1tui.collector"):
        await run.until(lambda: bool(run.collector.board.leaderboard))
    messages = [record.getMessage() for record in caplog.records if "accounts: " in record.getMessage()]
    assert [text for text in messages if "cannot connect" in text] == ["accounts: cannot connect"]
    assert [text for text in messages if "back" in text] == ["accounts: back after 3 failed requests"]


async def test_boards_are_published_in_a_store_outage_and_batches_are_written_in_order() -> None:
    batches: list[Batch | Exception] = [
        accounts(float(i), at=START + timedelta(minutes=i)) for i in range(10_000, 10_006)
    ]
    run = Run({Feed.ACCOUNTS: list(batches)}, faults=[StoreUnavailable("server stopped")] * 2)
    await run.until(lambda: len(run.sink.batches) >= 6)
    waiting = [board.health.store for board in run.boards if board.health.store.failure]
    assert waiting[0].failure == "server stopped"
    assert waiting[0].pending >= 1
    assert run.sink.batches[:6] == batches[:6]
    assert run.collector.board.health.store.failure is None
    assert run.collector.board.health.store.pending == 0


async def test_a_rejected_batch_is_counted_and_does_not_block_the_rest() -> None:
    run = Run(
        {Feed.ACCOUNTS: [accounts(1.0), accounts(2.0, at=START + timedelta(minutes=1))]},
        faults=[BatchRejected("value out of range")],
    )
    await run.until(lambda: bool(run.sink.batches))
    await run.until(lambda: run.collector.board.health.store.rejected == 1)
    assert "value out of range" in (run.collector.board.health.store.failure or "")


async def test_a_stopped_collector_commits_fetched_batches() -> None:
    run = Run({Feed.ACCOUNTS: [accounts(12_000.0)]})
    await run.until(lambda: bool(run.boards))
    assert run.sink.batches


async def test_a_batch_of_rejects_only_is_stored() -> None:
    only_rejects = Batch(
        Feed.ACCOUNTS, "account-totals", START, rejects=(Reject("account-totals", "{}", "no equity", START),)
    )
    run = Run({Feed.ACCOUNTS: [only_rejects]})
    await run.collector.run_once()
    assert run.sink.batches == [only_rejects]
    assert run.collector.board.health.feed(Feed.ACCOUNTS).quarantined == 1


async def test_poll_now_polls_healthy_feeds_but_not_one_under_retry_after() -> None:
    refused = SourceUnavailable("slow down", status=429, retry_after_s=600.0)
    run = Run({Feed.ACCOUNTS: [accounts(1.0)], Feed.PRICES: [refused]})
    never = asyncio.Event()

    async def sleep_for_ever(seconds: float) -> None:
        await never.wait()

    run.collector._sleep = sleep_for_ever
    running = asyncio.create_task(run.collector.run())
    try:
        async with asyncio.timeout(5):
            while len(run.source.asked) < 2:
                await asyncio.sleep(0)
            for _ in range(10):
                await asyncio.sleep(0)
            run.collector.poll_now()
            while run.source.asked.count(Feed.ACCOUNTS) < 2:
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert run.source.asked.count(Feed.PRICES) == 1


def test_pace_changes_within_bounds() -> None:
    run = Run({Feed.ACCOUNTS: [accounts(1.0)]})
    assert run.collector.change_pace(2.0) == 2.0
    assert run.collector.change_pace(1000.0) == 16.0
    assert run.collector.change_pace(0.0001) == 0.25


async def test_a_bug_in_the_sink_is_not_swallowed() -> None:
    run = Run({Feed.ACCOUNTS: [accounts(1.0)]}, faults=[RuntimeError("bug")])
    with pytest.raises(ExceptionGroup) as caught:
        await run.collector.run()
    assert "bug" in str(caught.value.exceptions[0])
