"""Alerts in the store: each told once, whoever judged, and how far it got on each way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from nof1tui.domain.alerts.alert import EXTERNAL_CHANNELS, Alert, Subject
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey, alert_event
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
       reason = CASE state WHEN 'sending' THEN 'cut off: it may have arrived' ELSE 'too late' END
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
"""A row that another has written since it was read stays as it is, and is not among the answers."""
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
    """`ports.AlertBook` over PostgreSQL. What two of them judge at once only one of them keeps."""

    def __init__(self, database: Database, *, arena: str, roster: Roster) -> None:
        self._database = database
        self._arena = arena
        self._roster = roster
        self._ids = IdCache()
        self._versions: dict[WatchKey, int] = {}

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        async with self._database.transaction() as db:
            await db.execute(_EXPIRE_DELIVERIES, {"since": since})
            watched, self._versions = {}, {}
            async for rule_id, subject, beyond, at, told_at, version in await db.execute(_SELECT_WATCHES):
                place = (rule_id, Subject.from_key(subject))
                watched[place], self._versions[place] = SubjectState(beyond, at, told_at), version
            told = dict(await (await db.execute(_SELECT_RECENT_ALERTS, {"since": since})).fetchall())
            names = await read_id_map(await query_id_map(db))
            unsent = [
                Alert(
                    id=row.id,
                    at=row.ts,
                    rule=row.rule,
                    rule_id=row.rule_id,
                    message=row.words,
                    channels=tuple(way for way in EXTERNAL_CHANNELS if way in row.ways),
                    subject=Subject(
                        names.accounts.get(row.account_id),
                        names.symbols.get(row.symbol_id),
                        Feed(row.feed) if row.feed else None,
                    ),
                    observed_at=row.observed_ts,
                    metric=row.metric,
                    value=row.value,
                    threshold=row.threshold,
                )
                async for row in await execute_query(db, _SELECT_UNSENT, {"since": since})
            ]
        return AlertState(watched, told), unsent

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        async with self._database.transaction() as db:
            versions = await self._watch(db, watched)
            refused = watched.keys() - versions.keys()
            ours = [alert for alert in alerts if (alert.rule_id, alert.subject) not in refused]
            dimensions = DimensionResolver(db, self._arena, self._roster, self._ids)
            new = [alert for alert in ours if await _insert_alert(db, dimensions, alert)]
            if new:
                await notify_followers(db, "alerts", max(alert.at for alert in new))
        self._ids.merge(dimensions.new_ids)
        self._versions |= versions
        return SaveResult(frozenset(alert.id for alert in new), outdated=bool(refused))

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        before = "waiting" if delivery.state == "sending" else "sending"
        values = {"alert_id": replace_nul(alert_id), "before": before, "reason": replace_nul(delivery.reason)}
        values |= {"way": delivery.channel, "state": delivery.state}
        async with self._database.transaction() as db:
            return (await db.execute(_UPDATE_DELIVERY, {**values, "at": delivery.at})).rowcount > 0

    async def _watch(
        self, db: psycopg.AsyncConnection[Any], watched: Mapping[WatchKey, SubjectState]
    ) -> dict[WatchKey, int]:
        """The versions that the rows have now, of those that were ours to write."""
        if not watched:
            return {}
        places = {(rule_id, subject.key): (rule_id, subject) for rule_id, subject in watched}
        rows = [
            (*texts, known.beyond, known.since, known.alerted_at, self._versions.get(place, 0))
            for (texts, place), known in zip(places.items(), watched.values(), strict=True)
        ]
        cursor = await db.execute(_UPSERT_WATCHES, [list(column) for column in zip(*rows, strict=True)])
        return {places[rule_id, subject]: version async for rule_id, subject, version in cursor}


async def _insert_alert(
    db: psycopg.AsyncConnection[Any], dimensions: DimensionResolver, alert: Alert
) -> bool:
    """False where it was told before."""
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
    ways = [way for way in alert.channels if way in EXTERNAL_CHANNELS]
    if ways:
        await db.execute(_INSERT_DELIVERIES, (replace_nul(alert.id), ways, alert.at))
    return True
