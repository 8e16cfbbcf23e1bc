"""The records every room speaks in: frozen, slotted, floats as the wire gave them, times aware UTC.

`None` stands for "unknown" everywhere; the wire's sentinels (`-1`, `0`, `"N/A"`, `{}`) end in the
decoder. Field units are in the names: `_usd`, `_pct` (12.5 means 12.5 %), `_s`, `_epoch_seconds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Side = Literal["long", "short"]


class Feed(StrEnum):
    """One stream of records with its own cadence, health and back-off."""

    ACCOUNTS = "accounts"
    PRICES = "prices"
    TRADES = "trades"
    DECISIONS = "decisions"
    ANALYTICS = "analytics"
    SEASON = "season"


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """Which account a record belongs to: one trader may run several in one season."""

    season: str
    trader: str
    competition: str = ""

    @property
    def slug(self) -> str:
        """Short id for people and scripts: the trader, with its competition where there is one."""
        return f"{self.trader}@{self.competition}" if self.competition else self.trader


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """What the trader said would close the position."""

    profit_target: float | None = None
    stop_loss: float | None = None
    invalidation: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """One open position as its account row told it."""

    coin: str
    quantity: float
    """Negative is short."""
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
    """JSON object of the keys this program does not know, as they came."""

    @property
    def side(self) -> Side:
        return "short" if self.quantity < 0 else "long"

    @property
    def notional_usd(self) -> float | None:
        """Unsigned size at the mark, or at entry while there is no mark."""
        price = self.mark_price if self.mark_price is not None else self.entry_price
        return None if price is None else abs(self.quantity) * price


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account's state at `observed_at`; a row rewritten upstream is a new observation."""

    account: AccountKey
    observed_at: datetime
    fetched_at: datetime
    equity_usd: float
    hourly_marker: int | None = None
    """Whole hours since this account's own inception (contract 3.1)."""
    minute_marker: int | None = None
    return_pct_reported: float | None = None
    realized_usd: float | None = None
    unrealized_usd: float | None = None
    sharpe_reported: float | None = None
    positions: tuple[Position, ...] = ()
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """One closed trade. `net_usd` is upstream's and is not gross minus fees (contract, quirk 6)."""

    id: str
    account: AccountKey
    coin: str
    exit_at: datetime
    fetched_at: datetime
    quantity: float | None = None
    """Negative was short."""
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


@dataclass(frozen=True, slots=True)
class Signal:
    """What a decision says about one coin."""

    coin: str
    action: str
    """`hold`, `buy_to_enter`, `sell_to_enter`, `close_position`, or what else upstream says."""
    quantity: float | None = None
    leverage: float | None = None
    profit_target: float | None = None
    stop_loss: float | None = None
    risk_usd: float | None = None
    confidence: float | None = None
    invalidation: str | None = None
    justification: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionTexts:
    """The long texts of a decision; a board leaves them out, the store keeps them."""

    prompt: str | None = None
    reasoning: str | None = None
    """Free text, or the JSON object some traders give instead."""
    answer: str | None = None
    """The trader's answer as JSON; of a failed answer its raw text."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One model-chat cycle."""

    id: str
    account: AccountKey
    at: datetime
    fetched_at: datetime
    summary: str | None = None
    signals: tuple[Signal, ...] = ()
    answer_failed: bool = False
    """The answer was not JSON, so there are no signals."""
    inserted_at: datetime | None = None
    cycle: int | None = None
    run_id: str | None = None
    skill: str | None = None
    texts: DecisionTexts | None = None
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    coin: str
    price: float
    observed_at: datetime
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Analytics:
    """Upstream's own statistics of one account, kept as they came."""

    account: AccountKey
    updated_at: datetime
    fetched_at: datetime
    tables: str
    """JSON object of the record."""


@dataclass(frozen=True, slots=True)
class Inception:
    """A constant of the season: when an account began, and with what."""

    account: AccountKey
    inception_at: datetime
    capital_usd: float
    fetched_at: datetime


Record = AccountRow | Trade | Decision | Price | Analytics | Inception


def record_time(record: Record) -> datetime:
    """A record's own time, which tells freshness."""
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


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be decoded: it goes to quarantine, raw, with the reason."""

    endpoint: str
    raw: str
    reason: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """Where an endpoint's answers have left its contract; told once for each field and change."""

    endpoint: str
    field: str
    """The record's kind and the key: `position.funding`."""
    change: str
    """`new key`, or what came where something else is expected."""
    seen_at: datetime
    sample: str = ""
    """The beginning of the value that was seen first."""


ReconciliationVerdict = Literal["agrees", "checking", "drift", "unchecked"]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is known of an account's truth."""

    account: AccountKey
    verdict: ReconciliationVerdict
    checked_at: datetime
    """When the chain was last held against it; of `unchecked` when that was tried."""
    reason: str = ""
    """What differs, or why it was not checked."""
    drift_usd: float | None = None
    drift_pct: float | None = None
    since: datetime | None = None
    """When the drift was found that is not over yet, though it may not have been checked now."""


@dataclass(frozen=True, slots=True)
class RateLimitUsage:
    """What a source may ask for within a minute, where upstream weighs its questions."""

    spent: int
    """Within the last minute."""
    most: int
    waiting: int = 0
    """Questions that wait for their turn."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one answer said."""

    feed: Feed
    endpoint: str
    fetched_at: datetime
    made_at: datetime | None = None
    """Upstream's `serverTime`: when the body was made, not when it was sent."""
    accounts: tuple[AccountRow, ...] = ()
    trades: tuple[Trade, ...] = ()
    decisions: tuple[Decision, ...] = ()
    prices: tuple[Price, ...] = ()
    analytics: tuple[Analytics, ...] = ()
    inceptions: tuple[Inception, ...] = ()
    rejects: tuple[Reject, ...] = ()
    status: int | None = None
    body_bytes: int = 0
    latency_s: float = 0.0
    not_modified: bool = False
    coerced: int = 0
    """Records with a value of another type than the contract's that could be read all the same."""
    drift: tuple[SchemaDrift, ...] = ()
    """What this source had not noticed before."""
    skew_s: float | None = None
    """How far upstream's clock is ahead of ours; None when its answer told none."""
    piecemeal: bool = False
    """Whether it brings what was not told before, of whatever time, and not the newest there is."""
    budget: RateLimitUsage | None = None
    checks: tuple[Reconciliation, ...] = ()
    """How accounts stand against the chain."""

    @property
    def size(self) -> int:
        """Decoded records, rejects not counted."""
        return (
            len(self.accounts)
            + len(self.trades)
            + len(self.decisions)
            + len(self.prices)
            + len(self.analytics)
            + len(self.inceptions)
        )

    @property
    def newest_at(self) -> datetime | None:
        """The newest record's own time, which alone tells freshness."""
        kinds = (self.accounts, self.trades, self.decisions, self.prices, self.analytics, self.inceptions)
        return max((record_time(record) for kind in kinds for record in kind), default=None)
