"""Trades, decisions, analytics, events, and what could not be decoded."""

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
        {"comment": "Closed trades; upstream keeps only the newest 100 of each model"},
    )

    id: Mapped[str] = primary_key_column(comment="<model>_<uuid4>")
    account_id: Mapped[int] = described_column("Whose", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int] = described_column("Its coin", ForeignKey("nof1.symbols.id"))
    exit_ts: Mapped[datetime] = described_column("When it was closed")
    entry_ts: Mapped[datetime | None] = described_column("When it was opened")
    side: Mapped[str | None] = described_column("long or short")
    quantity: Mapped[float | None] = described_column("Coins; negative was short")
    entry_price: Mapped[float | None] = described_column("USD")
    exit_price: Mapped[float | None] = described_column("USD")
    gross: Mapped[float | None] = described_column("USD; realized_gross_pnl")
    net: Mapped[float | None] = described_column("USD; realized_net_pnl, the result")
    fees: Mapped[float | None] = described_column("USD; total_commission_dollars")
    entry_fee: Mapped[float | None] = described_column("USD")
    exit_fee: Mapped[float | None] = described_column("USD")
    entry_closed: Mapped[float | None] = described_column("USD; entry_closed_pnl")
    exit_closed: Mapped[float | None] = described_column("USD; exit_closed_pnl")
    entry_oid: Mapped[int | None] = described_column("Hyperliquid order; not unique", BigInteger)
    exit_oid: Mapped[int | None] = described_column("Hyperliquid order; not unique", BigInteger)
    entry_tid: Mapped[int | None] = described_column("Hyperliquid trade", BigInteger)
    exit_tid: Mapped[int | None] = described_column("Hyperliquid trade", BigInteger)
    extra: Mapped[dict[str, Any] | None] = described_column("Keys this program does not know")
    fetched_at: Mapped[datetime] = described_column("When it was fetched")


class DecisionRow(Base):
    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "ts", "id"),
        Index(None, "account_id", "ts"),
        Index(None, "search", postgresql_using="gin"),
        {"comment": "Model-chat cycles; upstream reaches back about half an hour"},
    )

    id: Mapped[str] = primary_key_column(comment="<model>_<seconds>")
    account_id: Mapped[int] = described_column("Whose", ForeignKey("nof1.accounts.id"))
    ts: Mapped[datetime] = described_column("When the model was asked")
    inserted_ts: Mapped[datetime | None] = described_column("When upstream stored it")
    cycle: Mapped[int | None] = described_column("Number of the cycle; cycle_id", BigInteger)
    run_id: Mapped[str | None] = described_column("As it came")
    skill: Mapped[str | None] = described_column("As it came")
    summary: Mapped[str | None] = described_column("What the site shows as chat")
    reasoning: Mapped[str | None] = described_column("Free text, or JSON of traders that expose none")
    prompt: Mapped[str | None] = described_column("What the model was asked; user_prompt")
    answer: Mapped[str | None] = described_column("JSON as answered; raw text of a failed answer")
    answer_failed: Mapped[bool] = described_column("The answer was not what was asked for")
    signals: Mapped[list[dict[str, Any]]] = described_column("What it decided, coin by coin", JSONB)
    extra: Mapped[dict[str, Any] | None] = described_column("Keys this program does not know")
    content_hash: Mapped[bytes] = described_column("blake2b-128 over the record; tells a changed one")
    fetched_at: Mapped[datetime] = described_column("When it was fetched")
    search: Mapped[Any] = described_column(
        "Words of summary and reasoning",
        TSVECTOR,
        Computed(
            "to_tsvector('simple', left(coalesce(summary, '') || ' ' || coalesce(reasoning, ''), 200000))",
            persisted=True,
        ),
    )


class AnalyticsRow(Base):
    __tablename__ = "analytics"
    __table_args__ = ({"comment": "Upstream's own statistics, as they came"},)

    account_id: Mapped[int] = primary_key_column(autoincrement=False, comment="Whose")
    updated_at: Mapped[datetime] = primary_key_column(comment="When upstream worked them out")
    tables: Mapped[dict[str, Any]] = described_column("Tables of figures, as they came")
    fetched_at: Mapped[datetime] = described_column("When it was fetched")


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("side IN ('long', 'short')", name="side"),
        CheckConstraint("quantity >= 0", name="quantity_unsigned"),
        Index(None, "ts", "id"),
        Index(None, "account_id", "ts"),
        Index(None, "kind", "ts"),
        {"comment": "What happened, derived from the records; the same event has the same id"},
    )

    id: Mapped[str] = primary_key_column(comment="Kind, account, coin and moment, or the trade's id")
    ts: Mapped[datetime] = described_column("Time of the record that tells it")
    kind: Mapped[str] = described_column(
        "opened, closed, increased, reduced, flipped, leverage, plan, liquidation, trade, lead, rank, "
        "joined, coin, down, up, drift"
    )
    account_id: Mapped[int | None] = described_column("Whose; null of a feed", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int | None] = described_column("Its coin", ForeignKey("nof1.symbols.id"))
    side: Mapped[str | None] = described_column("long or short")
    quantity: Mapped[float | None] = described_column("Coins, unsigned: the size, or by how much it changed")
    price: Mapped[float | None] = described_column("USD")
    leverage: Mapped[float | None] = described_column("A multiple")
    net: Mapped[float | None] = described_column("USD; result of a trade")
    other_id: Mapped[int | None] = described_column(
        "The other account: who lost the lead", ForeignKey("nof1.accounts.id")
    )
    value: Mapped[float | None] = described_column(
        "Rank, leverage, percent of the mark left until liquidation, or percent of the drift"
    )
    was: Mapped[float | None] = described_column("What rank or leverage was before")
    plan: Mapped[dict[str, Any] | None] = described_column(
        "Exit plan now: profit_target, stop_loss, invalidation"
    )
    plan_was: Mapped[dict[str, Any] | None] = described_column("Exit plan before")
    feed: Mapped[str | None] = described_column("Which feed went down or came back")
    reason: Mapped[str | None] = described_column("Why it went down, or what differs")


class QuarantineRow(Base):
    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("endpoint", "raw_hash"),
        CheckConstraint("count > 0", name="count_positive"),
        {"comment": "Records that could not be decoded, raw, with the reason"},
    )

    id: Mapped[int] = primary_key_column(BigInteger, Identity(always=True), comment="Ours")
    endpoint: Mapped[str] = described_column("Where it came from")
    raw_hash: Mapped[bytes] = described_column("sha256 of raw")
    raw: Mapped[str] = described_column("The record as it came")
    reason: Mapped[str] = described_column("Why it could not be decoded")
    first_seen_at: Mapped[datetime] = described_column("First answer that had it")
    last_seen_at: Mapped[datetime] = described_column("Last answer that had it")
    count: Mapped[int] = described_column("Answers that had it", BigInteger)


class DriftRow(Base):
    __tablename__ = "schema_drift"
    __table_args__ = (
        {"comment": "Where upstream's answers left their contract, each noticed once by each collector"},
    )

    endpoint: Mapped[str] = primary_key_column(comment="Whose answers")
    field: Mapped[str] = primary_key_column(comment="Kind of record and key")
    change: Mapped[str] = primary_key_column(comment="A new key, or what came instead of what")
    sample: Mapped[str] = described_column("Beginning of the first value")
    first_seen_at: Mapped[datetime] = described_column("First answer that had it")
    last_seen_at: Mapped[datetime] = described_column("Last time a collector noticed it anew")
