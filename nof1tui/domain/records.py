"""The records that all packages exchange: immutable, floats as received, times timezone-aware UTC.

`None` means "unknown" everywhere; decoders replace the API's sentinels (`-1`, `0`, `"N/A"`, `{}`) by it.
Field names carry their unit: `_usd`, `_pct` (12.5 means 12.5 %), `_s` (seconds).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Side = Literal["long", "short"]


class Feed(StrEnum):
    """One stream of records with its own poll interval, health and back-off."""

    ACCOUNTS = "accounts"
    PRICES = "prices"
    TRADES = "trades"
    DECISIONS = "decisions"
    ANALYTICS = "analytics"
    SEASON = "season"


class AccountKey(Struct, frozen=True, order=True, gc=False):
    """The account a record belongs to; one trader may run several in one season."""

    season: str
    trader: str
    competition: str = ""

    @property
    def slug(self) -> str:
        """Short id for display and scripts: `trader`, or `trader@competition`."""
        return f"{self.trader}@{self.competition}" if self.competition else self.trader


class ExitPlan(Struct, frozen=True, gc=False):
    """The exit conditions that the trader stated for a position."""

    profit_target: float | None = None
    stop_loss: float | None = None
    invalidation: str | None = None


class Position(Struct, frozen=True, gc=False):
    """One open position as its account row reports it."""

    coin: str
    quantity: float
    """Negative: short."""
    entry_price: float | None = None
    mark_price: float | None = None
    unrealized_usd: float | None = None
    leverage: float | None = None
    margin_usd: float | None = None
    liquidation_price: float | None = None
    entry_at: datetime | None = None
    exit_plan: ExitPlan | None = None
    risk_usd: float | None = None
    confidence: float | None = None
    """0 to 1."""
    closed_pnl_usd: float | None = None
    commission_usd: float | None = None
    entry_oid: int | None = None
    oid: int | None = None
    tp_oid: int | None = None
    sl_oid: int | None = None
    extra: str | None = None
    """JSON object of the unknown keys, unchanged."""

    @property
    def side(self) -> Side:
        return "short" if self.quantity < 0 else "long"

    @property
    def notional_usd(self) -> float | None:
        """Unsigned size at the mark price, or at the entry price while the mark is unknown."""
        price = self.mark_price if self.mark_price is not None else self.entry_price
        return None if price is None else abs(self.quantity) * price


class AccountRow(Struct, frozen=True):
    """One account's state at `observed_at`; a row that the API rewrites is a new observation."""

    account: AccountKey
    observed_at: datetime
    fetched_at: datetime
    equity_usd: float
    hourly_marker: int | None = None
    """Whole hours since the account's inception (contract 3.1)."""
    minute_marker: int | None = None
    return_pct_reported: float | None = None
    realized_usd: float | None = None
    unrealized_usd: float | None = None
    sharpe_reported: float | None = None
    positions: tuple[Position, ...] = ()
    extra: str | None = None


class Trade(Struct, frozen=True, gc=False):
    """One closed trade. `net_usd` is as the API reports it, not gross minus fees (contract, quirk 6)."""

    id: str
    account: AccountKey
    coin: str
    exit_at: datetime
    fetched_at: datetime
    quantity: float | None = None
    """Negative: the position was short."""
    side: Side | None = None
    entry_at: datetime | None = None
    entry_price: float | None = None
    exit_price: float | None = None
    gross_usd: float | None = None
    net_usd: float | None = None
    fees_usd: float | None = None
    entry_fee_usd: float | None = None
    exit_fee_usd: float | None = None
    entry_closed_usd: float | None = None
    exit_closed_usd: float | None = None
    entry_oid: int | None = None
    exit_oid: int | None = None
    entry_tid: int | None = None
    exit_tid: int | None = None
    extra: str | None = None

    @property
    def held_s(self) -> float | None:
        return None if self.entry_at is None else (self.exit_at - self.entry_at).total_seconds()


class Signal(Struct, frozen=True, gc=False):
    """One coin's part of a decision."""

    coin: str
    action: str
    """`hold`, `buy_to_enter`, `sell_to_enter`, `close_position`, or another word of the API."""
    quantity: float | None = None
    leverage: float | None = None
    profit_target: float | None = None
    stop_loss: float | None = None
    risk_usd: float | None = None
    confidence: float | None = None
    invalidation: str | None = None
    justification: str | None = None


class DecisionTexts(Struct, frozen=True, gc=False):
    """The long texts of a decision; kept in the store, left out of boards."""

    prompt: str | None = None
    reasoning: str | None = None
    """Free text; of some traders a JSON object."""
    answer: str | None = None
    """The model's response as JSON, or its raw text if it is malformed."""


class Decision(Struct, frozen=True):
    """One model-chat cycle."""

    id: str
    account: AccountKey
    at: datetime
    fetched_at: datetime
    summary: str | None = None
    signals: tuple[Signal, ...] = ()
    answer_failed: bool = False
    """The response was not JSON, so `signals` is empty."""
    inserted_at: datetime | None = None
    cycle: int | None = None
    run_id: str | None = None
    skill: str | None = None
    texts: DecisionTexts | None = None
    extra: str | None = None


class Price(Struct, frozen=True, gc=False):
    """One observed price of a coin, USD."""

    coin: str
    price: float
    observed_at: datetime
    fetched_at: datetime


class Analytics(Struct, frozen=True, gc=False):
    """The API's own statistics of one account, unchanged."""

    account: AccountKey
    updated_at: datetime
    fetched_at: datetime
    tables: str
    """The record as a JSON object."""


class Inception(Struct, frozen=True, gc=False):
    """When an account was opened and with what capital, None if unknown; constant for the season."""

    account: AccountKey
    inception_at: datetime
    capital_usd: float | None
    fetched_at: datetime


Record = AccountRow | Trade | Decision | Price | Analytics | Inception


def record_time(record: Record) -> datetime:
    """The record's own time, from which freshness is derived."""
    match record:
        case AccountRow() | Price():
            return record.observed_at
        case Trade():
            return record.exit_at
        case Decision():
            return record.at
        case Analytics():
            return record.updated_at
        case Inception():
            return record.inception_at


ReconciliationVerdict = Literal["agrees", "checking", "drift", "unchecked"]


class Reconciliation(Struct, frozen=True, gc=False):
    """The result of checking one account against the chain."""

    account: AccountKey
    verdict: ReconciliationVerdict
    checked_at: datetime
    """Time of the last check; for `unchecked`, of the last attempt."""
    reason: str = ""
    """What differs, or why there was no check."""
    drift_usd: float | None = None
    drift_pct: float | None = None
    since: datetime | None = None
    """Start of a mismatch that has not ended; kept while checks fail."""
