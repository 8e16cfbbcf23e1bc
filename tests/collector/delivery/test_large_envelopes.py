"""Envelopes of several pieces: others overtake them, and each piece is written once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey, Decision, DecisionTexts, Feed
from nof1tui.ports.sink import WriteResult
from tests.support.envelopes import AT

ACCOUNT = AccountKey("s1", "gpt-5")


class CountingSink:
    """Stores everything and counts each record."""

    def __init__(self) -> None:
        self.stored: Counter[str] = Counter()
        self.writes = 0

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        await asyncio.sleep(0)
        self.writes += 1
        self.stored.update(record.id for record in batch.decisions)
        self.stored.update(reject.raw[:2] for reject in batch.rejects)
        return WriteResult()

    async def write_health(self, health: FeedHealth) -> None: ...


def decisions(count: int) -> Envelope:
    """Decisions of half a megabyte each: about two of them are a piece."""
    records = tuple(
        Decision(f"d{number}", ACCOUNT, AT, AT, texts=DecisionTexts("p" * 500_000)) for number in range(count)
    )
    return Envelope(Batch(Feed.DECISIONS, "conversations", AT, decisions=records))


def rejects(count: int) -> Envelope:
    """Undecodable trades of half a megabyte each."""
    records = tuple(Reject("trades", f"r{number}" + "x" * 500_000, "no time", AT) for number in range(count))
    return Envelope(Batch(Feed.TRADES, "trades", AT, rejects=records))


async def test_two_large_envelopes_that_overtake_each_other_are_stored_once(tmp_path: Path) -> None:
    sink = CountingSink()
    outbox = Outbox(sink, on_health=lambda health: None, spool=Spool(tmp_path))
    large, other = decisions(8), rejects(8)
    assert (len(large.pieces()), len(other.pieces())) == (4, 4)
    outbox.put(large, FeedHealth(Feed.DECISIONS))
    outbox.put(other, FeedHealth(Feed.TRADES))
    running = asyncio.create_task(outbox.run())
    drained = asyncio.create_task(outbox.wait_until_drained(20))
    await asyncio.wait((running, drained), return_when=asyncio.FIRST_COMPLETED)
    assert not running.done() or running.exception() is None
    assert await drained
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await outbox.close()
    assert sink.stored == Counter({f"{kind}{number}": 1 for kind in "dr" for number in range(8)})
