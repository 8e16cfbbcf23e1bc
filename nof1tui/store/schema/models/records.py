"""Trades, decisions, analytics, events, quarantined records and schema drift."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class TradeRow(Base):
    __tablename__ = "trades"
    __table_args__ = (
        CheckConstraint("side IN ('long', 'short')", name="side"),
        CheckConstraint("id <> ''", name="id_told"),
        Index(None, "exit_ts", "id"),
        Index(None, "account_id", "exit_ts"),
        Index(None, "account_id", "symbol_id", "exit_ts"),
        Index(None, "symbol_id", "exit_ts"),
        {"comment": "Closed trades; the API has only the newest 100 of each model"},
    )

    id: Mapped[str] = primary_key_column(comment="<model>_<uuid4>")
    account_id: Mapped[int] = described_column("Account", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = described_column("Coin", ForeignKey("nof1.symbols.id"))
    exit_ts: Mapped[datetime] = described_column("Time of the exit")
    entry_ts: Mapped[datetime | None] = described_column("Time of the entry")
    side: Mapped[str | None] = described_column("long or short")
    quantity: Mapped[float | None] = described_column("Coins; negative for a short")
    entry_price: Mapped[float | None] = described_column("USD")
    exit_price: Mapped[float | None] = described_column("USD")
    gross: Mapped[float | None] = described_column("USD; realized_gross_pnl")
    net: Mapped[float | None] = described_column("USD; realized_net_pnl")
    fees: Mapped[float | None] = described_column("USD; total_commission_dollars")
    entry_fee: Mapped[float | None] = described_column("USD")
    exit_fee: Mapped[float | None] = described_column("USD")
    entry_closed: Mapped[float | None] = described_column("USD; entry_closed_pnl")
    exit_closed: Mapped[float | None] = described_column("USD; exit_closed_pnl")
    entry_oid: Mapped[int | None] = described_column("Hyperliquid order id; not unique", BigInteger)
    exit_oid: Mapped[int | None] = described_column("Hyperliquid order id; not unique", BigInteger)
    entry_tid: Mapped[int | None] = described_column("Hyperliquid trade id", BigInteger)
    exit_tid: Mapped[int | None] = described_column("Hyperliquid trade id", BigInteger)
    extra: Mapped[dict[str, Any] | None] = described_column(
        "Keys of the record that this program does not know"
    )
    fetched_at: Mapped[datetime] = described_column("Time of the fetch")


class DecisionRow(Base):
    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "ts", "id"),
        Index(None, "account_id", "ts"),
        Index(None, "search", postgresql_using="gin"),
        {"comment": "Model-chat cycles; the API has about the last half hour"},
    )

    id: Mapped[str] = primary_key_column(comment="<model>_<seconds>")
    account_id: Mapped[int] = described_column("Account", ForeignKey("nof1.accounts.id"))
    ts: Mapped[datetime] = described_column("Time at which the model was queried")
    inserted_ts: Mapped[datetime | None] = described_column("Time at which the API's backend stored it")
    cycle: Mapped[int | None] = described_column("Number of the cycle; cycle_id", BigInteger)
    run_id: Mapped[str | None] = described_column("As reported by the API")
    skill: Mapped[str | None] = described_column("As reported by the API")
    summary: Mapped[str | None] = described_column("Text that the site shows as chat")
    reasoning: Mapped[str | None] = described_column("Free text; JSON for traders that expose no reasoning")
    prompt: Mapped[str | None] = described_column("Prompt of the model; user_prompt")
    answer: Mapped[str | None] = described_column("Response as JSON; raw text of a malformed response")
    answer_failed: Mapped[bool] = described_column("Whether the response was malformed")
    signals: Mapped[list[dict[str, Any]]] = described_column("Signals, one per coin", JSONB)
    extra: Mapped[dict[str, Any] | None] = described_column(
        "Keys of the record that this program does not know"
    )
    content_hash: Mapped[bytes] = described_column("blake2b-128 of the record, to detect revisions")
    fetched_at: Mapped[datetime] = described_column("Time of the fetch")
    search: Mapped[Any] = described_column(
        "Full-text index of summary and reasoning",
        TSVECTOR,
        Computed(
            "to_tsvector('simple', left(coalesce(summary, '') || ' ' || coalesce(reasoning, ''), 200000))",
            persisted=True,
        ),
    )


class AnalyticsRow(Base):
    __tablename__ = "analytics"
    __table_args__ = ({"comment": "Statistics as reported by the API"},)

    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Account")
    updated_at: Mapped[datetime] = primary_key_column(comment="Time at which the API computed them")
    tables: Mapped[dict[str, Any]] = described_column("Tables as reported by the API")
    fetched_at: Mapped[datetime] = described_column("Time of the fetch")


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("side IN ('long', 'short')", name="side"),
        CheckConstraint("quantity >= 0", name="quantity_unsigned"),
        Index(None, "ts", "id"),
        Index(None, "account_id", "ts"),
        Index(None, "kind", "ts"),
        {"comment": "Events derived from the records; deriving an event again gives the same id"},
    )

    id: Mapped[str] = primary_key_column(comment="Kind, account, coin and time, or the trade's id")
    ts: Mapped[datetime] = described_column("Time of the record that shows it")
    kind: Mapped[str] = described_column(
        "opened, closed, increased, reduced, flipped, leverage, plan, liquidation, trade, lead, rank, "
        "joined, coin, down, up, drift"
    )
    account_id: Mapped[int | None] = described_column(
        "Account; null for events of a feed", ForeignKey("nof1.accounts.id")
    )
    symbol_id: Mapped[int | None] = described_column("Coin", ForeignKey("nof1.symbols.id"))
    side: Mapped[str | None] = described_column("long or short")
    quantity: Mapped[float | None] = described_column("Coins, unsigned: the size or its change")
    price: Mapped[float | None] = described_column("USD")
    leverage: Mapped[float | None] = described_column("Multiple of the margin")
    net: Mapped[float | None] = described_column("USD; net result of a trade")
    other_id: Mapped[int | None] = described_column(
        "Other account: the previous leader", ForeignKey("nof1.accounts.id")
    )
    value: Mapped[float | None] = described_column(
        "Rank, leverage, percent of the mark price to liquidation, or percent of drift"
    )
    was: Mapped[float | None] = described_column("Previous rank or leverage")
    plan: Mapped[dict[str, Any] | None] = described_column(
        "New exit plan: profit_target, stop_loss, invalidation"
    )
    plan_was: Mapped[dict[str, Any] | None] = described_column("Previous exit plan")
    feed: Mapped[str | None] = described_column("Feed that went down or recovered")
    reason: Mapped[str | None] = described_column("Error of the feed, or difference of the drift")


class QuarantineRow(Base):
    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("endpoint", "raw_hash"),
        CheckConstraint("count > 0", name="count_positive"),
        {"comment": "Undecodable records, raw, with the reason"},
    )

    id: Mapped[int] = primary_key_column(BigInteger, Identity(always=True), comment="Surrogate key")
    endpoint: Mapped[str] = described_column("Endpoint of the response")
    raw_hash: Mapped[bytes] = described_column("sha256 of raw")
    raw: Mapped[str] = described_column("Raw text of the record")
    reason: Mapped[str] = described_column("Decoding error")
    first_seen_at: Mapped[datetime] = described_column("Time of the first response with it")
    last_seen_at: Mapped[datetime] = described_column("Time of the last response with it")
    count: Mapped[int] = described_column("Number of responses with it", BigInteger)


class DriftRow(Base):
    __tablename__ = "schema_drift"
    __table_args__ = ({"comment": "Differences between responses and the API's contract"},)

    endpoint: Mapped[str] = primary_key_column(comment="Endpoint of the responses")
    field: Mapped[str] = primary_key_column(comment="Kind of record and key")
    change: Mapped[str] = primary_key_column(comment="New key, or expected and received type")
    sample: Mapped[str] = described_column("Beginning of the first value seen")
    first_seen_at: Mapped[datetime] = described_column("Time of the first response with it")
    last_seen_at: Mapped[datetime] = described_column(
        "Time of the last detection by a newly started collector"
    )
