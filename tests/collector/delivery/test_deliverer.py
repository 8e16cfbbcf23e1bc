"""Who is to blame when a write fails: a record, part of the store, or the whole store."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.suspects import MAX_TRIES
from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.records import AccountKey, Feed, Price, Trade
from nof1tui.ports.errors import AccessDenied, BatchRejected, StoreUnavailable
from nof1tui.ports.sink import WriteResult
from tests.support.envelopes import AT

HEALTH = FeedHealth(Feed.PRICES)
Fault = Callable[[set[str]], Exception | None]
"""The error of a write with these records; None for a success."""


def quotes(*names: str) -> Envelope:
    return Envelope(
        Batch(Feed.PRICES, "prices", AT, prices=tuple(Price(name, 1.0, AT, AT) for name in names))
    )


def trades(*names: str) -> Envelope:
    closed = tuple(Trade(name, AccountKey("s1", "gpt-5"), "BTC", AT, AT) for name in names)
    return Envelope(Batch(Feed.TRADES, "trades", AT, trades=closed))


def names_of(batch: Batch) -> set[str]:
    return {price.coin for price in batch.prices} | {trade.id for trade in batch.trades}


def no_fault(names: set[str]) -> Exception | None:
    return None


def outage(state: str | None) -> Fault:
    return lambda names: StoreUnavailable("the store's words", state=state)


def poison(state: str | None, *names: str) -> Fault:
    """Every write with one of these records fails."""
    return lambda written: (
        StoreUnavailable("cannot be written", state=state) if written & set(names) else None
    )


@dataclass
class FaultySink:
    """A sink with a fault that can be changed."""

    fault: Fault = no_fault
    health_fault: Exception | None = None
    stored: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    attempts: list[set[str]] = field(default_factory=list)

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        await asyncio.sleep(0)
        names = names_of(batch)
        self.attempts.append(names)
        if error := self.fault(names):
            raise error
        self.stored.update(names)
        self.order += sorted(names)
        return WriteResult()

    async def write_health(self, health: FeedHealth) -> None:
        error = self.health_fault or self.fault(set())
        if error is not None:
            raise error


@dataclass
class Bench:
    outbox: Outbox
    sink: FaultySink
    spool: Spool
    folder: Path
    healths: list[StoreHealth]
    running: asyncio.Task[None]
    now: float = 0.0

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(8):
            while not condition():
                await asyncio.sleep(0)
                if self.running.done():
                    self.running.result()

    async def put(self, envelope: Envelope) -> None:
        """Queue an envelope, and wait until it was tried."""
        attempts = len(self.sink.attempts)
        self.outbox.put(envelope, HEALTH)
        await self.until(lambda: len(self.sink.attempts) > attempts)

    @property
    def rejected(self) -> list[set[str]]:
        return [names_of(line.envelope.batch) for line in RejectedFile(self.folder).read() if line.envelope]


@asynccontextmanager
async def bench(folder: Path, sink: FaultySink, *, nap_s: float = 0.001) -> AsyncIterator[Bench]:
    """An outbox on a clock of its own; each of its delays takes `nap_s`."""
    spool, healths = Spool(folder), list[StoreHealth]()

    async def sleep(delay_s: float) -> None:
        made.now += delay_s
        await asyncio.sleep(nap_s)

    outbox = Outbox(
        sink, on_health=healths.append, spool=spool, sleep=sleep, jitter=lambda: 1.0, clock=lambda: made.now
    )
    made = Bench(outbox, sink, spool, folder, healths, asyncio.ensure_future(asyncio.sleep(0)))
    made.running = asyncio.create_task(outbox.run())
    try:
        yield made
    finally:
        made.running.cancel()
        await asyncio.gather(made.running, return_exceptions=True)
        await outbox.close()


def lines(caplog: pytest.LogCaptureFixture, beginning: str) -> int:
    return sum(record.getMessage().startswith(beginning) for record in caplog.records)


OUTAGES = {
    "no answer": StoreUnavailable("connection refused"),
    "read-only": StoreUnavailable("cannot execute INSERT", state="25006"),
    "renamed table": StoreUnavailable("relation does not exist", state="42P01"),
    "revoked right": AccessDenied("permission denied", state="42501"),
    "wrong password": AccessDenied("password authentication failed", state="28P01"),
    "full disk": StoreUnavailable("could not extend file", state="53100"),
    "broken file": StoreUnavailable("could not read block", state="58030"),
    "broken index": StoreUnavailable("index is corrupt", state="XX002"),
    "pooler": StoreUnavailable("prepared statement does not exist", state="26000"),
    "deadlock": StoreUnavailable("deadlock detected", state="40P01"),
    "unknown": StoreUnavailable("?", state="ZZ999"),
    "timeout": StoreUnavailable("canceling statement due to statement timeout", state="57014"),
}


@pytest.mark.parametrize("error", OUTAGES.values(), ids=OUTAGES)
async def test_an_outage_of_any_kind_keeps_every_record_and_blames_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: StoreUnavailable
) -> None:
    caplog.set_level(logging.INFO)
    sink = FaultySink(lambda names: error)
    async with bench(tmp_path, sink) as out:
        for number in range(6):
            await out.put(quotes(f"a{number}", f"b{number}"))
            await out.put(trades(f"t{number}"))
        await out.until(lambda: len(sink.attempts) > 60)
        assert out.outbox.is_store_away
        assert out.outbox.pending_records == 18
        assert out.healths[-1].failure == str(error)
        sink.fault = no_fault
        assert await out.outbox.wait_until_drained(8)
        assert sink.stored == Counter({f"{kind}{n}": 1 for n in range(6) for kind in ("a", "b", "t")})
        assert out.healths[-1] == StoreHealth()
    assert out.rejected == []
    assert (lines(caplog, "store away"), lines(caplog, "store back")) == (1, 1)


@pytest.mark.parametrize("state", [None, "XX000", "57P02", "53200", "42883"])
@pytest.mark.parametrize("size", [1, 2, 7])
async def test_one_record_that_alone_keeps_failing_is_set_aside_and_holds_up_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, state: str | None, size: int
) -> None:
    caplog.set_level(logging.INFO)
    sink = FaultySink(poison(state, "bad"))
    good = [f"good{number}" for number in range(size - 1)]
    async with bench(tmp_path, sink) as out:
        await out.put(quotes(*good[: size // 2], "bad", *good[size // 2 :]))
        for number in range(40):
            await out.put(trades(f"t{number}"))
            await out.until(lambda: f"t{number}" in sink.stored)  # noqa: B023 awaited in the loop
            if out.rejected:
                break
            out.outbox.retry_now()
        assert out.rejected == [{"bad"}]
        assert await out.outbox.wait_until_drained(8)
        assert out.healths[-1].rejected == 1
        assert out.healths[-1].pending == 0
    tries = [names for names in sink.attempts if names == {"bad"}]
    assert MAX_TRIES <= len(tries) <= MAX_TRIES + 12
    assert set(sink.stored) == {*good, *(name for name in sink.stored if name.startswith("t"))}
    assert set(sink.stored.values()) == {1}
    assert lines(caplog, "store away") == lines(caplog, "store back") == 1


async def test_a_single_record_is_not_blamed_while_nothing_else_is_stored(tmp_path: Path) -> None:
    sink = FaultySink(poison("XX000", "bad"))
    async with bench(tmp_path, sink) as out:
        await out.put(quotes("bad"))
        await out.until(lambda: len(sink.attempts) > 50)
        assert out.rejected == []
        assert out.outbox.pending_records == 1


async def test_records_that_fail_with_one_state_are_an_outage_of_part_of_the_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A renamed table: its records wait, all others are stored, and nothing is blamed."""
    caplog.set_level(logging.INFO)
    sink = FaultySink(
        lambda names: OUTAGES["renamed table"] if any(n.startswith("t") for n in names) else None
    )
    async with bench(tmp_path, sink) as out:
        for number in range(30):
            await out.put(trades(f"t{number}"))
            await out.put(quotes(f"q{number}"))
            await out.until(lambda: f"q{number}" in sink.stored)  # noqa: B023 awaited in the loop
            out.outbox.retry_now()
        assert out.rejected == []
        await out.until(lambda: out.healths[-1].pending == 30)
        assert "relation does not exist" in (out.healths[-1].failure or "")
        assert not out.outbox.is_store_away
        sink.fault = no_fault
        out.outbox.retry_now()
        assert await out.outbox.wait_until_drained(8)
        assert sink.stored == Counter({f"{kind}{n}": 1 for n in range(30) for kind in "tq"})
    assert lines(caplog, "store away") == lines(caplog, "store back") == 1
    assert lines(caplog, "some records cannot be stored") == 1
    assert lines(caplog, "records that could not be stored are stored now") == 1


