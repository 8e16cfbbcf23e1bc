"""Whether an arena tells the truth about an account whose wallet is known: its rows against the chain.

What a wallet was worth at a past moment follows exactly from what it holds now: its money is the account
value less the positions at their marks; each later fill is taken back, its price times its size and its fee
with it. A row is held against that at its own prices, so that prices that have moved since say nothing. Rows
may be told up to a minute early or late (`MAX_REPORT_LAG`), so a row agrees if it fits any moment that near.

A row that disagrees is a suspect: it is judged again at the next check, when the chain has had time to tell
what it did not know yet. Only if it still disagrees, and the newest row does as well, is it a drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.records import AccountKey, AccountRow, Reconciliation

MAX_REPORT_LAG = timedelta(seconds=60)
MAX_ROW_AGE = timedelta(minutes=10)
"""A row older than this says nothing of now, and is not held against the chain."""
SIZE_TOLERANCE = 1e-6
"""Relative; floats and decimals of one quantity."""
_MIN_TOLERANCE_USD = 2.0
_EQUITY_TOLERANCE, _NOTIONAL_TOLERANCE = 0.0025, 0.0003
"""What equities may differ by: funding paid in between, and marks told at another moment."""
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class ChainPosition:
    coin: str
    quantity: Decimal
    """Signed."""
    mark: Decimal


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the chain says of a wallet now."""

    at: datetime
    account_value_usd: Decimal
    positions: tuple[ChainPosition, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainDifference:
    """How a row and the chain disagree."""

    usd: float
    """Of equity, signed; where positions differ what they are worth."""
    pct: float
    """Of the equity that the chain says; 0 where that is nothing."""
    description: str


@dataclass(frozen=True, slots=True)
class ReconciliationState:
    """One account between two checks."""

    reconciliation: Reconciliation
    suspect: AccountRow | None = None


@dataclass(frozen=True, slots=True)
class _WalletMoment:
    """The wallet as it was until the next fill."""

    cash_usd: Decimal
    """Account value without the positions' marks."""
    held: Mapping[str, Decimal]


def compare_with_chain(row: AccountRow, state: ChainState, fills: Iterable[Fill]) -> ChainDifference | None:
    """How a row disagrees with the chain; None if it agrees.

    `fills` are those of the wallet from a minute before the row on, in any order.
    """
    marks = {holding.coin: holding.mark for holding in state.positions}
    marks |= {fill.coin: fill.price for fill in _latest_first(fills) if fill.coin not in marks}
    marks |= {
        position.coin: Decimal(repr(position.mark_price))
        for position in row.positions
        if position.mark_price is not None
    }
    found = [_difference(row, moment, marks) for moment in _wallet_moments(row.observed_at, state, fills)]
    if any(difference is None for difference in found):
        return None
    return min((difference for difference in found if difference), key=lambda its: abs(its.usd))


def next_state(
    before: ReconciliationState | None,
    row: AccountRow,
    now: datetime,
    newest: ChainDifference | None,
    suspect: ChainDifference | None,
) -> ReconciliationState:
    """What is known after one more check.

    `newest` is how the newest row disagrees, `suspect` how the one of before does by now.
    """
    key = row.account
    if newest is None:
        return ReconciliationState(Reconciliation(key, "agrees", now))
    since = before.reconciliation.since if before else None
    if since is not None:
        return ReconciliationState(_drift(key, now, newest, since), row)
    if before is None or before.suspect is None:
        return ReconciliationState(Reconciliation(key, "checking", now, newest.description), row)
    if now - before.suspect.observed_at < MAX_REPORT_LAG:
        return ReconciliationState(Reconciliation(key, "checking", now, newest.description), before.suspect)
    if suspect is None:
        return ReconciliationState(Reconciliation(key, "checking", now, newest.description), row)
    return ReconciliationState(_drift(key, now, newest, now), row)


def mark_unchecked(
    before: ReconciliationState | None, account: AccountKey, now: datetime, reason: str
) -> ReconciliationState:
    """The chain could not be asked: nothing is known of now. A suspect stays one, a drift is not over."""
    if before is None:
        return ReconciliationState(Reconciliation(account, "unchecked", now, reason))
    was = before.reconciliation
    check = Reconciliation(account, "unchecked", now, reason, was.drift_usd, was.drift_pct, was.since)
    return ReconciliationState(check, before.suspect)


def _drift(account: AccountKey, now: datetime, found: ChainDifference, since: datetime) -> Reconciliation:
    return Reconciliation(account, "drift", now, found.description, found.usd, found.pct, since)


def _wallet_moments(at: datetime, state: ChainState, fills: Iterable[Fill]) -> Iterator[_WalletMoment]:
    """The wallet at each moment within a minute of another one, newest first."""
    held = {holding.coin: holding.quantity for holding in state.positions}
    money = state.account_value_usd - sum((its.quantity * its.mark for its in state.positions), ZERO)
    for fill in _latest_first(fills):
        if fill.at > state.at:
            continue
        if fill.at <= at + MAX_REPORT_LAG:
            yield _WalletMoment(money, dict(held))
        if fill.at < at - MAX_REPORT_LAG:
            return
        money += fill.signed_size * fill.price + fill.fee
        held[fill.coin] = held.get(fill.coin, ZERO) - fill.signed_size
    yield _WalletMoment(money, held)


def _latest_first(fills: Iterable[Fill]) -> Sequence[Fill]:
    return sorted((fill for fill in fills if not fill.is_spot), key=lambda fill: fill.sort_key, reverse=True)


def _difference(
    row: AccountRow, moment: _WalletMoment, marks: Mapping[str, Decimal]
) -> ChainDifference | None:
    told = {position.coin: position.quantity for position in row.positions}
    held = {coin: float(quantity) for coin, quantity in moment.held.items() if quantity}
    prices = {coin: float(mark) for coin, mark in marks.items()}
    notional = sum(abs(quantity) * prices.get(coin, 0.0) for coin, quantity in held.items())
    equity = float(moment.cash_usd) + sum(quantity * prices.get(coin, 0.0) for coin, quantity in held.items())
    wrong = [
        coin for coin in sorted({*told, *held}) if not _same_size(told.get(coin, 0.0), held.get(coin, 0.0))
    ]
    if wrong:
        worth = sum(abs(told.get(coin, 0.0) - held.get(coin, 0.0)) * prices.get(coin, 0.0) for coin in wrong)
        words = "; ".join(_position_words(coin, told.get(coin, 0.0), held.get(coin, 0.0)) for coin in wrong)
        return ChainDifference(worth, _percent(worth, equity), words)
    off = row.equity_usd - equity
    if abs(off) <= max(_MIN_TOLERANCE_USD, _EQUITY_TOLERANCE * abs(equity) + _NOTIONAL_TOLERANCE * notional):
        return None
    return ChainDifference(
        off, _percent(off, equity), f"equity {row.equity_usd:,.2f}, by the chain {equity:,.2f}"
    )


def _same_size(told: float, held: float) -> bool:
    return abs(told - held) <= SIZE_TOLERANCE * max(abs(told), abs(held))


def _percent(usd: float, equity: float) -> float:
    return _PERCENT * usd / equity if equity > 0 else 0.0


def _position_words(coin: str, told: float, held: float) -> str:
    if not told:
        return f"hidden {coin} {_format_size(held)}"
    if not held:
        return f"invented {coin} {_format_size(told)}"
    return f"{coin} {_format_size(told)}, by the chain {_format_size(held)}"


def _format_size(quantity: float) -> str:
    return f"{'long' if quantity > 0 else 'short'} {abs(quantity):g}"
