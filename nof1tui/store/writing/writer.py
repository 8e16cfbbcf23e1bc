"""Writes batches: one transaction each, every record exactly once."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import COLLECTOR_EVENT_KINDS, Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import BatchRejected
from nof1tui.ports.sink import WriteCounts, WriteResult
from nof1tui.store.connection.connect import NOTIFY_CHANNEL, Database
from nof1tui.store.schema.partitions import PartitionMonth, collect_partition_months, create_partitions
from nof1tui.store.writing import rollups, row_encoding
from nof1tui.store.writing import upsert as statements
from nof1tui.store.writing.checks import write_checks
from nof1tui.store.writing.dimensions import DimensionResolver, IdCache
from nof1tui.store.writing.event_derivation import DerivationPlan, EventDeriver
from nof1tui.store.writing.quarantine import write_drift, write_rejects
from nof1tui.store.writing.upsert import upsert_rows

_STATEMENT_ROWS = 400
"""Account rows per statement: the event loop runs between two statements."""


class Writer:
    """`ports.Sink` over PostgreSQL. Several writers may share one store."""

    def __init__(self, database: Database, *, arena: str, roster: Roster) -> None:
        self._database = database
        self._arena = arena
        self._roster = roster
        self._ids = IdCache()
        self._months: set[PartitionMonth] = set()
        self._event_deriver = EventDeriver(roster)

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        """Write a batch in one transaction. Raises StoreUnavailable (nothing written) or BatchRejected.

        Events of records are derived here from the store; from `events` only the kinds that a collector
        detects are written.
        """
        decision_hashes = self._prepare(batch)
        with rejecting_unencodable():
            return await self._write_in_transaction(batch, events, decision_hashes)

    async def _write_in_transaction(
        self, batch: Batch, events: Sequence[Event], decision_hashes: Mapping[str, bytes]
    ) -> WriteResult:
        months = collect_partition_months(batch) - self._months
        async with self._database.transaction() as db:
            if batch.accounts or batch.prices or batch.inceptions:
                await rollups.lock_series(db)
            await create_partitions(db, months)
            dimensions = DimensionResolver(db, self._arena, self._roster, self._ids)
            deriver = self._event_deriver.copy()
            plan = await deriver.plan(db, batch.accounts) if batch.accounts else DerivationPlan()
            capitals = await deriver.read_capitals(db) if batch.inceptions else {}
            counts = await _write_records(db, dimensions, batch, decision_hashes)
            if batch.inceptions:
                plan.full_seasons |= (await deriver.plan_capital_change(db, capitals)).full_seasons
            new_events = [event for event in events if event.kind in COLLECTOR_EVENT_KINDS]
            new_events += await deriver.apply(db, plan)
            counts["events"] = counts.get("events", WriteCounts()) + await write_events(
                db, dimensions, new_events
            )
            if any(count.new or count.revised for count in counts.values()):
                await notify_followers(db, batch.feed.value, batch.newest_at)
        self._ids.merge(dimensions.new_ids)
        self._months |= months
        self._event_deriver = deriver
        return WriteResult({kind: count for kind, count in counts.items() if count.read})

    def _prepare(self, batch: Batch) -> Mapping[str, bytes]:
        """Hash contents before the transaction, which would be idle meanwhile; returns those of decisions.

        Raises BatchRejected for values that cannot be encoded.
        """
        with rejecting_unencodable():
            for row in batch.accounts:
                for position in row.positions:
                    self._ids.content_hash(position)
            return {decision.id: row_encoding.hash_decision(decision) for decision in batch.decisions}

    async def write_health(self, health: FeedHealth) -> None:
        """Replace a feed's stored health. Raises StoreUnavailable."""
        names = (
            *("interval_s", "last_try_at", "last_ok_at", "newest_at", "failure", "status", "retry_at"),
            *("requests", "not_modified", "errors", "quarantined", "latency_s", "body_bytes"),
            *("coerced", "skew_s", "behind_s"),
        )
        values = {name: getattr(health, name) for name in names}
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
        async with self._database.transaction() as db:
            await db.execute(
                f"INSERT INTO nof1.feed_state (feed, {', '.join(names)}) "  # noqa: S608 names are constants
                f"VALUES (%(feed)s, {', '.join(f'%({name})s' for name in names)}) "
                f"ON CONFLICT (feed) DO UPDATE SET {updates}".encode(),
                {**values, "feed": health.feed.value},
            )
            await db.execute("UPDATE nof1.collector_state SET beat_at = now()")
            await notify_followers(db, health.feed.value, health.newest_at)


