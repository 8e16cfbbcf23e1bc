"""Time series and their roll-ups. No foreign keys, time in every primary key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


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

    ts: Mapped[datetime] = primary_key_column(comment="The row's own time")
    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Whose")
    fetched_at: Mapped[datetime] = described_column("When it was fetched")
    hourly_marker: Mapped[int | None] = described_column("Whole hours since the account's inception")
    minute_marker: Mapped[int | None] = described_column("Whole minutes since the account's inception")
    equity: Mapped[float] = described_column("USD; dollar_equity, the authority")
    return_pct: Mapped[float | None] = described_column("Percent; cum_pnl_pct as it came")
    realized: Mapped[float | None] = described_column("USD; realized_pnl as it came")
    unrealized: Mapped[float | None] = described_column("USD; total_unrealized_pnl as it came")
    sharpe: Mapped[float | None] = described_column("sharpe_ratio as it came; definition unknown")
    version_ids: Mapped[list[int]] = described_column(
        "position_versions held, in step with the arrays", ARRAY(BigInteger)
    )
    marks: Mapped[list[float | None]] = described_column("USD; current_price of each", ARRAY(Double))
    unrealized_pnls: Mapped[list[float | None]] = described_column("USD of each", ARRAY(Double))
    margins: Mapped[list[float | None]] = described_column("USD of each", ARRAY(Double))
    liquidations: Mapped[list[float | None]] = described_column(
        "USD; liquidation_price of each", ARRAY(Double)
    )
    extra: Mapped[dict[str, Any] | None] = described_column("Keys this program does not know")


class PositionVersionRow(Base):
    __tablename__ = "position_versions"
    __table_args__ = (
        UniqueConstraint("account_id", "symbol_id", "content_hash"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint("octet_length(content_hash) = 16", name="content_hash_whole"),
        {"comment": "What does not move between polls of a position; addressed by content"},
    )

    id: Mapped[int] = primary_key_column(BigInteger, Identity(always=True), comment="Ours; snapshots name it")
    account_id: Mapped[int] = described_column("Whose", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = described_column("Its coin", ForeignKey("nof1.symbols.id"))
    content_hash: Mapped[bytes] = described_column("blake2b-128 over the fields below")
    valid_from: Mapped[datetime] = described_column("First observation that had it")
    quantity: Mapped[float] = described_column("Coins; negative is short")
    entry_price: Mapped[float | None] = described_column("USD")
    entry_at: Mapped[datetime | None] = described_column("When it was opened; entry_time")
    leverage: Mapped[float | None] = described_column("A multiple")
    profit_target: Mapped[float | None] = described_column("USD")
    stop_loss: Mapped[float | None] = described_column("USD")
    invalidation: Mapped[str | None] = described_column("The trader's own words")
    has_plan: Mapped[bool] = described_column("False where upstream says N/A")
    risk_usd: Mapped[float | None] = described_column("USD; the trader's estimate")
    confidence: Mapped[float | None] = described_column("0 to 1")
    closed_pnl: Mapped[float | None] = described_column("USD")
    commission: Mapped[float | None] = described_column("USD")
    entry_oid: Mapped[int | None] = described_column("Hyperliquid order", BigInteger)
    oid: Mapped[int | None] = described_column("Hyperliquid order", BigInteger)
    tp_oid: Mapped[int | None] = described_column("Take-profit order; null is none", BigInteger)
    sl_oid: Mapped[int | None] = described_column("Stop-loss order; null is none", BigInteger)
    extra: Mapped[dict[str, Any] | None] = described_column("Keys this program does not know")


class PriceRow(Base):
    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("price <> 'NaN' AND abs(price) <> 'Infinity'", name="price_finite"),
        Index(None, "symbol_id", "ts"),
        {"comment": "Mid prices", "postgresql_partition_by": "RANGE (ts)"},
    )

    ts: Mapped[datetime] = primary_key_column(comment="When it was quoted")
    symbol_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Of which coin")
    price: Mapped[float] = described_column("USD")
    fetched_at: Mapped[datetime] = described_column("When it was fetched")


class _RollupColumns:
    """Columns that both roll-ups have. Written when a bucket closes: all of it lies in the past."""

    first_ts: Mapped[datetime] = mapped_column(comment="Of the first observation")
    first: Mapped[float] = mapped_column(comment="USD")
    last_ts: Mapped[datetime] = mapped_column(comment="Of the last observation")
    last: Mapped[float] = mapped_column(comment="USD")
    low_ts: Mapped[datetime] = mapped_column(comment="Of the earliest lowest value")
    low: Mapped[float] = mapped_column(comment="USD")
    high_ts: Mapped[datetime] = mapped_column(comment="Of the earliest highest value")
    high: Mapped[float] = mapped_column(comment="USD")
    n: Mapped[int] = mapped_column(Integer, comment="Observations")


def _width_constraint() -> CheckConstraint:
    return CheckConstraint("width_s IN (120, 600, 3600, 14400, 86400)", name="width")


class EquityRollupRow(_RollupColumns, Base):
    __tablename__ = "equity_rollup"
    __table_args__ = (
        _width_constraint(),
        CheckConstraint("n > 0 AND low <= high AND fall <= 0", name="sound"),
        {"comment": "Equity (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d"},
    )

    width_s: Mapped[int] = primary_key_column(autoincrement=False, comment="Seconds of a bucket")
    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Whose")
    bucket: Mapped[datetime] = primary_key_column(
        comment="Its beginning, a multiple of its width since 1970 (UTC)"
    )
    fall: Mapped[float] = described_column("Deepest fall from a peak inside, as a fraction")


class PriceRollupRow(_RollupColumns, Base):
    __tablename__ = "price_rollup"
    __table_args__ = (
        _width_constraint(),
        CheckConstraint("n > 0 AND low <= high", name="sound"),
        {"comment": "Prices (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d"},
    )

    width_s: Mapped[int] = primary_key_column(autoincrement=False, comment="Seconds of a bucket")
    symbol_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Of which coin")
    bucket: Mapped[datetime] = primary_key_column(
        comment="Its beginning, a multiple of its width since 1970 (UTC)"
    )


class RetentionRow(Base):
    __tablename__ = "retention"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "How far the time series have been thinned"},
    )

    id: Mapped[int] = primary_key_column(SmallInteger, autoincrement=False, comment="Always 1")
    pruned_before: Mapped[datetime] = described_column(
        "Older observations are one an hour; roll-ups have the rest"
    )
