"""The collector: polls each feed in its own loop, folds the batches into one board and publishes it.

    source.fetch ─ fold_batch ──── publish ─ outbox ─ store
                 └ apply_failure ┘

The screen gets the board before the store gets the batch; a failing feed does not stop the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random

from msgspec.structs import replace

from nof1tui.collector.backoff import poll_delay_s, retry_delay_s
from nof1tui.collector.circuit_breaker import CircuitBreaker
from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.folding import GcPause, fold_batch
from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.evaluate import alert_event
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_failure, apply_reconciliations, with_events, with_store
from nof1tui.domain.events.event import COLLECTOR_EVENT_KINDS, Event
from nof1tui.domain.health import FeedFailure, LoadProgress, StoreHealth
from nof1tui.domain.records import Feed, Reconciliation
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.ports.sink import Sink
from nof1tui.ports.source import Source

log = logging.getLogger(__name__)

_LOAD_LOG_STEP_BYTES = 8 * 2**20
"""Bytes of a large response between two log lines."""
_DRAIN_TIMEOUT_S = 0.8
"""Seconds that a stopping collector waits for its last batches to be committed."""


@dataclass(slots=True)
class _PollSchedule:
    """When one feed is polled."""

    interval_s: float
    failures: int = 0
    rate_limited: bool = False
    """The server sent Retry-After: `poll_now` skips this feed until then."""


class Collector:
    """Polls the feeds of a source at their intervals and publishes the board after each poll."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        board: Board,
        *,
        intervals_s: Mapping[Feed, float],
        publish: Callable[[Board], None],
        clock: Callable[[], datetime],
        store: StoreHealth | None = None,
        spool: Spool | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random,
        epoch_s: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._publish = publish
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._epoch_s = epoch_s
        self._schedules = {feed: _PollSchedule(intervals_s[feed]) for feed in source.feeds}
        self._poll_requests = {feed: asyncio.Event() for feed in source.feeds}
        self._circuit = CircuitBreaker(source.feeds)
        self._gc_pause = GcPause()
        self._interval_factor = 1.0
        store = store or StoreHealth()
        self.outbox = Outbox(
            sink, on_health=self._set_store_health, store=store, spool=spool, sleep=sleep, jitter=jitter
        )
        health = board.health
        for feed, schedule in self._schedules.items():
            initial = replace(health.feed(feed), interval_s=schedule.interval_s, failure=None, retry_at=None)
            health = health.with_feed(initial)
        self.board = replace(board, health=replace(health, store=store))

    async def run(self) -> None:
        """Poll and write until cancelled; then wait briefly for unwritten records."""
        writing = asyncio.create_task(self.outbox.run(), name="outbox")
        try:
            async with asyncio.TaskGroup() as feeds:
                for feed in self._schedules:
                    feeds.create_task(self._poll_loop(feed), name=f"feed {feed}")
                await asyncio.shield(writing)
        finally:
            if not (writing.done() or self.outbox.is_store_away):
                await self.outbox.wait_until_drained(_DRAIN_TIMEOUT_S)
            await self._stop_writing(writing)

    async def run_once(self, timeout_s: float = 30.0) -> bool:
        """Poll every feed once and store the records; returns whether all succeeded in time."""
        writing = asyncio.create_task(self.outbox.run(), name="outbox")
        try:
            retry_delays = await asyncio.gather(*(self.poll(feed) for feed in self._schedules))
            drained = asyncio.create_task(self.outbox.wait_until_drained(timeout_s))
            await asyncio.wait({writing, drained}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
            stored = await drained
        finally:
            await self._stop_writing(writing)
        return all(delay is None for delay in retry_delays) and stored and not self.board.health.store.failure

    def add_alerts(self, alerts: Iterable[Alert]) -> None:
        """Add alerts to the events of the board."""
        self._publish_board(with_events(self.board, map(alert_event, alerts)))

    def add_checks(self, checks: Sequence[Reconciliation]) -> None:
        """Publish the results of a verification on chain, and store them."""
        self._publish_board(apply_reconciliations(self.board, checks))
        batch = Batch(Feed.ACCOUNTS, "clearinghouseState", self._clock(), checks=tuple(checks))
        self.outbox.put(Envelope(batch, self.board.new_events), self.board.health.feed(Feed.ACCOUNTS))

    def poll_now(self) -> None:
        """Poll every feed that is not rate limited."""
        for feed, schedule in self._schedules.items():
            if not schedule.rate_limited:
                self._poll_requests[feed].set()

    def resume_after_sleep(self) -> None:
        """Poll and write now: timers did not run while the computer slept."""
        self.poll_now()
        self.outbox.retry_now()

    def change_pace(self, factor: float) -> float:
        """Multiply all intervals; returns the factor in force, between 0.25 and 16."""
        self._interval_factor = min(16.0, max(0.25, self._interval_factor * factor))
        return self._interval_factor

    async def poll(self, feed: Feed) -> float | None:
        """Poll one feed once. Returns None on success, else the seconds until the next attempt."""
        schedule, refetch = self._schedules[feed], self.outbox.needs_refetch(feed)
        known = Board(self.board.roster) if refetch else self.board
        try:
            batch = await self._source.fetch(feed, known, lambda loading: self._report_loading(feed, loading))
            self._record_success(feed, schedule, batch)
            events = await fold_batch(batch, lambda: self.board, self._set_board)
        except SourceUnavailable as error:
            return self._record_failure(feed, schedule, error)
        finally:
            self._gc_pause.end(feed)
        self._publish_board(self.board)
        self.outbox.put(Envelope(batch, _collector_events(events)), self.board.health.feed(feed))
        if refetch:
            self.outbox.mark_refetched(feed)
        return None

    def _report_loading(self, feed: Feed, loading: LoadProgress) -> None:
        """Publish the progress of a large response."""
        self._gc_pause.begin(feed)
        health = self.board.health.feed(feed)
        before = health.loading
        if (
            before is None
            or loading.body_bytes // _LOAD_LOG_STEP_BYTES > before.body_bytes // _LOAD_LOG_STEP_BYTES
        ):
            megabytes = loading.body_bytes / 2**20
            log.info("%s: loading, %.1f MB and %d records so far", feed, megabytes, loading.records)
        health = replace(health, loading=loading)
        self._publish_board(replace(self.board, health=self.board.health.with_feed(health)))

    def _record_success(self, feed: Feed, schedule: _PollSchedule, batch: Batch) -> None:
        if schedule.failures:
            log.info("%s: back after %d failed requests", feed, schedule.failures, extra={"feed": feed.value})
        for drift in batch.drift:
            log.warning("%s: schema drift: %s, %s", feed, drift.field, drift.change)
        schedule.failures, schedule.rate_limited = 0, False
        if self._circuit.record_success(feed):
            log.info("the server responds again: polling every feed")
            self.poll_now()

    def _record_failure(self, feed: Feed, schedule: _PollSchedule, error: SourceUnavailable) -> float:
        schedule.failures += 1
        schedule.rate_limited = error.retry_after_s is not None
        delay = retry_delay_s(
            schedule.interval_s * self._interval_factor,
            schedule.failures,
            status=error.status,
            retry_after_s=error.retry_after_s,
            jitter=self._jitter(),
        )
        if self._circuit.record_failure(feed):
            log.warning("no feed responds: polling slowly")
        delay = self._circuit.scaled_delay_s(delay)
        reason, now = sanitise_line(str(error), 300), self._clock()
        if schedule.failures == 1:
            log.warning("%s: %s", feed, reason, extra={"feed": feed.value, "status": error.status})
        failure = FeedFailure(feed, now, reason, error.status, now + timedelta(seconds=delay))
        self._publish_board(apply_failure(self.board, failure))
        reject = error.reject if isinstance(error, SourceMalformed) else None
        events = _collector_events(self.board.new_events)
        batch = Batch(feed, reject.endpoint if reject else "", now, rejects=(reject,) if reject else ())
        envelope = Envelope(batch, events) if reject or events else None
        self.outbox.put(envelope, self.board.health.feed(feed))
        return delay

    async def _poll_loop(self, feed: Feed) -> None:
        schedule = self._schedules[feed]
        while True:
            retry_s = await self.poll(feed)
            healthy_s = poll_delay_s(
                schedule.interval_s * self._interval_factor, self._epoch_s(), self._jitter()
            )
            await self._pause(feed, healthy_s if retry_s is None else retry_s)

    async def _pause(self, feed: Feed, delay_s: float) -> None:
        """Sleep until the next poll is due or requested."""
        requested = self._poll_requests[feed]
        requested.clear()
        waits = [asyncio.ensure_future(self._sleep(delay_s)), asyncio.create_task(requested.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _stop_writing(self, writing: asyncio.Task[None]) -> None:
        """Spool first: a driver that waits for an unresponsive server is slow to cancel."""
        await self.outbox.flush_to_spool()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await self.outbox.close()

    def _set_store_health(self, store: StoreHealth) -> None:
        self._publish_board(with_store(self.board, store))

    def _set_board(self, board: Board) -> None:
        self.board = board

    def _publish_board(self, board: Board) -> None:
        self.board = board
        self._publish(board)


def _collector_events(events: Sequence[Event]) -> tuple[Event, ...]:
    """Events that only the collector knows; the store derives the others from the records."""
    return tuple(event for event in events if event.kind in COLLECTOR_EVENT_KINDS)