@contextmanager
def rejecting_unencodable() -> Iterator[None]:
    """Raise BatchRejected for values that cannot be sent: text with lone surrogates, numbers out of range."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError, struct.error) as error:
        raise BatchRejected(f"a value cannot be encoded: {error}") from error


async def _write_records(
    db: psycopg.AsyncConnection[Any],
    dimensions: DimensionResolver,
    batch: Batch,
    decision_hashes: Mapping[str, bytes],
) -> dict[str, WriteCounts]:
    accounts = await dimensions.resolve_accounts(_list_accounts(batch))
    symbols = await dimensions.resolve_symbols(_list_coins(batch))
    counts: dict[str, WriteCounts] = {}
    observed: list[tuple[int, datetime]] = []
    for start in range(0, len(batch.accounts), _STATEMENT_ROWS):
        chunk = batch.accounts[start : start + _STATEMENT_ROWS]
        versions = await dimensions.resolve_versions(chunk, accounts, symbols)
        snapshots = [
            row_encoding.snapshot_to_row(row, accounts[row.account], versions[row.account, row.observed_at])
            for row in chunk
        ]
        count = await upsert_rows(db, statements.SNAPSHOT_UPSERT, snapshots, len(snapshots))
        counts["accounts"] = counts.get("accounts", WriteCounts()) + count
        if count.new or count.revised:
            observed += [(accounts[row.account], row.observed_at) for row in chunk]
    await rollups.update_rollups(db, rollups.EQUITY_ROLLUP, observed)
    if batch.trades:
        closed = [row_encoding.trade_to_row(t, accounts[t.account], symbols[t.coin]) for t in batch.trades]
        count = counts["trades"] = await upsert_rows(db, statements.TRADE_UPSERT, closed, len(closed))
        if count.new or count.revised:
            counts["events"] = await _write_trade_events(db, closed)
    if batch.decisions:
        counts["decisions"] = await _write_decisions(db, batch, accounts, decision_hashes)
    if batch.prices:
        quoted = [(p.observed_at, symbols[p.coin], p.price, p.fetched_at) for p in batch.prices]
        count = counts["prices"] = await upsert_rows(db, statements.PRICE_UPSERT, quoted, len(quoted))
        if count.new or count.revised:
            await rollups.update_rollups(
                db, rollups.PRICE_ROLLUP, ((symbol, at) for at, symbol, _, _ in quoted)
            )
    if batch.analytics:
        analytics = [
            (accounts[a.account], a.updated_at, row_encoding.replace_nul_json(a.tables), a.fetched_at)
            for a in batch.analytics
        ]
        counts["analytics"] = await upsert_rows(db, statements.ANALYTICS_UPSERT, analytics, len(analytics))
    if batch.inceptions:
        counts["inceptions"] = await _write_inceptions(db, batch, accounts)
    await write_drift(db, batch.drift)
    if batch.checks:
        counts["checks"] = await write_checks(db, batch.checks, accounts)
    if batch.rejects:
        counts["quarantine"] = await write_rejects(db, batch.rejects)
    return counts


async def _write_decisions(
    db: psycopg.AsyncConnection[Any],
    batch: Batch,
    accounts: Mapping[AccountKey, int],
    hashes: Mapping[str, bytes],
) -> WriteCounts:
    """Write decisions; long texts are sent only for new and changed ones."""
    ids = [row_encoding.replace_nul(decision.id) for decision in batch.decisions]
    cursor = await db.execute("SELECT id, content_hash FROM nof1.decisions WHERE id = ANY(%s)", (ids,))
    stored_hashes = {row[0]: bytes(row[1]) async for row in cursor}
    changed = [
        row_encoding.decision_to_row(decision, accounts[decision.account])
        for decision in batch.decisions
        if stored_hashes.get(row_encoding.replace_nul(decision.id) or "") != hashes[decision.id]
    ]
    return await upsert_rows(db, statements.DECISION_UPSERT, changed, len(batch.decisions))


async def _write_inceptions(
    db: psycopg.AsyncConnection[Any], batch: Batch, accounts: dict[AccountKey, int] | Any
) -> WriteCounts:
    latest = {accounts[item.account]: item for item in batch.inceptions}
    values = [(key, i.inception_at, i.capital_usd, i.fetched_at) for key, i in sorted(latest.items())]
    cursor = await db.execute(
        "WITH fresh AS (SELECT * FROM unnest(%s::int4[], %s::timestamptz[], %s::float8[], %s::timestamptz[]) "
        "AS f (id, inception_at, capital_usd, fetched_at)), "
        "todo AS MATERIALIZED (SELECT f.*, a.inception_at IS NULL AS is_new FROM fresh f "
        "JOIN nof1.accounts a USING (id) WHERE a.inception_fetched_at IS NULL OR "
        "(f.fetched_at >= a.inception_fetched_at AND "
        "(a.inception_at, a.capital_usd) IS DISTINCT FROM (f.inception_at, f.capital_usd))), "
        "done AS (UPDATE nof1.accounts a SET inception_at = t.inception_at, capital_usd = t.capital_usd, "
        "inception_fetched_at = t.fetched_at FROM todo t WHERE a.id = t.id) "
        "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM todo",
        [list(column) for column in zip(*values, strict=True)],
    )
    new, revised = await cursor.fetchone() or (0, 0)
    return WriteCounts(len(batch.inceptions), new, revised)


async def write_events(
    db: psycopg.AsyncConnection[Any], dimensions: DimensionResolver, events: Sequence[Event]
) -> WriteCounts:
    """Upsert events by id; the last derived content wins."""
    if not events:
        return WriteCounts()
    keys = {key for event in events for key in (event.account, event.other) if key}
    accounts = await dimensions.resolve_accounts(keys)
    symbols = await dimensions.resolve_symbols(event.coin for event in events if event.coin)
    rows = {event.id: row_encoding.event_to_row(event, accounts, symbols) for event in events}
    cursor = await db.execute(
        statements.EVENT_UPSERT, [list(column) for column in zip(*rows.values(), strict=True)]
    )
    new, revised = await cursor.fetchone() or (0, 0)
    return WriteCounts(len(events), new, revised)


async def _write_trade_events(
    db: psycopg.AsyncConnection[Any], closed: Sequence[tuple[Any, ...]]
) -> WriteCounts:
    """Write the events of these stored trades; known ones are not counted."""
    cursor = await db.execute(statements.TRADE_EVENT_UPSERT, ([row[0] for row in closed],))
    new, revised = await cursor.fetchone() or (0, 0)
    return WriteCounts(new + revised, new, revised)


async def notify_followers(db: psycopg.AsyncConnection[Any], feed: str, newest_at: datetime | None) -> None:
    """Notify followers of this store when the transaction commits."""
    await db.execute(
        "SELECT pg_notify(%s, json_build_object('feed', %s::text, 'at', %s::timestamptz, "
        "'epoch', coalesce((SELECT epoch FROM nof1.collector_state), 0))::text)",
        (NOTIFY_CHANNEL, feed, newest_at),
    )


def _list_accounts(batch: Batch) -> Iterable[AccountKey]:
    kinds = (batch.accounts, batch.trades, batch.decisions, batch.analytics, batch.inceptions, batch.checks)
    for records in kinds:
        yield from (record.account for record in records)


def _list_coins(batch: Batch) -> Iterable[str]:
    yield from (position.coin for row in batch.accounts for position in row.positions)
    yield from (trade.coin for trade in batch.trades)
    yield from (price.coin for price in batch.prices)
