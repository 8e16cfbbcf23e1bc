"""Alerts in the store: each is fired once per store; state of each rule and delivery on each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from nof1tui.domain.alerts.alert import EXTERNAL_CHANNELS, Alert
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey, alert_event
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.alerts import AlertDelivery, SaveResult
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.id_map import query_id_map, read_id_map
from nof1tui.store.reading.transaction import execute_query
from nof1tui.store.writing.dimensions import DimensionResolver, IdCache
from nof1tui.store.writing.row_encoding import replace_nul
from nof1tui.store.writing.writer import notify_followers, write_events

_SELECT_WATCHES = b"SELECT rule_id, subject, beyond, since, told_at, version FROM nof1.alert_watches"
_SELECT_RECENT_ALERTS = b"SELECT id, ts FROM nof1.alerts WHERE ts >= %(since)s"
_EXPIRE_DELIVERIES = b"""
UPDATE nof1.alert_deliveries SET state = 'failed', at = now(),
       reason = CASE state WHEN 'sending' THEN 'interrupted: it may have been delivered' ELSE 'expired' END
WHERE state IN ('waiting', 'sending') AND at < %(since)s
"""
_SELECT_UNSENT = b"""
SELECT a.*, d.ways FROM nof1.alerts a
JOIN (SELECT alert_id, array_agg(way ORDER BY way) AS ways FROM nof1.alert_deliveries
      WHERE state = 'waiting' AND at >= %(since)s GROUP BY alert_id) d ON d.alert_id = a.id
ORDER BY a.ts, a.id
"""
_UPSERT_WATCHES = b"""
INSERT INTO nof1.alert_watches AS w (rule_id, subject, beyond, since, told_at, version)
SELECT f.rule_id, f.subject, f.beyond, f.since, f.told_at, f.known + 1
FROM unnest(%s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::timestamptz[], %s::int8[])
     AS f (rule_id, subject, beyond, since, told_at, known)