async def test_suspects_are_left_to_the_next_process(tmp_path: Path) -> None:
    sink = FaultySink(poison("XX000", "bad", "worse"))
    async with bench(tmp_path, sink) as out:
        await out.put(trades("bad", "t1", "worse", "t2"))
        await out.until(lambda: {"t1", "t2"} <= set(sink.stored))
        await out.until(lambda: out.spool.record_count == 2)
        assert out.outbox.pending_records == 2
    after = FaultySink()
    async with bench(tmp_path, after) as out:
        await out.until(lambda: {"bad", "worse"} <= set(after.stored))


async def test_an_envelope_that_takes_too_long_is_halved_until_it_does_not(tmp_path: Path) -> None:
    too_long = OUTAGES["timeout"]
    sink = FaultySink(lambda names: too_long if len(names) > 10 else None)
    names = [f"n{number:03}" for number in range(64)]
    async with bench(tmp_path, sink) as out:
        out.outbox.put(quotes(*names), HEALTH)
        assert await out.outbox.wait_until_drained(8)
    assert sink.stored == Counter(names)
    assert sink.order == names
    assert [len(tried) for tried in sink.attempts][:4] == [64, 32, 16, 8]
    assert out.rejected == []


async def test_one_record_that_takes_too_long_is_found_among_many(tmp_path: Path) -> None:
    slow = StoreUnavailable("canceling statement due to statement timeout", state="57014")
    sink = FaultySink(lambda names: slow if "slow" in names else None)
    names = [f"n{number:02}" for number in range(20)]
    async with bench(tmp_path, sink) as out:
        out.outbox.put(quotes(*names[:9], "slow", *names[9:]), HEALTH)
        await out.until(lambda: set(names) == set(sink.stored))
        for number in range(20):
            await out.put(trades(f"t{number}"))
            await out.until(lambda: f"t{number}" in sink.stored)  # noqa: B023 awaited in the loop
            out.outbox.retry_now()
        assert out.rejected == [{"slow"}]


