"""Crowding: exposure of all accounts to each coin, their sides, and contrarians.

All accounts are taken as one: exposure to a coin is the sum of signed notionals over the sum of
equities, so a large account has more weight than a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import fsum

from msgspec import Struct

from nof1tui.domain.metrics.figure_value import FigureValue, figure_value
from nof1tui.domain.records import AccountKey, AccountRow, Position, Side

_HOLDERS = "accounts holding"
_MIN_CROWD = 2
"""Accounts needed on one side for a single one on the other to be a contrarian."""


class CoinHolding(Struct, frozen=True, gc=False):
    """One account's position in one coin."""

    side: Side | None
    """None if several positions in the coin cancel out."""
    notional_usd: float | None
    """Signed: a short is negative. None if a position has no price."""
    share: float | None
    """Signed notional over the account's equity; None if either is unknown or equity is not above 0."""


class CoinCrowding(Struct, frozen=True):
    """One coin across all accounts."""

    coin: str
    net: FigureValue
    """Σ signed notional / Σ equity of the accounts; above 0 is net long."""
    gross: FigureValue
    """Σ |notional| / Σ equity."""
    longs: tuple[AccountKey, ...]
    shorts: tuple[AccountKey, ...]
    contrarian: AccountKey | None
    """The only account on its side against two or more on the other, or None."""


class Crowding(Struct, frozen=True):
    """The coin × account matrix and the figures of each coin."""

    accounts: tuple[AccountKey, ...]
    coins: tuple[CoinCrowding, ...]
    """Largest gross exposure first."""
    holdings: Mapping[tuple[str, AccountKey], CoinHolding]
    """Non-empty cells of the matrix, by coin and account."""

    def holding(self, coin: str, account: AccountKey) -> CoinHolding | None:
        """One cell of the matrix, or None."""
        return self.holdings.get((coin, account))


def crowding(rows: Iterable[AccountRow]) -> Crowding:
    """Crowding of these accounts' newest rows; callers leave out benchmarks."""
    ordered = {row.account: row for row in rows}
    holdings: dict[tuple[str, AccountKey], CoinHolding] = {}
    for row in ordered.values():
        for coin in dict.fromkeys(position.coin for position in row.positions):
            holdings[coin, row.account] = _coin_holding(row, coin)
    pool = fsum(row.equity_usd for row in ordered.values() if row.equity_usd > 0)
    coins = dict.fromkeys(coin for coin, _ in holdings)
    coin_crowdings = [_coin_crowding(coin, ordered, holdings, pool) for coin in coins]
    coin_crowdings.sort(key=lambda crowd: (-(crowd.gross.value or 0.0), crowd.coin))
    return Crowding(tuple(ordered), tuple(coin_crowdings), holdings)


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
