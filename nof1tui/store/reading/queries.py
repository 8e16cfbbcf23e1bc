"""Fixed statements of the reader; parameters are bound by name.

Row comparisons such as `(account_id, ts) <= (a.id, …)` keep the planner on the index that leads with
the subject: with an equality it may scan the whole primary key for a subject without rows.
"""

from __future__ import annotations

from functools import cache

from nof1tui.store.connection.connect import LEADER_LOCK_KEY

ACCOUNT_KEYS = b"""
SELECT a.id, s.slug AS season, c.slug AS competition, t.slug AS trader
FROM nof1.accounts a
JOIN nof1.competitions c ON c.id = a.competition_id
JOIN nof1.seasons s ON s.id = c.season_id
JOIN nof1.traders t ON t.id = a.trader_id
ORDER BY a.id
"""
SYMBOL_NAMES = b"SELECT id, name FROM nof1.symbols ORDER BY id"

SEASON_ACCOUNTS = b"""
WITH rows AS MATERIALIZED (
    SELECT account_id, ts FROM nof1.account_snapshots
    WHERE ts <= coalesce(%(as_of)s::timestamptz, 'infinity') ORDER BY ts DESC, account_id DESC LIMIT 1
), newest AS (
    SELECT account_id, ts FROM rows
    UNION ALL
    (SELECT account_id, exit_ts FROM nof1.trades
     WHERE exit_ts <= coalesce(%(as_of)s::timestamptz, 'infinity') ORDER BY exit_ts DESC, id DESC LIMIT 1)
    UNION ALL
    (SELECT account_id, ts FROM nof1.decisions
     WHERE ts <= coalesce(%(as_of)s::timestamptz, 'infinity') ORDER BY ts DESC, id DESC LIMIT 1)
), season AS (
    SELECT s.id, s.slug FROM newest n
    JOIN nof1.accounts a ON a.id = n.account_id
    JOIN nof1.competitions c ON c.id = a.competition_id
    JOIN nof1.seasons s ON s.id = c.season_id
    ORDER BY n.ts DESC, s.slug DESC LIMIT 1
), known AS (
    SELECT CASE WHEN EXISTS (SELECT FROM nof1.retention WHERE pruned_before IS NOT NULL)
           THEN %(most)s::int + 1 ELSE count(*) END AS n
    FROM (
        SELECT FROM nof1.account_snapshots
        WHERE ts <= coalesce(%(as_of)s::timestamptz, 'infinity') LIMIT %(most)s::int + 1
    ) r
)
SELECT a.id, s.slug AS season, c.slug AS competition, t.slug AS trader, a.inception_at, a.capital_usd,
       a.inception_fetched_at, (SELECT ts FROM rows) AS newest_at, (SELECT n FROM known) AS known,
       (SELECT r.bucket FROM nof1.equity_rollup r WHERE r.width_s = 86400 AND r.account_id = a.id
        ORDER BY r.bucket LIMIT 1) AS first_day
FROM season s
JOIN nof1.competitions c ON c.season_id = s.id
JOIN nof1.accounts a ON a.competition_id = c.id
JOIN nof1.traders t ON t.id = a.trader_id
ORDER BY a.id
"""
"""The accounts of the season with the newest record at or before `as_of`.

`known`: number of account rows until then, counted up to `most` + 1; that maximum where rows were thinned,
so that roll-ups are read.
"""

LATEST_SNAPSHOTS = b"""
WITH near AS MATERIALIZED (
    SELECT DISTINCT ON (account_id) * FROM (
        SELECT * FROM nof1.account_snapshots
        WHERE ts <= %(at)s AND ts > %(at)s::timestamptz - interval '40 days'
        ORDER BY ts DESC, account_id DESC LIMIT 3 * cardinality(%(ids)s::int4[])
    ) r
    WHERE account_id = ANY(%(ids)s::int4[]) ORDER BY account_id, ts DESC
)
SELECT * FROM near
UNION ALL
SELECT r.* FROM unnest(%(ids)s::int4[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT * FROM nof1.account_snapshots r
    WHERE r.account_id >= a.id AND (r.account_id, r.ts) <= (a.id, %(at)s) AND r.ts <= %(at)s
    ORDER BY r.account_id DESC, r.ts DESC LIMIT 1
) r
WHERE r.account_id = a.id AND NOT EXISTS (SELECT FROM near n WHERE n.account_id = a.id)
"""
"""Each account's newest row: from the last rows of all accounts (adjacent on disk), else by index."""

