"""Initial schema: dimensions, time series, trades, decisions, analytics, quarantine, health.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

POSITIONS = """
CREATE VIEW nof1.positions AS
SELECT s.ts, s.account_id, v.symbol_id, v.id AS version_id, v.quantity, v.entry_price, v.entry_at,
       h.mark, h.unrealized, h.margin, h.liquidation, v.leverage, v.profit_target, v.stop_loss,
       v.invalidation, v.risk_usd, v.confidence, v.closed_pnl, v.commission
FROM nof1.account_snapshots s
CROSS JOIN LATERAL unnest(s.version_ids, s.marks, s.unrealized_pnls, s.margins, s.liquidations)
     AS h (version_id, mark, unrealized, margin, liquidation)
JOIN nof1.position_versions v ON v.id = h.version_id
"""
"""View with one row per position and observation, for queries by people."""


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS nof1")
    op.create_table(
        "account_snapshots",
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False, comment="The row's own time"),
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "hourly_marker", sa.Integer(), nullable=True, comment="Whole hours since the account's inception"
        ),
        sa.Column(
            "minute_marker",
            sa.Integer(),
            nullable=True,
            comment="Whole minutes since the account's inception",
        ),
        sa.Column("equity", sa.Double(), nullable=False, comment="USD; dollar_equity, the authority"),
        sa.Column("return_pct", sa.Double(), nullable=True, comment="Percent; cum_pnl_pct as it came"),
        sa.Column("realized", sa.Double(), nullable=True, comment="USD; realized_pnl as it came"),
        sa.Column("unrealized", sa.Double(), nullable=True, comment="USD; total_unrealized_pnl as it came"),
        sa.Column(
            "sharpe", sa.Double(), nullable=True, comment="sharpe_ratio as it came; definition unknown"
        ),
        sa.Column(
            "version_ids",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="position_versions held, in step with the arrays",
        ),
        sa.Column(
            "marks", postgresql.ARRAY(sa.Double()), nullable=False, comment="USD; current_price of each"
        ),
        sa.Column("unrealized_pnls", postgresql.ARRAY(sa.Double()), nullable=False, comment="USD of each"),
        sa.Column("margins", postgresql.ARRAY(sa.Double()), nullable=False, comment="USD of each"),
        sa.Column(
            "liquidations",
            postgresql.ARRAY(sa.Double()),
            nullable=False,
            comment="USD; liquidation_price of each",
        ),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Keys this program does not know",
        ),
        sa.CheckConstraint(
            "equity <> 'NaN' AND abs(equity) <> 'Infinity'", name=op.f("ck_account_snapshots_equity_finite")
        ),
        sa.CheckConstraint(
            "cardinality(marks) = cardinality(version_ids) AND cardinality(unrealized_pnls) = cardinality(version_ids) AND cardinality(margins) = cardinality(version_ids) AND cardinality(liquidations) = cardinality(version_ids)",
            name=op.f("ck_account_snapshots_positions_parallel"),
        ),
        sa.PrimaryKeyConstraint("ts", "account_id", name=op.f("pk_account_snapshots")),
        schema="nof1",
        comment="One observation of one account; a row rewritten upstream is a new observation",
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_index(
        op.f("ix_account_snapshots_account_id_ts"),
        "account_snapshots",
        ["account_id", "ts"],
        unique=False,
        schema="nof1",
    )
    op.create_table(
        "analytics",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tables", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "updated_at", name=op.f("pk_analytics")),
        schema="nof1",
        comment="Upstream's own statistics, as they came",
    )
    op.create_table(
        "collector_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False, comment="pid@host"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False, comment="Last sign of life"),
        sa.CheckConstraint("id = 1", name=op.f("ck_collector_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_state")),
        schema="nof1",
        comment="Who collects into this store",
    )
    op.create_table(
        "feed_state",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("interval_s", sa.Double(), nullable=True),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "newest_at", sa.DateTime(timezone=True), nullable=True, comment="Time of the newest record"
        ),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("not_modified", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("latency_s", sa.Double(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_state")),
        schema="nof1",
        comment="Health of each feed as its collector last saw it",
    )
    op.create_table(
        "prices",
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("symbol_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("price", sa.Double(), nullable=False, comment="USD"),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ts", "symbol_id", name=op.f("pk_prices")),
        schema="nof1",
        comment="Mid prices",
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_index(
        op.f("ix_prices_symbol_id_ts"), "prices", ["symbol_id", "ts"], unique=False, schema="nof1"
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False, comment="sha256 of raw"),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="Answers that had it"),
        sa.CheckConstraint("count > 0", name=op.f("ck_quarantine_count_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("endpoint", "raw_hash", name=op.f("uq_quarantine_endpoint_raw_hash")),
        schema="nof1",
        comment="Records that could not be decoded, raw, with the reason",
    )
    op.create_table(
        "seasons",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("arena", sa.Text(), nullable=False, comment="Which arena: nof1"),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
        sa.UniqueConstraint("arena", "slug", name=op.f("uq_seasons_arena_slug")),
        schema="nof1",
        comment="Seasons of an arena",
    )
    op.create_table(
        "symbols",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_symbols")),
        sa.UniqueConstraint("name", name=op.f("uq_symbols_name")),
        schema="nof1",
        comment="Coins and tickers",
    )
    op.create_table(
        "traders",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traders")),
        sa.UniqueConstraint("slug", name=op.f("uq_traders_slug")),
        schema="nof1",
        comment="Traders by the id that upstream gives",
    )
    op.create_table(
        "competitions",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["season_id"], ["nof1.seasons.id"], name=op.f("fk_competitions_season_id_seasons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitions")),
        sa.UniqueConstraint("season_id", "slug", name=op.f("uq_competitions_season_id_slug")),
        schema="nof1",
        comment="Competitions of a season; the empty slug is the only one of a plain season",
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("trader_id", sa.Integer(), nullable=False),
        sa.Column(
            "inception_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it began; since-inception-values",
        ),
        sa.Column(
            "capital_usd", sa.Double(), nullable=True, comment="USD it began with; since-inception-values"
        ),
        sa.Column("inception_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("capital_usd > 0", name=op.f("ck_accounts_capital_positive")),
        sa.ForeignKeyConstraint(
            ["competition_id"], ["nof1.competitions.id"], name=op.f("fk_accounts_competition_id_competitions")
        ),
        sa.ForeignKeyConstraint(
            ["trader_id"], ["nof1.traders.id"], name=op.f("fk_accounts_trader_id_traders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("competition_id", "trader_id", name=op.f("uq_accounts_competition_id_trader_id")),
        schema="nof1",
        comment="A trader's account in a competition",
    )
    op.create_index(op.f("ix_accounts_trader_id"), "accounts", ["trader_id"], unique=False, schema="nof1")
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(), nullable=False, comment="<model>_<seconds>"),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False, comment="When the model was asked"),
        sa.Column("inserted_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cycle", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("skill", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True, comment="What the site shows as chat"),
        sa.Column(
            "reasoning", sa.Text(), nullable=True, comment="Free text, or JSON of traders that expose none"
        ),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column(
            "answer", sa.Text(), nullable=True, comment="JSON as answered; raw text of a failed answer"
        ),
        sa.Column("answer_failed", sa.Boolean(), nullable=False),
        sa.Column("signals", postgresql.JSONB(), nullable=False),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Keys this program does not know",
        ),
        sa.Column(
            "content_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="blake2b-128 over the record; tells a changed one",
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', left(coalesce(summary, '') || ' ' || coalesce(reasoning, ''), 200000))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_decisions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        schema="nof1",
        comment="Model-chat cycles; upstream reaches back about half an hour",
    )
    op.create_index(
        op.f("ix_decisions_account_id_ts"), "decisions", ["account_id", "ts"], unique=False, schema="nof1"
    )
    op.create_index(
        op.f("ix_decisions_search"),
        "decisions",
        ["search"],
        unique=False,
        schema="nof1",
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_decisions_ts_id"), "decisions", ["ts", "id"], unique=False, schema="nof1")
    op.create_table(
        "position_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("symbol_id", sa.Integer(), nullable=False),
        sa.Column(
            "content_hash", sa.LargeBinary(), nullable=False, comment="blake2b-128 over the fields below"
        ),
        sa.Column(
            "valid_from", sa.DateTime(timezone=True), nullable=False, comment="First observation that had it"
        ),
        sa.Column("quantity", sa.Double(), nullable=False, comment="Coins; negative is short"),
        sa.Column("entry_price", sa.Double(), nullable=True, comment="USD"),
        sa.Column("entry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leverage", sa.Double(), nullable=True),
        sa.Column("profit_target", sa.Double(), nullable=True, comment="USD"),
        sa.Column("stop_loss", sa.Double(), nullable=True, comment="USD"),
        sa.Column("invalidation", sa.Text(), nullable=True, comment="The trader's own words"),
        sa.Column("has_plan", sa.Boolean(), nullable=False, comment="False where upstream says N/A"),
        sa.Column("risk_usd", sa.Double(), nullable=True, comment="USD; the trader's estimate"),
        sa.Column("confidence", sa.Double(), nullable=True, comment="0 to 1"),
        sa.Column("closed_pnl", sa.Double(), nullable=True, comment="USD"),
        sa.Column("commission", sa.Double(), nullable=True, comment="USD"),
        sa.Column("entry_oid", sa.BigInteger(), nullable=True, comment="Hyperliquid order"),
        sa.Column("oid", sa.BigInteger(), nullable=True, comment="Hyperliquid order"),
        sa.Column("tp_oid", sa.BigInteger(), nullable=True, comment="Take-profit order; null is none"),
        sa.Column("sl_oid", sa.BigInteger(), nullable=True, comment="Stop-loss order; null is none"),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Keys this program does not know",
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_position_versions_quantity_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_position_versions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["symbol_id"], ["nof1.symbols.id"], name=op.f("fk_position_versions_symbol_id_symbols")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_versions")),
        sa.UniqueConstraint(
            "account_id",
            "symbol_id",
            "content_hash",
            name=op.f("uq_position_versions_account_id_symbol_id_content_hash"),
        ),
        schema="nof1",
        comment="What does not move between polls of a position; addressed by content",
    )
    op.create_table(
        "trades",
        sa.Column("id", sa.Text(), nullable=False, comment="<model>_<uuid4>"),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("symbol_id", sa.Integer(), nullable=False),
        sa.Column("exit_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=True, comment="Coins; negative was short"),
        sa.Column("entry_price", sa.Double(), nullable=True, comment="USD"),
        sa.Column("exit_price", sa.Double(), nullable=True, comment="USD"),
        sa.Column("gross", sa.Double(), nullable=True, comment="USD; realized_gross_pnl"),
        sa.Column("net", sa.Double(), nullable=True, comment="USD; realized_net_pnl, the result"),
        sa.Column("fees", sa.Double(), nullable=True, comment="USD; total_commission_dollars"),
        sa.Column("entry_fee", sa.Double(), nullable=True, comment="USD"),
        sa.Column("exit_fee", sa.Double(), nullable=True, comment="USD"),
        sa.Column("entry_closed", sa.Double(), nullable=True, comment="USD; entry_closed_pnl"),
        sa.Column("exit_closed", sa.Double(), nullable=True, comment="USD; exit_closed_pnl"),
        sa.Column("entry_oid", sa.BigInteger(), nullable=True, comment="Hyperliquid order; not unique"),
        sa.Column("exit_oid", sa.BigInteger(), nullable=True, comment="Hyperliquid order; not unique"),
        sa.Column("entry_tid", sa.BigInteger(), nullable=True, comment="Hyperliquid trade"),
        sa.Column("exit_tid", sa.BigInteger(), nullable=True, comment="Hyperliquid trade"),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Keys this program does not know",
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('long', 'short')", name=op.f("ck_trades_side")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_trades_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["symbol_id"], ["nof1.symbols.id"], name=op.f("fk_trades_symbol_id_symbols")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trades")),
        schema="nof1",
        comment="Closed trades; upstream keeps only the newest 100 of each model",
    )
    op.create_index(
        op.f("ix_trades_account_id_exit_ts"), "trades", ["account_id", "exit_ts"], unique=False, schema="nof1"
    )
    op.create_index(
        op.f("ix_trades_account_id_symbol_id_exit_ts"),
        "trades",
        ["account_id", "symbol_id", "exit_ts"],
        unique=False,
        schema="nof1",
    )
    op.create_index(op.f("ix_trades_exit_ts_id"), "trades", ["exit_ts", "id"], unique=False, schema="nof1")
    op.create_index(
        op.f("ix_trades_symbol_id_exit_ts"), "trades", ["symbol_id", "exit_ts"], unique=False, schema="nof1"
    )
    for table in ("account_snapshots", "prices"):
        op.execute(f"CREATE TABLE nof1.{table}_default PARTITION OF nof1.{table} DEFAULT")
    op.execute(POSITIONS)


def downgrade() -> None:
    op.execute("DROP VIEW nof1.positions")
    op.drop_index(op.f("ix_trades_symbol_id_exit_ts"), table_name="trades", schema="nof1")
    op.drop_index(op.f("ix_trades_exit_ts_id"), table_name="trades", schema="nof1")
    op.drop_index(op.f("ix_trades_account_id_symbol_id_exit_ts"), table_name="trades", schema="nof1")
    op.drop_index(op.f("ix_trades_account_id_exit_ts"), table_name="trades", schema="nof1")
    op.drop_table("trades", schema="nof1")
    op.drop_table("position_versions", schema="nof1")
    op.drop_index(op.f("ix_decisions_ts_id"), table_name="decisions", schema="nof1")
    op.drop_index(op.f("ix_decisions_search"), table_name="decisions", schema="nof1", postgresql_using="gin")
    op.drop_index(op.f("ix_decisions_account_id_ts"), table_name="decisions", schema="nof1")
    op.drop_table("decisions", schema="nof1")
    op.drop_index(op.f("ix_accounts_trader_id"), table_name="accounts", schema="nof1")
    op.drop_table("accounts", schema="nof1")
    op.drop_table("competitions", schema="nof1")
    op.drop_table("traders", schema="nof1")
    op.drop_table("symbols", schema="nof1")
    op.drop_table("seasons", schema="nof1")
    op.drop_table("quarantine", schema="nof1")
    op.drop_index(op.f("ix_prices_symbol_id_ts"), table_name="prices", schema="nof1")
    op.drop_table("prices", schema="nof1")
    op.drop_table("feed_state", schema="nof1")
    op.drop_table("collector_state", schema="nof1")
    op.drop_table("analytics", schema="nof1")
    op.drop_index(op.f("ix_account_snapshots_account_id_ts"), table_name="account_snapshots", schema="nof1")
    op.drop_table("account_snapshots", schema="nof1")