ORDER BY f.rule_id, f.subject
ON CONFLICT (rule_id, subject) DO UPDATE
SET beyond = EXCLUDED.beyond, since = EXCLUDED.since, told_at = EXCLUDED.told_at, version = EXCLUDED.version
WHERE w.version = EXCLUDED.version - 1
RETURNING rule_id, subject, version
"""
"""A row that another instance has written since it was read is unchanged and not returned."""
_INSERT_ALERT = b"""
INSERT INTO nof1.alerts (id, ts, observed_ts, rule, rule_id, words, account_id, symbol_id, feed,
                         metric, value, threshold, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
_INSERT_DELIVERIES = b"""
INSERT INTO nof1.alert_deliveries (alert_id, way, state, at) SELECT %s, unnest(%s::text[]), 'waiting', %s
"""
_UPDATE_DELIVERY = b"""
UPDATE nof1.alert_deliveries SET state = %(state)s, at = %(at)s, reason = %(reason)s
WHERE alert_id = %(alert_id)s AND way = %(way)s AND state = %(before)s
"""


class AlertStore:
    """`ports.AlertRepository` over PostgreSQL. Of two concurrent evaluations of a rule only one is saved."""

    def __init__(self, database: Database, *, arena: str, roster: Roster) -> None:
        self._database = database
        self._arena = arena
        self._roster = roster
        self._ids = IdCache()
        self._versions: dict[WatchKey, int] = {}

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        """State of all rules and the undelivered alerts; deliveries older than `since` are marked failed."""
        async with self._database.transaction() as db:
            await db.execute(_EXPIRE_DELIVERIES, {"since": since})
            watches, self._versions = {}, {}
            async for rule_id, subject, beyond, at, fired_at, version in await db.execute(_SELECT_WATCHES):
                key = (rule_id, Subject.from_key(subject))
                watches[key], self._versions[key] = SubjectState(beyond, at, fired_at), version
            fired = dict(await (await db.execute(_SELECT_RECENT_ALERTS, {"since": since})).fetchall())
            id_map = await read_id_map(await query_id_map(db))
            unsent = [
                Alert(
                    id=row.id,
                    at=row.ts,
                    rule=row.rule,
                    rule_id=row.rule_id,
                    message=row.words,
                    channels=tuple(channel for channel in EXTERNAL_CHANNELS if channel in row.ways),
                    subject=Subject(
                        id_map.accounts.get(row.account_id),
                        id_map.symbols.get(row.symbol_id),
                        Feed(row.feed) if row.feed else None,
                    ),
                    observed_at=row.observed_ts,
                    metric=row.metric,
                    value=row.value,
                    threshold=row.threshold,
                )
                async for row in await execute_query(db, _SELECT_UNSENT, {"since": since})
            ]
        return AlertState(watches, fired), unsent

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        """Write changed states and their alerts; what another instance wrote meanwhile is left unchanged."""
        async with self._database.transaction() as db:
            versions = await self._write_watches(db, watched)
            outdated = watched.keys() - versions.keys()
            valid = [alert for alert in alerts if (alert.rule_id, alert.subject) not in outdated]
            dimensions = DimensionResolver(db, self._arena, self._roster, self._ids)
            new = [alert for alert in valid if await _insert_alert(db, dimensions, alert)]
            if new:
                await notify_followers(db, "alerts", max(alert.at for alert in new))
        self._ids.merge(dimensions.new_ids)
        self._versions |= versions
        return SaveResult(frozenset(alert.id for alert in new), outdated=bool(outdated))

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        """Write a delivery's next state; False where it is not in the state before it."""
        before = "waiting" if delivery.state == "sending" else "sending"
        values = {"alert_id": replace_nul(alert_id), "before": before, "reason": replace_nul(delivery.reason)}
        values |= {"way": delivery.channel, "state": delivery.state}
        async with self._database.transaction() as db:
            return (await db.execute(_UPDATE_DELIVERY, {**values, "at": delivery.at})).rowcount > 0

    async def _write_watches(
        self, db: psycopg.AsyncConnection[Any], watched: Mapping[WatchKey, SubjectState]
    ) -> dict[WatchKey, int]:
        """The new versions of the rows that were written."""
        if not watched:
            return {}
        keys = {(rule_id, subject.key): (rule_id, subject) for rule_id, subject in watched}
        rows = [
            (*texts, state.beyond, state.since, state.alerted_at, self._versions.get(key, 0))
            for (texts, key), state in zip(keys.items(), watched.values(), strict=True)
        ]
        cursor = await db.execute(_UPSERT_WATCHES, [list(column) for column in zip(*rows, strict=True)])
        return {keys[rule_id, subject]: version async for rule_id, subject, version in cursor}


async def _insert_alert(
    db: psycopg.AsyncConnection[Any], dimensions: DimensionResolver, alert: Alert
) -> bool:
    """Write a new alert, its event and its deliveries; False where the alert exists."""
    account, coin, feed = alert.subject.account, alert.subject.coin, alert.subject.feed
    row = (
        replace_nul(alert.id),
        alert.at,
        alert.observed_at,
        replace_nul(alert.rule),
        alert.rule_id,
        replace_nul(alert.message),
        (await dimensions.resolve_accounts([account]))[account] if account else None,
        (await dimensions.resolve_symbols([coin]))[coin] if coin else None,
        feed,
        alert.metric,
        alert.value,
        alert.threshold,
        replace_nul(alert.event.id) if alert.event else None,
    )
    if not (await db.execute(_INSERT_ALERT, row)).rowcount:
        return False
    await write_events(db, dimensions, [alert_event(alert)])
    channels = [channel for channel in alert.channels if channel in EXTERNAL_CHANNELS]
    if channels:
        await db.execute(_INSERT_DELIVERIES, (replace_nul(alert.id), channels, alert.at))
    return True
