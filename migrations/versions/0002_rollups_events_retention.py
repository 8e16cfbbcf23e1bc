"""Roll-ups of the time series, events, retention; a comment for every column.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COMMENTS = {
    "account_snapshots": {"account_id": "Whose", "fetched_at": "When it was fetched"},
    "accounts": {
        "id": "Ours; means nothing outside this store",
        "competition_id": "Its competition",
        "trader_id": "Its trader",
        "inception_fetched_at": "When the two were fetched",
    },
    "analytics": {
        "account_id": "Whose",
        "updated_at": "When upstream worked them out",
        "tables": "Tables of figures, as they came",
        "fetched_at": "When it was fetched",
    },
    "collector_state": {"id": "Always 1", "since": "When it took the lead"},
    "competitions": {
        "id": "Ours; means nothing outside this store",
        "season_id": "Its season",
        "slug": "Empty where the season has only one",
    },
    "decisions": {
        "account_id": "Whose",
        "inserted_ts": "When upstream stored it",
        "cycle": "Number of the cycle; cycle_id",
        "run_id": "As it came",
        "skill": "As it came",
        "prompt": "What the model was asked; user_prompt",
        "answer_failed": "The answer was not what was asked for",
        "signals": "What it decided, coin by coin",
        "fetched_at": "When it was fetched",
        "search": "Words of summary and reasoning",
    },
    "feed_state": {
        "feed": "accounts, prices, trades, decisions, analytics, season",
        "interval_s": "Seconds between polls while healthy",
        "last_try_at": "When it was last asked",
        "last_ok_at": "When it last gave a usable answer",
        "failure": "Why the last try failed; null when it went well",
        "status": "HTTP status of the last answer",
        "retry_at": "When it is asked again after a failure",
        "requests": "Tries in all",
        "not_modified": "Answers 304",
        "errors": "Tries that failed",
        "quarantined": "Records that could not be decoded",
        "latency_s": "Seconds that the last answer took",
        "body_bytes": "Bytes of the last answer, decompressed",
    },
    "position_versions": {
        "id": "Ours; snapshots name it",
        "account_id": "Whose",
        "symbol_id": "Its coin",
        "entry_at": "When it was opened; entry_time",
        "leverage": "A multiple",
    },
    "prices": {"ts": "When it was quoted", "symbol_id": "Of which coin", "fetched_at": "When it was fetched"},
    "quarantine": {
        "id": "Ours",
        "endpoint": "Where it came from",
        "raw": "The record as it came",
        "reason": "Why it could not be decoded",
        "first_seen_at": "First answer that had it",
        "last_seen_at": "Last answer that had it",
    },
    "seasons": {
        "id": "Ours; means nothing outside this store",
        "slug": "Short name in the roster",
        "name": "As the roster calls it",
    },
    "symbols": {
        "id": "Ours; means nothing outside this store",
        "name": "BTC, or xyz:TSLA of a builder market",
    },
    "traders": {
        "id": "Ours; means nothing outside this store",
        "slug": "model_id as upstream writes it",
        "name": "As the roster calls it",
    },
    "trades": {
        "account_id": "Whose",
        "symbol_id": "Its coin",
        "exit_ts": "When it was closed",
        "entry_ts": "When it was opened",
        "side": "long or short",
        "fetched_at": "When it was fetched",
    },
}
"""Comments of the columns that 0001 left without one."""

CHECKS = (
    ("prices", "price_finite", "price <> 'NaN' AND abs(price) <> 'Infinity'"),
    ("position_versions", "content_hash_whole", "octet_length(content_hash) = 16"),
    ("trades", "id_told", "id <> ''"),
)

DRAWDOWN = (
    "CASE WHEN peak > 1e-6 THEN CASE WHEN abs({value}) < peak * 1e-300 THEN 0 "
    "ELSE greatest({value}, -1e300) / peak END - 1 ELSE 0 END"
)
"""Drawdown of a value from its peak, as a fraction ≤ 0."""

FIRST_LEVEL = """
INSERT INTO nof1.{rollup} (width_s, {subject}, bucket, first_ts, first, last_ts, last,
                           low_ts, low, high_ts, high, n{fall})
SELECT 120, {subject}, bucket,
       min(ts), (array_agg(value ORDER BY ts))[1], max(ts), (array_agg(value ORDER BY ts DESC))[1],
       (array_agg(ts ORDER BY value, ts))[1], min(value),
       (array_agg(ts ORDER BY value DESC, ts))[1], max(value), count(*){drawdown}