async def test_other_feeds_overtake_a_large_envelope_and_their_order_stays(tmp_path: Path) -> None:
    sink, large = FaultySink(), [f"t{number:05}" for number in range(10_000)]
    async with bench(tmp_path, sink) as out:
        await out.put(trades(*large))
        for number in range(3):
            out.outbox.put(quotes(f"q{number}"), HEALTH)
        out.outbox.put(trades("last"), HEALTH)
        assert await out.outbox.wait_until_drained(8)
    assert sink.stored == Counter([*large, "q0", "q1", "q2", "last"])
    assert [name for name in sink.order if name.startswith("q")] == ["q0", "q1", "q2"]
    assert sink.order.index("q2") < sink.order.index(large[-1]) < sink.order.index("last")
    assert [name for name in sink.order if name.startswith("t")] == large
    assert max(map(len, sink.attempts)) < 2_000


async def test_an_interrupted_envelope_is_continued_and_not_written_again(tmp_path: Path) -> None:
    large, failed = [f"t{number:05}" for number in range(5_000)], list[int]()

    def once(names: set[str]) -> Exception | None:
        if "t04999" in names and not failed:
            failed.append(1)
            return OUTAGES["no answer"]
        return None

    sink = FaultySink(once)
    async with bench(tmp_path, sink, nap_s=0.3) as out:
        out.outbox.put(trades(*large), HEALTH)
        await out.until(lambda: out.spool.record_count == 5_000)
        assert await out.outbox.wait_until_drained(8)
        assert out.spool.is_empty
    assert sink.stored == Counter(large)


async def test_the_health_of_feeds_that_cannot_be_stored_does_not_stop_records(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sink = FaultySink(health_fault=OUTAGES["revoked right"])
    async with bench(tmp_path, sink) as out:
        for number in range(20):
            await out.put(quotes(f"q{number}"))
        await out.until(lambda: len(sink.stored) == 20)
        assert not out.outbox.is_store_away
    assert lines(caplog, "store away") == lines(caplog, "store back") == 1


async def test_a_rejected_record_is_not_sent_again_when_the_api_serves_it_again(tmp_path: Path) -> None:
    sink = FaultySink(lambda names: BatchRejected("value out of range") if "bad" in names else None)
    async with bench(tmp_path, sink) as out:
        for minute in range(5):
            later = Price("bad", 1.0, AT, AT + timedelta(minutes=minute))
            good = Price(f"good{minute}", 1.0, AT, AT)
            await out.put(Envelope(Batch(Feed.PRICES, "prices", AT, prices=(later, good))))
        await out.until(lambda: len(sink.stored) == 5)
        assert out.healths[-1].rejected == 1
    assert sum("bad" in names for names in sink.attempts) == 2
    assert out.rejected == [{"bad"}]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_fails_every_record_is_stored_once_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Records that are rejected, an outage that comes and goes, and a write that times out."""
    count = data.draw(st.integers(1, 40))
    names = [f"n{number}" for number in range(count)]
    bad = set(data.draw(st.lists(st.sampled_from(names), max_size=5)))
    away = set(data.draw(st.lists(st.integers(0, 60), max_size=30)))
    largest = data.draw(st.integers(1, 40))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=6)))
    sink = FaultySink()

    def fault(written: set[str]) -> Exception | None:
        if len(sink.attempts) in away:
            return OUTAGES["no answer"]
        if len(written) > largest:
            return OUTAGES["timeout"]
        return BatchRejected("out of range") if written & bad else None

    sink.fault = fault

    async def run(folder: Path) -> list[set[str]]:
        async with bench(folder, sink) as out:
            for begin, end in zip([0, *cuts], [*cuts, count], strict=True):
                out.outbox.put(quotes(*names[begin:end]), HEALTH)
            assert await out.outbox.wait_until_drained(8)
        return out.rejected

    rejected = asyncio.run(run(tmp_path_factory.mktemp("spool")))
    assert set(sink.stored) == set(names) - bad
    assert set().union(*rejected) == bad
