"""What a chain tells of trading: fills and funding payments, in exact decimals (contract section 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. Money in USD."""

    coin: str
    price: Decimal
    size: Decimal
    """Above zero."""
    buys: bool
    at: datetime
    start: Decimal
    """Signed position before it."""
    closed_pnl: Decimal
    """What it realised, before fees."""
    fee: Decimal
    """Below zero is a rebate."""
    oid: int
    hash: str
    tid: int | None = None
    direction: str = ""
    """As the chain words it: `Open Long`, `Long > Short`, `Liquidated Isolated Long` …"""
    liquidation: bool = False
    crossed: bool = True

    @property
    def signed(self) -> Decimal:
        """What it adds to the position."""
        return self.size if self.buys else -self.size

    @property
    def after(self) -> Decimal:
        """Signed position after it."""
        return self.start + self.signed

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from every other fill. Old fills have no trade id; their position does it."""
        if self.tid is not None:
            return (self.coin, self.tid, self.oid)
        return (self.coin, self.hash, self.oid, self.at, self.start, self.price, self.size, self.buys)

    @property
    def order(self) -> tuple[Any, ...]:
        """By time; at the same millisecond by what else is told, so that repeats and shuffles agree."""
        return (self.at, self.tid or 0, self.oid, self.hash, self.price, self.size, self.buys, self.start)


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """What a position paid or got for being held over an hour."""

    coin: str
    at: datetime
    usd: Decimal
    """Above zero was received."""


Item = TypeVar("Item", Fill, FundingPayment)


def by_coin(items: Iterable[Item]) -> Mapping[str, list[Item]]:
    """In order of time; each once, however often it came."""
    found: dict[str, dict[object, Item]] = {}
    for item in items:
        found.setdefault(item.coin, {})[item.key if isinstance(item, Fill) else item] = item
    return {coin: sorted(own.values(), key=_order) for coin, own in found.items()}


def _order(item: Item) -> tuple[Any, ...]:
    return item.order if isinstance(item, Fill) else (item.at, item.usd)


Move = tuple[Fill, ...]
"""One fill; or the two of a wallet that traded with itself, which leave its position as it was."""


def chained(fills: Iterable[Fill]) -> list[Fill]:
    """One coin's fills, in order of time, put into the order in which they happened.

    Those of one millisecond follow each other by the position that each began with. Where a wallet has
    traded with itself the chain tells both of its fills from the same position: what closes comes first,
    the other goes on from there.
    """
    ordered: list[Fill] = []
    for _, together in groupby(fills, key=lambda fill: fill.at):
        moves = _moves(list(together))
        if len(moves) > 1:
            moves = _walked(moves, ordered[-1].after if ordered else None)
        ordered += (fill for move in moves for fill in move)
    return ordered


def _moves(fills: list[Fill]) -> list[Move]:
    """The fills, those of trades with oneself by two."""
    moves: list[Move] = []
    lonely: dict[tuple[object, ...], int] = {}
    for fill in fills:
        trade = (fill.hash, fill.price, fill.size, fill.start)
        mate = lonely.pop((*trade, not fill.buys), None)
        if mate is None:
            lonely[(*trade, fill.buys)] = len(moves)
            moves.append((fill,))
        else:
            first, second = sorted((moves[mate][0], fill), key=lambda its: (its.start * its.signed, its.buys))
            moves[mate] = (first, replace(second, start=first.after))
    return moves


def _walked(moves: list[Move], position: Decimal | None) -> list[Move]:
    """Each move once, from where the one before has led, as far as that goes (Hierholzer's way)."""
    leaving: dict[Decimal, list[Move]] = {}
    surplus: Counter[Decimal] = Counter()
    for move in reversed(moves):
        leaving.setdefault(move[0].start, []).append(move)
        surplus[move[0].start] += 1
        surplus[move[-1].after] -= 1
    ordered: list[Move] = []
    while leaving:
        heads = [start for start in leaving if surplus[start] > 0] or [ZERO, *leaving]
        begin = next(start for start in (position, *heads, *leaving) if start in leaving)
        walk = _walk(leaving, begin)
        for move in walk:
            surplus[move[0].start] -= 1
            surplus[move[-1].after] += 1
        ordered += walk
        position = walk[-1][-1].after
    return ordered


def _walk(leaving: dict[Decimal, list[Move]], begin: Decimal) -> list[Move]:
    """As far as the moves lead from here, detours where they come back to; takes them out."""
    path: list[tuple[Decimal, Move]] = [(begin, ())]
    walked: list[Move] = []
    while path:
        here = path[-1][0]
        if here in leaving:
            move = leaving[here].pop()
            if not leaving[here]:
                del leaving[here]
            path.append((move[-1].after, move))
        else:
            walked.append(path.pop()[1])
    return walked[-2::-1]
