"""The schema as ORM models: it defines tables and serves migrations and low-rate reads.

Time series (`account_snapshots`, `prices`) have no foreign keys and carry time in their primary
key, so that their partitions can be handed to other tools. Money is USD, percent is 0–100, times
are those of the record unless named `fetched_at`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "nof1"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 SQLAlchemy's own way
        datetime: DateTime(timezone=True),
        float: Double(),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(none_as_null=True),
    }


def _key(**options: Any) -> Any:
    return mapped_column(primary_key=True, **options)


def _said(comment: str, *arguments: Any, **options: Any) -> Any:
    return mapped_column(*arguments, comment=comment, **options)


class SeasonRow(Base):
    __tablename__ = "seasons"
    __table_args__ = (UniqueConstraint("arena", "slug"), {"comment": "Seasons of an arena"})

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    arena: Mapped[str] = _said("Which arena: nof1")
    slug: Mapped[str]
    name: Mapped[str]


class CompetitionRow(Base):
    __tablename__ = "competitions"
    __table_args__ = (
        UniqueConstraint("season_id", "slug"),
        {"comment": "Competitions of a season; the empty slug is the only one of a plain season"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    season_id: Mapped[int] = mapped_column(ForeignKey("nof1.seasons.id"))
    slug: Mapped[str]


class TraderRow(Base):
    __tablename__ = "traders"
    __table_args__ = ({"comment": "Traders by the id that upstream gives"},)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class AccountRecord(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("competition_id", "trader_id"),
        CheckConstraint("capital_usd > 0", name="capital_positive"),
        {"comment": "A trader's account in a competition"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("nof1.competitions.id"))
    trader_id: Mapped[int] = mapped_column(ForeignKey("nof1.traders.id"), index=True)
    inception_at: Mapped[datetime | None] = _said("When it began; since-inception-values")
    capital_usd: Mapped[float | None] = _said("USD it began with; since-inception-values")
    inception_fetched_at: Mapped[datetime | None]


class SymbolRow(Base):
    __tablename__ = "symbols"
    __table_args__ = ({"comment": "Coins and tickers"},)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class SnapshotRow(Base):
    __tablename__ = "account_snapshots"
    __table_args__ = (
        CheckConstraint("equity <> 'NaN' AND abs(equity) <> 'Infinity'", name="equity_finite"),
        CheckConstraint(
            " AND ".join(
                f"cardinality({name}) = cardinality(version_ids)"
                for name in ("marks", "unrealized_pnls", "margins", "liquidations")
            ),
            name="positions_parallel",
        ),
        Index(None, "account_id", "ts"),
        {
            "comment": "One observation of one account; a row rewritten upstream is a new observation",
            "postgresql_partition_by": "RANGE (ts)",
        },
    )

    ts: Mapped[datetime] = _key(comment="The row's own time")
    account_id: Mapped[int] = _key(autoincrement=False)
    fetched_at: Mapped[datetime]
    hourly_marker: Mapped[int | None] = _said("Whole hours since the account's inception")
    minute_marker: Mapped[int | None] = _said("Whole minutes since the account's inception")
    equity: Mapped[float] = _said("USD; dollar_equity, the authority")
    return_pct: Mapped[float | None] = _said("Percent; cum_pnl_pct as it came")
    realized: Mapped[float | None] = _said("USD; realized_pnl as it came")
    unrealized: Mapped[float | None] = _said("USD; total_unrealized_pnl as it came")
    sharpe: Mapped[float | None] = _said("sharpe_ratio as it came; definition unknown")
    version_ids: Mapped[list[int]] = _said(
        "position_versions held, in step with the arrays", ARRAY(BigInteger)
    )
    marks: Mapped[list[float | None]] = _said("USD; current_price of each", ARRAY(Double))
    unrealized_pnls: Mapped[list[float | None]] = _said("USD of each", ARRAY(Double))
    margins: Mapped[list[float | None]] = _said("USD of each", ARRAY(Double))
    liquidations: Mapped[list[float | None]] = _said("USD; liquidation_price of each", ARRAY(Double))
    extra: Mapped[dict[str, Any] | None] = _said("Keys this program does not know")


class PositionVersionRow(Base):
    __tablename__ = "position_versions"
    __table_args__ = (
        UniqueConstraint("account_id", "symbol_id", "content_hash"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        {"comment": "What does not move between polls of a position; addressed by content"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = mapped_column(ForeignKey("nof1.symbols.id"))
    content_hash: Mapped[bytes] = _said("blake2b-128 over the fields below")
    valid_from: Mapped[datetime] = _said("First observation that had it")
    quantity: Mapped[float] = _said("Coins; negative is short")
    entry_price: Mapped[float | None] = _said("USD")
    entry_at: Mapped[datetime | None]
    leverage: Mapped[float | None]
    profit_target: Mapped[float | None] = _said("USD")
    stop_loss: Mapped[float | None] = _said("USD")
    invalidation: Mapped[str | None] = _said("The trader's own words")
    has_plan: Mapped[bool] = _said("False where upstream says N/A")
    risk_usd: Mapped[float | None] = _said("USD; the trader's estimate")
    confidence: Mapped[float | None] = _said("0 to 1")
    closed_pnl: Mapped[float | None] = _said("USD")
    commission: Mapped[float | None] = _said("USD")
    entry_oid: Mapped[int | None] = _said("Hyperliquid order", BigInteger)
    oid: Mapped[int | None] = _said("Hyperliquid order", BigInteger)
    tp_oid: Mapped[int | None] = _said("Take-profit order; null is none", BigInteger)
    sl_oid: Mapped[int | None] = _said("Stop-loss order; null is none", BigInteger)
    extra: Mapped[dict[str, Any] | None] = _said("Keys this program does not know")


class PriceRow(Base):
    __tablename__ = "prices"
    __table_args__ = (
        Index(None, "symbol_id", "ts"),
        {"comment": "Mid prices", "postgresql_partition_by": "RANGE (ts)"},
    )

    ts: Mapped[datetime] = _key()
    symbol_id: Mapped[int] = _key(autoincrement=False)
    price: Mapped[float] = _said("USD")
    fetched_at: Mapped[datetime]


class TradeRow(Base):
    __tablename__ = "trades"
    __table_args__ = (
        CheckConstraint("side IN ('long', 'short')", name="side"),
        Index(None, "exit_ts", "id"),
        Index(None, "account_id", "exit_ts"),
        Index(None, "account_id", "symbol_id", "exit_ts"),
        Index(None, "symbol_id", "exit_ts"),
        {"comment": "Closed trades; upstream keeps only the newest 100 of each model"},
    )

    id: Mapped[str] = _key(comment="<model>_<uuid4>")
    account_id: Mapped[int] = mapped_column(ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = mapped_column(ForeignKey("nof1.symbols.id"))
    exit_ts: Mapped[datetime]
    entry_ts: Mapped[datetime | None]
    side: Mapped[str | None]
    quantity: Mapped[float | None] = _said("Coins; negative was short")
    entry_price: Mapped[float | None] = _said("USD")
    exit_price: Mapped[float | None] = _said("USD")
    gross: Mapped[float | None] = _said("USD; realized_gross_pnl")
    net: Mapped[float | None] = _said("USD; realized_net_pnl, the result")
    fees: Mapped[float | None] = _said("USD; total_commission_dollars")
    entry_fee: Mapped[float | None] = _said("USD")
    exit_fee: Mapped[float | None] = _said("USD")
    entry_closed: Mapped[float | None] = _said("USD; entry_closed_pnl")
    exit_closed: Mapped[float | None] = _said("USD; exit_closed_pnl")
    entry_oid: Mapped[int | None] = _said("Hyperliquid order; not unique", BigInteger)
    exit_oid: Mapped[int | None] = _said("Hyperliquid order; not unique", BigInteger)
    entry_tid: Mapped[int | None] = _said("Hyperliquid trade", BigInteger)
    exit_tid: Mapped[int | None] = _said("Hyperliquid trade", BigInteger)
    extra: Mapped[dict[str, Any] | None] = _said("Keys this program does not know")
    fetched_at: Mapped[datetime]


class DecisionRow(Base):
    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "ts", "id"),
        Index(None, "account_id", "ts"),
        Index(None, "search", postgresql_using="gin"),
        {"comment": "Model-chat cycles; upstream reaches back about half an hour"},
    )

    id: Mapped[str] = _key(comment="<model>_<seconds>")
    account_id: Mapped[int] = mapped_column(ForeignKey("nof1.accounts.id"))
    ts: Mapped[datetime] = _said("When the model was asked")
    inserted_ts: Mapped[datetime | None]
    cycle: Mapped[int | None] = mapped_column(BigInteger)
    run_id: Mapped[str | None]
    skill: Mapped[str | None]
    summary: Mapped[str | None] = _said("What the site shows as chat")
    reasoning: Mapped[str | None] = _said("Free text, or JSON of traders that expose none")
    prompt: Mapped[str | None]
    answer: Mapped[str | None] = _said("JSON as answered; raw text of a failed answer")
    answer_failed: Mapped[bool]
    signals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    extra: Mapped[dict[str, Any] | None] = _said("Keys this program does not know")
    content_hash: Mapped[bytes] = _said("blake2b-128 over the record; tells a changed one")
    fetched_at: Mapped[datetime]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple', left(coalesce(summary, '') || ' ' || coalesce(reasoning, ''), 200000))",
            persisted=True,
        ),
    )


class AnalyticsRow(Base):
    __tablename__ = "analytics"
    __table_args__ = ({"comment": "Upstream's own statistics, as they came"},)

    account_id: Mapped[int] = _key(autoincrement=False)
    updated_at: Mapped[datetime] = _key()
    tables: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]


class QuarantineRow(Base):
    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("endpoint", "raw_hash"),
        CheckConstraint("count > 0", name="count_positive"),
        {"comment": "Records that could not be decoded, raw, with the reason"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    endpoint: Mapped[str]
    raw_hash: Mapped[bytes] = _said("sha256 of raw")
    raw: Mapped[str]
    reason: Mapped[str]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    count: Mapped[int] = _said("Answers that had it", BigInteger)


class FeedStateRow(Base):
    __tablename__ = "feed_state"
    __table_args__ = ({"comment": "Health of each feed as its collector last saw it"},)

    feed: Mapped[str] = _key()
    interval_s: Mapped[float | None]
    last_try_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    newest_at: Mapped[datetime | None] = _said("Time of the newest record")
    failure: Mapped[str | None]
    status: Mapped[int | None] = mapped_column(Integer)
    retry_at: Mapped[datetime | None]
    requests: Mapped[int] = mapped_column(BigInteger)
    not_modified: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[int] = mapped_column(BigInteger)
    quarantined: Mapped[int] = mapped_column(BigInteger)
    latency_s: Mapped[float | None]
    body_bytes: Mapped[int] = mapped_column(BigInteger)


class CollectorStateRow(Base):
    __tablename__ = "collector_state"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "Who collects into this store"},
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    holder: Mapped[str] = _said("pid@host")
    since: Mapped[datetime]
    beat_at: Mapped[datetime] = _said("Last sign of life")
