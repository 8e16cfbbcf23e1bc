"""Time series and their roll-ups: no foreign keys, time in every primary key."""

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
            "comment": "Observations of accounts; a row rewritten by the API is a new observation",
            "postgresql_partition_by": "RANGE (ts)",
        },
    )

    ts: Mapped[datetime] = primary_key_column(comment="Time of the row as reported")
    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Account")
    fetched_at: Mapped[datetime] = described_column("Time of the fetch")
    hourly_marker: Mapped[int | None] = described_column("Whole hours since the account's inception")
    minute_marker: Mapped[int | None] = described_column("Whole minutes since the account's inception")
    equity: Mapped[float] = described_column("USD; dollar_equity")
    return_pct: Mapped[float | None] = described_column("Percent; cum_pnl_pct as reported")
    realized: Mapped[float | None] = described_column("USD; realized_pnl as reported")
    unrealized: Mapped[float | None] = described_column("USD; total_unrealized_pnl as reported")
    sharpe: Mapped[float | None] = described_column("sharpe_ratio as reported; definition unknown")
    version_ids: Mapped[list[int]] = described_column(
        "position_versions of the open positions, in the order of the arrays", ARRAY(BigInteger)
    )
    marks: Mapped[list[float | None]] = described_column("USD; current_price of each position", ARRAY(Double))
    unrealized_pnls: Mapped[list[float | None]] = described_column(
        "USD; unrealized_pnl of each position", ARRAY(Double)
    )
    margins: Mapped[list[float | None]] = described_column("USD; margin of each position", ARRAY(Double))
    liquidations: Mapped[list[float | None]] = described_column(
        "USD; liquidation_price of each position", ARRAY(Double)
    )
    extra: Mapped[dict[str, Any] | None] = described_column(
        "Keys of the record that this program does not know"
    )


class PositionVersionRow(Base):
    __tablename__ = "position_versions"
    __table_args__ = (
        UniqueConstraint("account_id", "symbol_id", "content_hash"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint("octet_length(content_hash) = 16", name="content_hash_whole"),
        {"comment": "Contents of positions that do not change between polls, addressed by hash"},
    )

    id: Mapped[int] = primary_key_column(
        BigInteger, Identity(always=True), comment="Surrogate key; used by account_snapshots"
    )
    account_id: Mapped[int] = described_column("Account", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = described_column("Coin", ForeignKey("nof1.symbols.id"))
    content_hash: Mapped[bytes] = described_column("blake2b-128 of the columns after valid_from")
    valid_from: Mapped[datetime] = described_column("Time of the first observation with it")
    quantity: Mapped[float] = described_column("Coins; negative for a short")
    entry_price: Mapped[float | None] = described_column("USD")
    entry_at: Mapped[datetime | None] = described_column("Time of the entry; entry_time")
    leverage: Mapped[float | None] = described_column("Multiple of the margin")
    profit_target: Mapped[float | None] = described_column("USD")
    stop_loss: Mapped[float | None] = described_column("USD")
    invalidation: Mapped[str | None] = described_column("Condition in the trader's words")
    has_plan: Mapped[bool] = described_column("False where the API reports N/A")
    risk_usd: Mapped[float | None] = described_column("USD; risk as estimated by the trader")
    confidence: Mapped[float | None] = described_column("0 to 1, as stated by the trader")
    closed_pnl: Mapped[float | None] = described_column("USD")
    commission: Mapped[float | None] = described_column("USD")
    entry_oid: Mapped[int | None] = described_column("Hyperliquid order id", BigInteger)
    oid: Mapped[int | None] = described_column("Hyperliquid order id", BigInteger)
    tp_oid: Mapped[int | None] = described_column("Take-profit order id; null for none", BigInteger)
    sl_oid: Mapped[int | None] = described_column("Stop-loss order id; null for none", BigInteger)
    extra: Mapped[dict[str, Any] | None] = described_column(
        "Keys of the record that this program does not know"
    )


class PriceRow(Base):
    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("price <> 'NaN' AND abs(price) <> 'Infinity'", name="price_finite"),
        Index(None, "symbol_id", "ts"),
        {"comment": "Mid prices", "postgresql_partition_by": "RANGE (ts)"},
    )

    ts: Mapped[datetime] = primary_key_column(comment="Time of the quote")
    symbol_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Coin")
    price: Mapped[float] = described_column("USD")
    fetched_at: Mapped[datetime] = described_column("Time of the fetch")


class _RollupColumns:
    """Columns of both roll-ups. A bucket is written when it closes."""

    first_ts: Mapped[datetime] = mapped_column(comment="Time of the first observation")
    first: Mapped[float] = mapped_column(comment="USD")
    last_ts: Mapped[datetime] = mapped_column(comment="Time of the last observation")
    last: Mapped[float] = mapped_column(comment="USD")
    low_ts: Mapped[datetime] = mapped_column(comment="Time of the earliest lowest value")
    low: Mapped[float] = mapped_column(comment="USD")
    high_ts: Mapped[datetime] = mapped_column(comment="Time of the earliest highest value")
    high: Mapped[float] = mapped_column(comment="USD")
    n: Mapped[int] = mapped_column(Integer, comment="Number of observations")


def _width_constraint() -> CheckConstraint:
    return CheckConstraint("width_s IN (120, 600, 3600, 14400, 86400)", name="width")


class EquityRollupRow(_RollupColumns, Base):
    __tablename__ = "equity_rollup"
    __table_args__ = (
        _width_constraint(),
        CheckConstraint("n > 0 AND low <= high AND fall <= 0", name="sound"),
        {"comment": "Equity in USD per closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d"},
    )

    width_s: Mapped[int] = primary_key_column(autoincrement=False, comment="Width of the bucket in seconds")
    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Account")
    bucket: Mapped[datetime] = primary_key_column(
        comment="Beginning of the bucket, a multiple of its width since 1970 (UTC)"
    )
    fall: Mapped[float] = described_column("Maximum drawdown inside the bucket, as a fraction ≤ 0")


class PriceRollupRow(_RollupColumns, Base):
    __tablename__ = "price_rollup"
    __table_args__ = (
        _width_constraint(),
        CheckConstraint("n > 0 AND low <= high", name="sound"),
        {"comment": "Prices in USD per closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d"},
    )

    width_s: Mapped[int] = primary_key_column(autoincrement=False, comment="Width of the bucket in seconds")
    symbol_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Coin")
    bucket: Mapped[datetime] = primary_key_column(
        comment="Beginning of the bucket, a multiple of its width since 1970 (UTC)"
    )


class RetentionRow(Base):
    __tablename__ = "retention"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "Horizon up to which the time series have been thinned"},
    )

    id: Mapped[int] = primary_key_column(SmallInteger, autoincrement=False, comment="Always 1")
    pruned_before: Mapped[datetime] = described_column(
        "Older observations are kept hourly; roll-ups keep the detail"
    )
