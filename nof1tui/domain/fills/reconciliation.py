"""Reconciliation of account rows with the chain, for accounts whose wallet is known.

The value of a wallet at a past time follows exactly from its current state: cash is the account value minus
the positions at their marks; later fills are reversed, with price times size and fee. A row is compared at
its own prices, so later price changes do not matter. Rows may be up to a minute early or late
(`MAX_REPORT_LAG`), so a row agrees if it fits the wallet at any time within that range.

A row that disagrees is a suspect and is compared again at the next check, when the chain may report fills
that were missing. It is a drift only if it still disagrees and the newest row disagrees as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.records import AccountKey, AccountRow, Reconciliation

MAX_REPORT_LAG = timedelta(seconds=60)
MAX_ROW_AGE = timedelta(minutes=10)
"""Older rows are not compared with the chain."""
SIZE_TOLERANCE = 1e-6
"""Relative; rounding between floats and decimals."""
_MIN_TOLERANCE_USD = 2.0
_EQUITY_TOLERANCE, _NOTIONAL_TOLERANCE = 0.0025, 0.0003
"""Allowed difference of equities, for funding and marks of slightly different times."""
_PERCENT = 100.0


class ChainPosition(Struct, frozen=True, gc=False):
    """An open position on the chain, with its mark price."""

    coin: str
    quantity: Decimal
    """Signed."""
    mark: Decimal


class ChainState(Struct, frozen=True):
    """Account value and positions of a wallet on the chain."""

    at: datetime
    account_value_usd: Decimal
    positions: tuple[ChainPosition, ...] = ()


class ChainDifference(Struct, frozen=True, gc=False):
    """The difference between a row and the chain."""

    usd: float
    """Signed difference of equity; if positions differ, the value of the difference."""
    pct: float
    """In percent of the equity on the chain; 0 if that is not above zero."""
    description: str


class ReconciliationState(Struct, frozen=True):
    """State of one account between two checks."""

    reconciliation: Reconciliation
    suspect: AccountRow | None = None


class _WalletMoment(Struct, frozen=True):
    """The wallet between two fills."""

    cash_usd: Decimal
    """Account value minus positions at their marks."""
    held: Mapping[str, Decimal]


def compare_with_chain(row: AccountRow, state: ChainState, fills: Iterable[Fill]) -> ChainDifference | None:
    """The difference between a row and the chain; None if they agree.

    `fills` are those of the wallet from a minute before the row on, in any order.
    """
    marks = {holding.coin: holding.mark for holding in state.positions}
    marks |= {fill.coin: fill.price for fill in _latest_first(fills) if fill.coin not in marks}
    marks |= {
        position.coin: Decimal(repr(position.mark_price))
        for position in row.positions
        if position.mark_price is not None
    }
    differences = [
        _difference(row, moment, marks) for moment in _wallet_moments(row.observed_at, state, fills)
    ]
    if any(difference is None for difference in differences):
        return None
    return min((found for found in differences if found), key=lambda found: abs(found.usd))


def next_state(
    before: ReconciliationState | None,
    row: AccountRow,
    now: datetime,
    newest: ChainDifference | None,
    suspect: ChainDifference | None,
) -> ReconciliationState:
    """The state after one more check.

    `newest` is the difference of the newest row, `suspect` the present difference of the earlier suspect.
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
    """The state after a failed check: `unchecked`; a suspect and a drift are kept."""
    if before is None:
        return ReconciliationState(Reconciliation(account, "unchecked", now, reason))
    last = before.reconciliation
    check = Reconciliation(account, "unchecked", now, reason, last.drift_usd, last.drift_pct, last.since)
    return ReconciliationState(check, before.suspect)


def _drift(
    account: AccountKey, now: datetime, difference: ChainDifference, since: datetime
) -> Reconciliation:
    return Reconciliation(
        account, "drift", now, difference.description, difference.usd, difference.pct, since
    )


def _wallet_moments(at: datetime, state: ChainState, fills: Iterable[Fill]) -> Iterator[_WalletMoment]:
    """The states of the wallet within `MAX_REPORT_LAG` of a time, newest first."""
    held = {holding.coin: holding.quantity for holding in state.positions}
    cash_usd = state.account_value_usd - sum(
        (position.quantity * position.mark for position in state.positions), ZERO
    )
    for fill in _latest_first(fills):
        if fill.at > state.at:
            continue
        if fill.at <= at + MAX_REPORT_LAG:
            yield _WalletMoment(cash_usd, dict(held))
        if fill.at < at - MAX_REPORT_LAG:
            return
        cash_usd += fill.signed_size * fill.price + fill.fee
        held[fill.coin] = held.get(fill.coin, ZERO) - fill.signed_size
    yield _WalletMoment(cash_usd, held)


def _latest_first(fills: Iterable[Fill]) -> Sequence[Fill]:
    return sorted((fill for fill in fills if not fill.is_spot), key=lambda fill: fill.sort_key, reverse=True)


def _difference(
    row: AccountRow, moment: _WalletMoment, marks: Mapping[str, Decimal]
) -> ChainDifference | None:
    reported = {position.coin: position.quantity for position in row.positions}
    held = {coin: float(quantity) for coin, quantity in moment.held.items() if quantity}
    prices = {coin: float(mark) for coin, mark in marks.items()}
    notional = sum(abs(quantity) * prices.get(coin, 0.0) for coin, quantity in held.items())
    equity = float(moment.cash_usd) + sum(quantity * prices.get(coin, 0.0) for coin, quantity in held.items())
    sizes = {coin: (reported.get(coin, 0.0), held.get(coin, 0.0)) for coin in sorted({*reported, *held})}
    differing = {coin: pair for coin, pair in sizes.items() if not _same_size(*pair)}
    if differing:
        value_usd = sum(
            abs(row_size - size) * prices.get(coin, 0.0) for coin, (row_size, size) in differing.items()
        )
        description = "; ".join(_describe_difference(coin, *pair) for coin, pair in differing.items())
        return ChainDifference(value_usd, _percent(value_usd, equity), description)
    difference_usd = row.equity_usd - equity
    tolerance_usd = max(_MIN_TOLERANCE_USD, _EQUITY_TOLERANCE * abs(equity) + _NOTIONAL_TOLERANCE * notional)
    if abs(difference_usd) <= tolerance_usd:
        return None
    return ChainDifference(
        difference_usd,
        _percent(difference_usd, equity),
        f"equity {row.equity_usd:,.2f}, on chain {equity:,.2f}",
    )


def _same_size(reported: float, held: float) -> bool:
    return abs(reported - held) <= SIZE_TOLERANCE * max(abs(reported), abs(held))


def _percent(usd: float, equity: float) -> float:
    return _PERCENT * usd / equity if equity > 0 else 0.0


def _describe_difference(coin: str, reported: float, held: float) -> str:
    if not reported:
        return f"unreported {coin} {_format_size(held)}"
    if not held:
        return f"{coin} {_format_size(reported)}, none on chain"
    return f"{coin} {_format_size(reported)}, on chain {_format_size(held)}"


def _format_size(quantity: float) -> str:
    return f"{'long' if quantity > 0 else 'short'} {abs(quantity):g}"
