"""What a chain tells of trading: fills and funding payments, in exact decimals (contract section 6).

A fill has no place in a list that could be trusted: pages overlap, come newest first, and many fills share
a millisecond. What orders them is the position that each began with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, TypeVar

ZERO = Decimal(0)
SPOT_SIGNS = ("@", "/", "#")
"""Spot pairs are called `@107` or `PURR/USDC`, outcomes `#12`."""
SPOT_WORDS = ("Buy", "Sell", "Spot Dust Conversion")


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. Money in USD."""

    coin: str
    price: Decimal
    size: Decimal
    """Above zero."""
    is_buy: bool
    at: datetime
    start_position: Decimal
    """Signed position before it."""
    closed_pnl: Decimal | None
    """What it realised, before fees; None where the chain did not tell."""
    fee: Decimal
    """All of it, a builder's share included; below zero is a rebate. One in another token counts zero."""
    oid: int
    hash: str
    tid: int | None = None
    direction: str = ""
    """As the chain words it: `Open Long`, `Long > Short`, `Liquidated Isolated Long` …"""
    liquidation: bool = False
    crossed: bool = True

    @property
    def signed_size(self) -> Decimal:
        """What it adds to the position."""
        return self.size if self.is_buy else -self.size

    @property
    def end_position(self) -> Decimal:
        """Signed position after it."""
        return self.start_position + self.signed_size

    @property
    def is_spot(self) -> bool:
        """Coins that changed hands; they are no position."""
        return is_spot_coin(self.coin) or self.direction in SPOT_WORDS

    @property
    def is_liquidation(self) -> bool:
        return self.liquidation or "liquidated" in self.direction.lower()

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from every other fill: all of it.

        A trade id alone does not. Old fills have none, those that no order made share zero, and two orders
        that meet twice share theirs.
        """
        own = (self.coin, self.at, self.tid, self.oid, self.hash)
        return (*own, self.start_position, self.price, self.size, self.is_buy)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """By time; at the same millisecond by what else is told, so that repeats and shuffles agree."""
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
    return any(sign in coin for sign in SPOT_SIGNS)


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """What a position paid or got for being held over an hour."""

    coin: str
    at: datetime
    usd: Decimal
    """Above zero was received."""


_FillOrFunding = TypeVar("_FillOrFunding", Fill, FundingPayment)


def group_by_coin(items: Iterable[_FillOrFunding]) -> Mapping[str, list[_FillOrFunding]]:
    """In order of time; each once, however often it came."""
    found: dict[str, list[tuple[tuple[Any, ...], _FillOrFunding]]] = {}
    for item in items:
        found.setdefault(item.coin, []).append((_sort_key(item), item))
    return {
        coin: [next(repeats)[1] for _, repeats in groupby(sorted(own, key=itemgetter(0)), itemgetter(0))]
        for coin, own in found.items()
    }


def _sort_key(item: _FillOrFunding) -> tuple[Any, ...]:
    return item.sort_key if isinstance(item, Fill) else (item.at, item.usd)


_FillGroup = tuple[Fill, ...]
"""One fill; or the two of a wallet that traded with itself, which leave its position as it was."""


def chain_order(fills: Iterable[Fill], position: Decimal | None = None) -> list[Fill]:
    """One coin's fills, in order of time, put into the order in which they happened.

    `position` is what was held before them, None if that is not known. Those of one millisecond follow
    each other by the position that each began with. Where a wallet has traded with itself the chain tells
    both of its fills from the same position: what closes comes first, the other goes on from there.
    """
    ordered: list[Fill] = []
    for _, same in groupby(fills, key=lambda fill: fill.at):
        together = list(same)
        if len(together) > 1:
            moves = _chain_groups([(fill,) for fill in together], position)
            if not _is_continuous(moves):
                moves = _chain_groups(_pair_self_trades(together), position)
            together = [fill for move in moves for fill in move]
        ordered += together
        position = together[-1].end_position
    return ordered


def _is_continuous(moves: Iterable[_FillGroup]) -> bool:
    return all(one[-1].end_position == following[0].start_position for one, following in pairwise(moves))


def _pair_self_trades(fills: Iterable[Fill]) -> list[_FillGroup]:
    """The fills, those of trades with oneself by two."""
    moves: list[_FillGroup] = []
    lonely: dict[tuple[object, ...], int] = {}
    for fill in fills:
        trade = (fill.hash, fill.tid, fill.price, fill.size, fill.start_position)
        mate = lonely.pop((*trade, not fill.is_buy), None)
        if mate is None:
            lonely[(*trade, fill.is_buy)] = len(moves)
            moves.append((fill,))
        else:
            first, second = sorted(
                (moves[mate][0], fill), key=lambda its: (its.start_position * its.signed_size, its.is_buy)
            )
            moves[mate] = (first, replace(second, start_position=first.end_position))
    return moves


def _chain_groups(moves: list[_FillGroup], position: Decimal | None) -> list[_FillGroup]:
    """Each move once, from where the one before has led, as far as that goes (Hierholzer's way)."""
    leaving: dict[Decimal, list[_FillGroup]] = {}
    surplus: Counter[Decimal] = Counter()
    for move in reversed(moves):
        leaving.setdefault(move[0].start_position, []).append(move)
        surplus[move[0].start_position] += 1
        surplus[move[-1].end_position] -= 1
    ordered: list[_FillGroup] = []
    while leaving:
        heads = [start for start in leaving if surplus[start] > 0] or [ZERO, *leaving]
        begin = next(start for start in (position, *heads, *leaving) if start in leaving)
        walk = _follow_chain(leaving, begin)
        for move in walk:
            surplus[move[0].start_position] -= 1
            surplus[move[-1].end_position] += 1
        ordered += walk
        position = walk[-1][-1].end_position
    return ordered


def _follow_chain(leaving: dict[Decimal, list[_FillGroup]], begin: Decimal) -> list[_FillGroup]:
    """As far as the moves lead from here, detours where they come back to; takes them out."""
    path: list[tuple[Decimal, _FillGroup]] = [(begin, ())]
    walked: list[_FillGroup] = []
    while path:
        here = path[-1][0]
        if here in leaving:
            move = leaving[here].pop()
            if not leaving[here]:
                del leaving[here]
            path.append((move[-1].end_position, move))
        else:
            walked.append(path.pop()[1])
    return walked[-2::-1]
