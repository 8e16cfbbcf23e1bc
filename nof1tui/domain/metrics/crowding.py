"""Crowding: who holds which coin on which side, how far together, and who stands alone.

The crowd is all accounts taken as one: its exposure to a coin is the sum of their signed notionals
over the sum of their equities, so that a large account weighs more than a blown-up one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from nof1tui.domain.metrics.figure_value import FigureValue, figure_value
from nof1tui.domain.records import AccountKey, AccountRow, Position, Side

_HOLDERS = "accounts holding"
_MIN_CROWD = 2
"""So many on one side are a crowd; a single one against them stands alone."""


@dataclass(frozen=True, slots=True)
class CoinHolding:
    """What one account holds of one coin."""

    side: Side | None
    """None where several positions in the coin cancel out."""
    notional_usd: float | None
    """Signed: a short is negative. None where a position has no price."""
    share: float | None
    """Signed notional over the account's equity; None where either is unknown or equity is not above 0."""


@dataclass(frozen=True, slots=True)
class CoinCrowding:
    """One coin across all accounts."""

    coin: str
    net: FigureValue
    """Σ signed notional / Σ equity of the accounts: above 0 the crowd is long."""
    gross: FigureValue
    """Σ |notional| / Σ equity."""
    longs: tuple[AccountKey, ...]
    shorts: tuple[AccountKey, ...]
    contrarian: AccountKey | None
    """The only account on its side, while two or more hold the other; those without the coin don't count."""


@dataclass(frozen=True, slots=True)
class Crowding:
    """The coin × account matrix and what it says of each coin."""

    accounts: tuple[AccountKey, ...]
    coins: tuple[CoinCrowding, ...]
    """Largest gross exposure first."""
    holdings: Mapping[tuple[str, AccountKey], CoinHolding]
    """Only where something is held."""

    def holding(self, coin: str, account: AccountKey) -> CoinHolding | None:
        return self.holdings.get((coin, account))


def crowding(rows: Iterable[AccountRow]) -> Crowding:
    """The crowd of these accounts' newest rows; leave out benchmarks, which do not decide anything."""
    ordered = {row.account: row for row in rows}
    holdings: dict[tuple[str, AccountKey], CoinHolding] = {}
    for row in ordered.values():
        for coin in dict.fromkeys(position.coin for position in row.positions):
            holdings[coin, row.account] = _coin_holding(row, coin)
    pool = fsum(row.equity_usd for row in ordered.values() if row.equity_usd > 0)
    coins = dict.fromkeys(coin for coin, _ in holdings)
    crowds = [_coin_crowding(coin, ordered, holdings, pool) for coin in coins]
    crowds.sort(key=lambda crowd: (-(crowd.gross.value or 0.0), crowd.coin))
    return Crowding(tuple(ordered), tuple(crowds), holdings)


def _coin_holding(row: AccountRow, coin: str) -> CoinHolding:
    positions = [position for position in row.positions if position.coin == coin]
    quantity = fsum(position.quantity for position in positions)
    side: Side | None = "long" if quantity > 0 else "short" if quantity < 0 else None
    notionals = [_signed_usd(position) for position in positions]
    if None in notionals:
        return CoinHolding(side, None, None)
    notional = fsum(value for value in notionals if value is not None)
    return CoinHolding(side, notional, notional / row.equity_usd if row.equity_usd > 0 else None)


def _signed_usd(position: Position) -> float | None:
    notional = position.notional_usd
    return -notional if notional is not None and position.side == "short" else notional


def _coin_crowding(
    coin: str,
    accounts: Iterable[AccountKey],
    holdings: Mapping[tuple[str, AccountKey], CoinHolding],
    pool_usd: float,
) -> CoinCrowding:
    held = {key: holdings[coin, key] for key in accounts if (coin, key) in holdings}
    longs = tuple(key for key, holding in held.items() if holding.side == "long")
    shorts = tuple(key for key, holding in held.items() if holding.side == "short")
    known = [holding.notional_usd for holding in held.values() if holding.notional_usd is not None]
    whole = len(known) == len(held) and pool_usd > 0
    missing = "no equity is above zero" if pool_usd <= 0 else "a position has no price"
    net = fsum(known) / pool_usd if whole else None
    gross = fsum(map(abs, known)) / pool_usd if whole else None
    return CoinCrowding(
        coin,
        net=figure_value(net, len(held), _HOLDERS, missing=missing),
        gross=figure_value(gross, len(held), _HOLDERS, missing=missing),
        longs=longs,
        shorts=shorts,
        contrarian=_contrarian(longs, shorts) or _contrarian(shorts, longs),
    )


def _contrarian(one: tuple[AccountKey, ...], others: tuple[AccountKey, ...]) -> AccountKey | None:
    return one[0] if len(one) == 1 and len(others) >= _MIN_CROWD else None