EQUITY_AT = b"""
SELECT a.id, date_part('epoch', r.ts) AS at, r.equity FROM unnest(%(ids)s::int4[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT * FROM nof1.account_snapshots r
    WHERE r.account_id >= a.id AND (r.account_id, r.ts) <= (a.id, %(at)s) AND r.ts <= %(at)s
    ORDER BY r.account_id DESC, r.ts DESC LIMIT 1
) r
WHERE r.account_id = a.id
"""

POSITION_VERSIONS = b"""
SELECT v.*, y.name AS coin FROM nof1.position_versions v
JOIN nof1.symbols y ON y.id = v.symbol_id WHERE v.id = ANY(%(ids)s::int8[])
"""

HISTORY_VERSIONS = b"""
SELECT v.*, y.name AS coin FROM nof1.position_versions v
JOIN nof1.symbols y ON y.id = v.symbol_id
WHERE v.account_id = %(account)s AND v.symbol_id = %(symbol)s
  AND v.valid_from BETWEEN %(since)s AND %(until)s AND sign(v.quantity) = %(side)s
ORDER BY v.valid_from, v.id
"""
HISTORY_PNL_POINTS = b"""
SELECT DISTINCT ON (bucket) date_part('epoch', ts) AS at, unrealized FROM (
    SELECT r.ts, h.unrealized, width_bucket(
        date_part('epoch', r.ts), date_part('epoch', %(since)s::timestamptz),
        date_part('epoch', greatest(%(since)s::timestamptz, %(until)s::timestamptz)) + 1, %(most)s::int
    ) AS bucket
    FROM nof1.account_snapshots r, unnest(r.version_ids, r.unrealized_pnls) AS h (version, unrealized)
    WHERE r.account_id = %(account)s AND r.ts BETWEEN %(since)s AND %(until)s
      AND h.version = ANY(%(versions)s::int8[]) AND h.unrealized IS NOT NULL
) seen ORDER BY bucket, ts DESC
"""
"""The last value of each of `most` equal ranges of time."""

LATEST_PRICES = b"""
SELECT y.name AS coin, p.price, p.ts, p.fetched_at, b.price AS before, b.ts AS before_ts
FROM nof1.symbols y
CROSS JOIN LATERAL (
    SELECT * FROM nof1.prices p
    WHERE p.symbol_id >= y.id AND (p.symbol_id, p.ts) <= (y.id, coalesce(%(as_of)s::timestamptz, 'infinity'))
      AND p.ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
    ORDER BY p.symbol_id DESC, p.ts DESC LIMIT 1
) p
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT b.symbol_id, b.price, b.ts FROM nof1.prices b
        WHERE b.symbol_id >= y.id AND (b.symbol_id, b.ts) < (y.id, p.ts) AND b.ts < p.ts
        ORDER BY b.symbol_id DESC, b.ts DESC LIMIT 500
    ) b
    WHERE b.symbol_id = y.id AND b.price <> p.price ORDER BY b.ts DESC LIMIT 1
) b ON true
WHERE p.symbol_id = y.id
ORDER BY y.id
"""
"""Each coin's newest price, and the last different price among the 500 rows before it."""

BOARD_TRADES = b"""
SELECT * FROM nof1.trades
WHERE account_id = ANY(%(ids)s::int4[]) AND exit_ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
"""

