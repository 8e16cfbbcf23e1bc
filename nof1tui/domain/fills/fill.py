"""Fills and funding payments of a chain, in exact decimals (contract section 6).

The order of fills in responses cannot be used: pages overlap, come newest first, and many fills share a
millisecond. Fills are ordered by time and by the position that each started from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

ZERO = Decimal(0)
SPOT_SIGNS = ("@", "/", "#")
"""Spot pairs are called `@107` or `PURR/USDC`, outcomes `#12`."""
SPOT_WORDS = ("Buy", "Sell", "Spot Dust Conversion")


class Fill(Struct, frozen=True, gc=False):
    """One execution. Money in USD."""

    coin: str
    price: Decimal
    size: Decimal
    """Unsigned."""
    is_buy: bool
    at: datetime
    start_position: Decimal
    """Signed position before the fill."""
    closed_pnl: Decimal | None
    """Realised P&L before fees; None if the chain does not report it."""
    fee: Decimal
    """Total fee, a builder's share included; negative is a rebate. A fee in another token counts as zero."""
    oid: int
    hash: str
    tid: int | None = None
    direction: str = ""
    """As the chain reports it: `Open Long`, `Long > Short`, `Liquidated Isolated Long` …"""
    liquidation: bool = False
    crossed: bool = True

    @property
    def signed_size(self) -> Decimal:
        """Change of the position: negative for a sell."""
        return self.size if self.is_buy else -self.size

    @property
    def end_position(self) -> Decimal:
        """Signed position after the fill."""
        return self.start_position + self.signed_size

    @property
    def is_spot(self) -> bool:
        """Whether it is a spot trade, which is not part of a position."""
        return is_spot_coin(self.coin) or self.direction in SPOT_WORDS

    @property
    def is_liquidation(self) -> bool:
        return self.liquidation or "liquidated" in self.direction.lower()

    @property
    def key(self) -> tuple[object, ...]:
        """Identity of the fill, from all its fields.

        Trade ids are not unique: old fills have none, fills without an order share zero, and two orders
        that match twice share one.
        """
        ids = (self.coin, self.at, self.tid, self.oid, self.hash)
        return (*ids, self.start_position, self.price, self.size, self.is_buy)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Sort key: time, then other fields, so that the order of arrival does not matter."""
        return (
            self.at,
            self.tid or 0,
            self.oid,
            self.hash,
            self.price,
            self.size,
            self.is_buy,
            self.start_position,
        )


@lru_cache(4096)
def is_spot_coin(coin: str) -> bool:
    """Whether a coin's name is that of a spot pair or an outcome."""
    return any(sign in coin for sign in SPOT_SIGNS)


class FundingPayment(Struct, frozen=True, gc=False):
    """A funding payment for holding a position for an hour."""

    coin: str
    at: datetime
    usd: Decimal
    """Positive: received."""


_FillOrFunding = TypeVar("_FillOrFunding", Fill, FundingPayment)


def group_by_coin(items: Iterable[_FillOrFunding]) -> Mapping[str, list[_FillOrFunding]]:
    """Items by coin, in order of time, without repeats."""
    by_coin: dict[str, list[tuple[tuple[Any, ...], _FillOrFunding]]] = {}
    for item in items:
        by_coin.setdefault(item.coin, []).append((_sort_key(item), item))
    return {
        coin: [next(repeats)[1] for _, repeats in groupby(sorted(keyed, key=itemgetter(0)), itemgetter(0))]
        for coin, keyed in by_coin.items()
    }


def _sort_key(item: _FillOrFunding) -> tuple[Any, ...]:
    return item.sort_key if isinstance(item, Fill) else (item.at, item.usd)


_FillGroup = tuple[Fill, ...]
"""One fill, or the two fills of a trade of a wallet with itself, which leave the position unchanged."""


def chain_order(fills: Iterable[Fill], position: Decimal | None = None) -> list[Fill]:
    """One coin's fills in the order of execution, given in order of time.

    `position` is the position before them, None if unknown. Fills of one millisecond are chained by their
    start positions. If a wallet trades with itself, the chain reports both fills with the same start
    position: the closing one is put first, the other continues from its end position.
    """
    ordered: list[Fill] = []
    for _, fills_at_time in groupby(fills, key=lambda fill: fill.at):
        same_time = list(fills_at_time)
        if len(same_time) > 1:
            groups = _chain_groups([(fill,) for fill in same_time], position)
            if not _is_continuous(groups):
                groups = _chain_groups(_pair_self_trades(same_time), position)
            same_time = [fill for group in groups for fill in group]
        ordered += same_time
        position = same_time[-1].end_position
    return ordered


def _is_continuous(groups: Iterable[_FillGroup]) -> bool:
    return all(one[-1].end_position == following[0].start_position for one, following in pairwise(groups))


def _pair_self_trades(fills: Iterable[Fill]) -> list[_FillGroup]:
    """The fills as groups; the two fills of a self-trade form one group."""
    groups: list[_FillGroup] = []
    unpaired: dict[tuple[object, ...], int] = {}
    for fill in fills:
        trade = (fill.hash, fill.tid, fill.price, fill.size, fill.start_position)
        partner = unpaired.pop((*trade, not fill.is_buy), None)
        if partner is None:
            unpaired[(*trade, fill.is_buy)] = len(groups)
            groups.append((fill,))
        else:
            first, second = sorted(
                (groups[partner][0], fill), key=lambda one: (one.start_position * one.signed_size, one.is_buy)
            )
            groups[partner] = (first, replace(second, start_position=first.end_position))
    return groups


def _chain_groups(groups: list[_FillGroup], position: Decimal | None) -> list[_FillGroup]:
    """The groups ordered so that each starts where the one before ends, as far as possible (Hierholzer)."""
    by_start: dict[Decimal, list[_FillGroup]] = {}
    surplus: Counter[Decimal] = Counter()
    for group in reversed(groups):
        by_start.setdefault(group[0].start_position, []).append(group)
        surplus[group[0].start_position] += 1
        surplus[group[-1].end_position] -= 1
    ordered: list[_FillGroup] = []
    while by_start:
        starts = [start for start in by_start if surplus[start] > 0] or [ZERO, *by_start]
        start = next(start for start in (position, *starts, *by_start) if start in by_start)
        path_groups = _follow_chain(by_start, start)
        for group in path_groups:
            surplus[group[0].start_position] -= 1
            surplus[group[-1].end_position] += 1
        ordered += path_groups
        position = path_groups[-1][-1].end_position
    return ordered


def _follow_chain(by_start: dict[Decimal, list[_FillGroup]], start: Decimal) -> list[_FillGroup]:
    """The longest path of groups from this position, cycles included; removes them from `leaving`."""
    path: list[tuple[Decimal, _FillGroup]] = [(start, ())]
    visited: list[_FillGroup] = []
    while path:
        here = path[-1][0]
        if here in by_start:
            group = by_start[here].pop()
            if not by_start[here]:
                del by_start[here]
            path.append((group[-1].end_position, group))
        else:
            visited.append(path.pop()[1])
    return visited[-2::-1]
