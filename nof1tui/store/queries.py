"""The reader's statements. Built once; parameters are bound by name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Text

from nof1tui.store.models import FeedStateRow, SnapshotRow

__all__ = ["FeedStateRow"]

_MOMENT = DateTime(timezone=True)


def _text(statement: str, **types: sa.types.TypeEngine[Any]) -> sa.TextClause:
    return sa.text(statement).bindparams(*(sa.bindparam(name, type_=kind) for name, kind in types.items()))


_ACCOUNT = """
SELECT a.id, s.slug AS season, c.slug AS competition, t.slug AS trader, a.inception_at, a.capital_usd,
       a.inception_fetched_at
FROM nof1.accounts a
JOIN nof1.competitions c ON c.id = a.competition_id
JOIN nof1.seasons s ON s.id = c.season_id
JOIN nof1.traders t ON t.id = a.trader_id
"""

ACCOUNTS = _text(f"{_ACCOUNT} WHERE s.slug = :season ORDER BY a.id", season=Text())
ACCOUNT = _text(
    f"{_ACCOUNT} WHERE s.slug = :season AND c.slug = :competition AND t.slug = :trader",
    season=Text(), competition=Text(), trader=Text(),
)  # fmt: skip
INCEPTIONS = _text(
    f"{_ACCOUNT} WHERE a.id = ANY(:ids) AND a.inception_at IS NOT NULL "
    "AND (CAST(:as_of AS timestamptz) IS NULL OR a.inception_at <= :as_of)",
    ids=ARRAY(Integer), as_of=_MOMENT,
)  # fmt: skip

NEWEST_SEASON = _text(
    """
    SELECT s.slug FROM nof1.seasons s
    JOIN nof1.competitions c ON c.season_id = s.id
    JOIN nof1.accounts a ON a.competition_id = c.id
    CROSS JOIN LATERAL (
        SELECT greatest(
            (SELECT max(ts) FROM nof1.account_snapshots r WHERE r.account_id = a.id
             AND ts <= coalesce(:as_of, 'infinity')),
            (SELECT max(exit_ts) FROM nof1.trades r WHERE r.account_id = a.id
             AND exit_ts <= coalesce(:as_of, 'infinity')),
            (SELECT max(ts) FROM nof1.decisions r WHERE r.account_id = a.id
             AND ts <= coalesce(:as_of, 'infinity'))
        ) AS newest
    ) n
    WHERE n.newest IS NOT NULL ORDER BY n.newest DESC, s.id LIMIT 1
    """,
    as_of=_MOMENT,
)
"""The season of the newest record at or before a moment."""

LATEST = _text(
    """
    SELECT r.* FROM unnest(:ids) AS a (id)
    CROSS JOIN LATERAL (
        SELECT * FROM nof1.account_snapshots r
        WHERE r.account_id = a.id AND r.ts <= coalesce(:as_of, 'infinity')
        ORDER BY r.ts DESC LIMIT 1
    ) r
    """,
    ids=ARRAY(Integer), as_of=_MOMENT,
)  # fmt: skip
"""Each account's newest observation: one probe of (account_id, ts) each."""

VERSIONS = _text(
    """
    SELECT v.*, y.name AS coin FROM nof1.position_versions v
    JOIN nof1.symbols y ON y.id = v.symbol_id WHERE v.id = ANY(:ids)
    """,
    ids=ARRAY(BigInteger),
)

CURVES = _text(
    """
    WITH found AS (
        SELECT r.account_id, extract(epoch FROM r.ts)::float8 AS at, r.equity
        FROM nof1.account_snapshots r
        WHERE r.account_id = ANY(:ids) AND r.ts >= coalesce(:since, '-infinity')
          AND r.ts <= coalesce(:until, 'infinity')
    ), extent AS (
        SELECT account_id, min(at) AS low, max(at) AS high, count(*) AS n FROM found GROUP BY account_id
    ), marked AS (
        SELECT f.*, e.n, row_number() OVER own AS first, row_number() OVER back AS last,
               row_number() OVER low AS lowest, row_number() OVER high AS highest
        FROM (
            SELECT f.*, CASE WHEN e.high > e.low
                        THEN floor((f.at - e.low) / (e.high - e.low) * (:most / 4)) ELSE 0 END AS bucket
            FROM found f JOIN extent e USING (account_id)
        ) f JOIN extent e USING (account_id)
        WINDOW own AS (PARTITION BY account_id, bucket ORDER BY at),
               back AS (PARTITION BY account_id, bucket ORDER BY at DESC),
               low AS (PARTITION BY account_id, bucket ORDER BY equity, at),
               high AS (PARTITION BY account_id, bucket ORDER BY equity DESC, at)
    )
    SELECT account_id, at, equity FROM marked
    WHERE n <= :most OR first = 1 OR last = 1 OR lowest = 1 OR highest = 1
    ORDER BY account_id, at
    """,
    ids=ARRAY(Integer), since=_MOMENT, until=_MOMENT, most=Integer(),
)  # fmt: skip