LATEST_ANALYTICS = b"""
SELECT r.* FROM unnest(%(ids)s::int4[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT * FROM nof1.analytics r
    WHERE r.account_id = a.id AND r.updated_at <= coalesce(%(as_of)s::timestamptz, 'infinity')
    ORDER BY r.updated_at DESC LIMIT 1
) r
"""
"""The newest statistics of each account as reported by the API."""

COINS_HELD = b"""
SELECT DISTINCT y.name FROM nof1.events e JOIN nof1.symbols y ON y.id = e.symbol_id
WHERE e.kind = 'coin' AND e.ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
  AND e.account_id = ANY(%(ids)s::int4[])
"""
"""Coins that these accounts have held up to that time."""

SNAPSHOT_TIME_RANGE = b"SELECT min(ts), max(ts) FROM nof1.account_snapshots"
STEPS_BEFORE = b"""
WITH RECURSIVE steps (ts, n) AS (
    (SELECT ts, 1 FROM nof1.account_snapshots WHERE ts < %(around)s ORDER BY ts DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT max(r.ts) FROM nof1.account_snapshots r WHERE r.ts < s.ts), n + 1
    FROM steps s WHERE s.ts IS NOT NULL AND n < %(limit)s
)
SELECT ts FROM steps WHERE ts IS NOT NULL ORDER BY n
"""
STEPS_AFTER = b"""
WITH RECURSIVE steps (ts, n) AS (
    (SELECT ts, 1 FROM nof1.account_snapshots WHERE ts > %(around)s ORDER BY ts LIMIT 1)
    UNION ALL
    SELECT (SELECT min(r.ts) FROM nof1.account_snapshots r WHERE r.ts > s.ts), n + 1
    FROM steps s WHERE s.ts IS NOT NULL AND n < %(limit)s
)
SELECT ts FROM steps WHERE ts IS NOT NULL ORDER BY n
"""

DECISION_TEXTS_BY_ID = b"SELECT prompt, reasoning, answer FROM nof1.decisions WHERE id = %(id)s"
FEED_STATES = b"SELECT * FROM nof1.feed_state"
REPLICATED_BEAT_S = 60
"""Seconds after its last heartbeat for which a collector is taken to run, where only a replica is seen."""
COLLECTOR_STATE = f"""
SELECT holder, since, beat_at,
       CASE WHEN pg_is_in_recovery() THEN beat_at > now() - interval '{REPLICATED_BEAT_S} s' ELSE
       EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0
               AND objid = {LEADER_LOCK_KEY} AND database = (SELECT oid FROM pg_database
                                                  WHERE datname = current_database())) END AS leads
FROM nof1.collector_state
""".encode()  # noqa: S608 the key is a constant
"""The last elected collector, and whether it holds the lock. A replica has no locks of its primary: there
the collector's heartbeats count."""
SCHEMA_REVISION = b"SELECT version_num FROM nof1.alembic_version"

COUNTED_TABLES = (
    *("seasons", "traders", "accounts", "symbols", "account_snapshots", "position_versions"),
    *("prices", "trades", "decisions", "events", "analytics", "quarantine"),
)
"""Tables listed first, in this order."""
POSITION_ROW_COUNT = (
    b"SELECT coalesce(sum(cardinality(version_ids)), 0)::int8 AS n FROM nof1.account_snapshots"
)


@cache
def build_count_query(table: str) -> bytes:
    """Counts the rows of a table of this schema."""
    return f"SELECT count(*) AS n FROM nof1.{table}".encode()  # noqa: S608 table names are constants


@cache
def build_bounded_count_query(table: str) -> bytes:
    """Counts the rows of a range up to `most` + 1; that maximum where rows of the range were thinned."""
    return (
        "SELECT CASE WHEN EXISTS (SELECT FROM nof1.retention WHERE pruned_before > %(since)s) "  # noqa: S608
        f"THEN %(most)s::int + 1 ELSE count(*) END AS n FROM (SELECT FROM {table} "
        "WHERE ts >= %(since)s AND ts <= %(until)s LIMIT %(most)s::int + 1) r"
    ).encode()