FROM (
    SELECT r.{subject}, r.ts, r.{value} AS value, date_bin('120 s', r.ts, 'epoch') AS bucket,
           max(r.{value}) OVER (PARTITION BY r.{subject}, date_bin('120 s', r.ts, 'epoch')
                                ORDER BY r.ts) AS peak
    FROM nof1.{raw} r
) r
WHERE bucket + interval '120 s' <= (SELECT max(n.ts) FROM nof1.{raw} n WHERE n.{subject} = r.{subject})
GROUP BY {subject}, bucket
"""
NEXT_LEVEL = """
INSERT INTO nof1.{rollup} (width_s, {subject}, bucket, first_ts, first, last_ts, last,
                           low_ts, low, high_ts, high, n{fall})
SELECT {width}, {subject}, wide,
       min(first_ts), (array_agg(first ORDER BY bucket))[1],
       max(last_ts), (array_agg(last ORDER BY bucket DESC))[1],
       (array_agg(low_ts ORDER BY low, low_ts))[1], min(low),
       (array_agg(high_ts ORDER BY high DESC, high_ts))[1], max(high), sum(n){drawdown}
FROM (
    SELECT r.*, date_bin('{width} s', bucket, 'epoch') AS wide,
           max(high) OVER (PARTITION BY {subject}, date_bin('{width} s', bucket, 'epoch') ORDER BY bucket
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS peak
    FROM nof1.{rollup} r WHERE width_s = {below}
) r
WHERE wide + interval '{width} s' <= (SELECT max(n.ts) FROM nof1.{raw} n WHERE n.{subject} = r.{subject})
GROUP BY {subject}, wide
"""
"""A bucket is rolled up once there is an observation after its end."""


def fill(rollup: str, raw: str, subject: str, value: str, *, with_fall: bool) -> None:
    """Roll up the rows that the store has."""
    names = {"rollup": rollup, "raw": raw, "subject": subject, "value": value}
    names["fall"] = ", fall" if with_fall else ""
    first = f", min({DRAWDOWN.format(value='value')})" if with_fall else ""
    op.execute(FIRST_LEVEL.format(**names, drawdown=first))
    between = f", least(min(fall), min({DRAWDOWN.format(value='low')}))"
    for below, width in ((120, 600), (600, 3600), (3600, 14400), (14400, 86400)):
        drawdown = between if with_fall else ""
        op.execute(NEXT_LEVEL.format(**names, below=below, width=width, drawdown=drawdown))


def upgrade() -> None:
    op.create_table(
        "equity_rollup",
        sa.Column(
            "width_s", sa.Integer(), autoincrement=False, nullable=False, comment="Seconds of a bucket"
        ),
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False, comment="Whose"),
        sa.Column(
            "bucket",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Its beginning, a multiple of its width since 1970 (UTC)",
        ),
        sa.Column(
            "fall", sa.Double(), nullable=False, comment="Deepest fall from a peak inside, as a fraction"
        ),
        sa.Column("first_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the first observation"),
        sa.Column("first", sa.Double(), nullable=False, comment="USD"),
        sa.Column("last_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the last observation"),
        sa.Column("last", sa.Double(), nullable=False, comment="USD"),
        sa.Column(
            "low_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the earliest lowest value"
        ),
        sa.Column("low", sa.Double(), nullable=False, comment="USD"),
        sa.Column(
            "high_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the earliest highest value"
        ),
        sa.Column("high", sa.Double(), nullable=False, comment="USD"),
        sa.Column("n", sa.Integer(), nullable=False, comment="Observations"),
        sa.CheckConstraint("n > 0 AND low <= high AND fall <= 0", name=op.f("ck_equity_rollup_sound")),
        sa.CheckConstraint("width_s IN (120, 600, 3600, 14400, 86400)", name=op.f("ck_equity_rollup_width")),
        sa.PrimaryKeyConstraint("width_s", "account_id", "bucket", name=op.f("pk_equity_rollup")),
        schema="nof1",
        comment="Equity (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
    )
    op.create_table(
        "price_rollup",
        sa.Column(
            "width_s", sa.Integer(), autoincrement=False, nullable=False, comment="Seconds of a bucket"
        ),
        sa.Column("symbol_id", sa.Integer(), autoincrement=False, nullable=False, comment="Of which coin"),
        sa.Column(
            "bucket",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Its beginning, a multiple of its width since 1970 (UTC)",
        ),
        sa.Column("first_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the first observation"),
        sa.Column("first", sa.Double(), nullable=False, comment="USD"),
        sa.Column("last_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the last observation"),
        sa.Column("last", sa.Double(), nullable=False, comment="USD"),
        sa.Column(
            "low_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the earliest lowest value"
        ),
        sa.Column("low", sa.Double(), nullable=False, comment="USD"),
        sa.Column(
            "high_ts", sa.DateTime(timezone=True), nullable=False, comment="Of the earliest highest value"
        ),
        sa.Column("high", sa.Double(), nullable=False, comment="USD"),
        sa.Column("n", sa.Integer(), nullable=False, comment="Observations"),
        sa.CheckConstraint("n > 0 AND low <= high", name=op.f("ck_price_rollup_sound")),
        sa.CheckConstraint("width_s IN (120, 600, 3600, 14400, 86400)", name=op.f("ck_price_rollup_width")),
        sa.PrimaryKeyConstraint("width_s", "symbol_id", "bucket", name=op.f("pk_price_rollup")),
        schema="nof1",
        comment="Prices (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
    )
    op.create_table(
        "retention",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="Always 1"),
        sa.Column(
            "pruned_before",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Older observations are one an hour; roll-ups have the rest",
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_retention_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention")),
        schema="nof1",
        comment="How far the time series have been thinned",
    )
    op.create_table(
        "events",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="Kind, account, coin and moment, or the trade's id"
        ),
        sa.Column(
            "ts", sa.DateTime(timezone=True), nullable=False, comment="Time of the record that tells it"
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="opened, closed, increased, reduced, flipped, trade, lead, joined, …",
        ),
        sa.Column("account_id", sa.Integer(), nullable=False, comment="Whose"),
        sa.Column("symbol_id", sa.Integer(), nullable=True, comment="Its coin"),
        sa.Column("side", sa.Text(), nullable=True, comment="long or short"),
        sa.Column(
            "quantity",
            sa.Double(),
            nullable=True,
            comment="Coins, unsigned: the size, or by how much it changed",
        ),
        sa.Column("price", sa.Double(), nullable=True, comment="USD"),
        sa.Column("leverage", sa.Double(), nullable=True, comment="A multiple"),
        sa.Column("net", sa.Double(), nullable=True, comment="USD; result of a trade"),
        sa.Column("other_id", sa.Integer(), nullable=True, comment="The other account: who lost the lead"),
        sa.CheckConstraint("side IN ('long', 'short')", name=op.f("ck_events_side")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_events_quantity_unsigned")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_events_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["nof1.accounts.id"], name=op.f("fk_events_other_id_accounts")),
        sa.ForeignKeyConstraint(["symbol_id"], ["nof1.symbols.id"], name=op.f("fk_events_symbol_id_symbols")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        schema="nof1",
        comment="What happened, derived from the records; the same event has the same id",
    )
    op.create_index(
        op.f("ix_events_account_id_ts"), "events", ["account_id", "ts"], unique=False, schema="nof1"
    )
    op.create_index(op.f("ix_events_kind_ts"), "events", ["kind", "ts"], unique=False, schema="nof1")
    op.create_index(op.f("ix_events_ts_id"), "events", ["ts", "id"], unique=False, schema="nof1")
    op.add_column(
        "collector_state",
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False, comment="Elections so far"),
        schema="nof1",
    )
    for table, columns in COMMENTS.items():
        for column, comment in columns.items():
            escaped = comment.replace("'", "''")
            op.execute(f"COMMENT ON COLUMN nof1.{table}.{column} IS '{escaped}'")
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="nof1")
    fill("equity_rollup", "account_snapshots", "account_id", "equity", with_fall=True)
    fill("price_rollup", "prices", "symbol_id", "price", with_fall=False)


def downgrade() -> None:
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="nof1")
    for table, columns in COMMENTS.items():
        for column in columns:
            op.execute(f"COMMENT ON COLUMN nof1.{table}.{column} IS NULL")
    op.drop_column("collector_state", "epoch", schema="nof1")
    for table in ("retention", "events", "price_rollup", "equity_rollup"):
        op.drop_table(table, schema="nof1")