_CLOSED = """
SELECT r.*, y.name AS coin, s.slug AS season, c.slug AS competition, t.slug AS trader FROM nof1.trades r
JOIN nof1.symbols y ON y.id = r.symbol_id
JOIN nof1.accounts a ON a.id = r.account_id
JOIN nof1.competitions c ON c.id = a.competition_id
JOIN nof1.seasons s ON s.id = c.season_id
JOIN nof1.traders t ON t.id = a.trader_id
WHERE (CAST(:traders AS text[]) IS NULL OR t.slug = ANY(:traders))
  AND (CAST(:coin AS text) IS NULL OR y.name = :coin)
  AND r.exit_ts >= coalesce(:since, '-infinity') AND r.exit_ts <= coalesce(:until, 'infinity')
"""
_WINDOW: dict[str, sa.types.TypeEngine[Any]] = {
    "traders": ARRAY(Text), "coin": Text(), "since": _MOMENT, "until": _MOMENT, "limit": BigInteger(),
}  # fmt: skip

TRADES = _text(f"{_CLOSED} ORDER BY r.exit_ts DESC, r.id DESC LIMIT :limit", **_WINDOW)
SEASON_TRADES = _text(
    f"{_CLOSED} AND s.slug = :season ORDER BY r.exit_ts DESC, r.id DESC LIMIT :limit",
    **_WINDOW, season=Text(),
)  # fmt: skip


def _decisions(columns: str, also: str = "") -> str:
    return f"""
    SELECT r.id, r.ts, r.inserted_ts, r.cycle, r.run_id, r.skill, r.summary, r.answer_failed, r.signals,
           r.extra, r.fetched_at, {columns} s.slug AS season, c.slug AS competition, t.slug AS trader
    FROM nof1.decisions r
    JOIN nof1.accounts a ON a.id = r.account_id
    JOIN nof1.competitions c ON c.id = a.competition_id
    JOIN nof1.seasons s ON s.id = c.season_id
    JOIN nof1.traders t ON t.id = a.trader_id
    WHERE (CAST(:traders AS text[]) IS NULL OR t.slug = ANY(:traders))
      AND (CAST(:coin AS text) IS NULL OR r.signals @> jsonb_build_array(jsonb_build_object('coin', :coin)))
      AND r.ts >= coalesce(:since, '-infinity') AND r.ts <= coalesce(:until, 'infinity') {also}
    ORDER BY r.ts DESC, r.id DESC LIMIT :limit
    """  # noqa: S608 the columns are our own


DECISIONS = _text(_decisions(""), **_WINDOW)
DECISIONS_IN_FULL = _text(_decisions("r.prompt, r.reasoning, r.answer,"), **_WINDOW)
SEASON_DECISIONS = _text(_decisions("", "AND s.slug = :season"), **_WINDOW, season=Text())
DECISION_TEXTS = _text("SELECT prompt, reasoning, answer FROM nof1.decisions WHERE id = :id", id=Text())

PRICES = _text(
    """
    SELECT y.name AS coin, p.price, p.ts, p.fetched_at FROM nof1.symbols y
    CROSS JOIN LATERAL (
        SELECT * FROM nof1.prices p WHERE p.symbol_id = y.id AND p.ts <= coalesce(:as_of, 'infinity')
        ORDER BY p.ts DESC LIMIT 1
    ) p
    ORDER BY y.id
    """,
    as_of=_MOMENT,
)

_COUNTED = (
    *("seasons", "traders", "accounts", "symbols", "account_snapshots", "position_versions"),
    *("prices", "trades", "decisions", "analytics", "quarantine"),
)
_POSITIONS = sa.select(sa.func.coalesce(sa.func.sum(sa.func.cardinality(SnapshotRow.version_ids)), 0))
COUNTS = sa.select(
    *(
        sa.select(sa.func.count()).select_from(sa.table(name, schema="nof1")).scalar_subquery().label(name)
        for name in _COUNTED
    ),
    _POSITIONS.scalar_subquery().label("positions"),
)
COLLECTOR = sa.text("SELECT holder, since, beat_at FROM nof1.collector_state")
REVISION = sa.text("SELECT version_num FROM nof1.alembic_version")
