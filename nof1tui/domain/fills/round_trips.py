"""Fills folded to positions and closed trades, exactly: no cent and no unit of size is lost or made.

An episode is one position of one coin from flat to flat: what was added to it, taken from it, paid for it.

- Fills come in any order and as often as they like. They are put in order by time and, within a millisecond,
  by the position that each began with.
- A fill that goes through zero closes one episode and opens the next: its fee is shared by size, what it
  realised belongs to the one that closes.
- A funding payment belongs to the position that was held just before its moment; without one it is a stray.
- Where fills are missing (a chain keeps only so many) the position jumps: the episode is marked as
  incomplete and goes on from the position that the next fill tells; if that is flat or on the other side,
  the episode ends there.
- What a fill realised is the chain's own figure. Where it is missing it follows from the entry price; where
  that is not known either, it counts zero and the episode is incomplete.
- An episode that began before what is known takes its entry price from what its fills realised.
- Fills of spot pairs are no positions: they are counted, with their money, and left out.

Gross, fees and funding of a ledger are therefore exactly those of the fills and payments it was made of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal, localcontext
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from nof1tui.domain.fills.fill import ZERO, Fill, FundingPayment, by_coin, chained
from nof1tui.domain.fills.open_position import Holding, parts
from nof1tui.domain.records import Side

DIGITS = 64
"""So many are kept while folding: more than any sum of what a chain may tell has."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One position from flat to flat, or up to now. Money in USD; sizes unsigned unless said."""

    coin: str
    quantity: Decimal
    """Signed, now; zero once closed."""
    side: Side
    entry_at: datetime | None
    """None where its opening is not known."""
    exit_at: datetime | None
    """Where its closing is among missing fills: the first fill that shows it closed."""
    entered: Decimal
    exited: Decimal
    entry_value: Decimal
    """Price times size, over all that was entered."""
    exit_value: Decimal
    cost: Decimal | None
    """What is held now at its entry price, as the chain reckons it; None where that is not known."""
    exit_cost: Decimal | None
    """What was taken out at its entry price."""
    gross: Decimal
    """What its fills realised, before fees."""
    entry_fees: Decimal
    exit_fees: Decimal
    funding: Decimal
    fills: int
    liquidated: bool
    complete: bool
    """Every fill of it is known."""
    first: Fill
    last: Fill

    @property
    def id(self) -> str:
        """From its last fill: once closed it stays the same, however much is known of its beginning."""
        fill = self.last
        numbers = (f"{number.normalize():f}" for number in (fill.price, fill.size, fill.start))
        told = (fill.coin, fill.at.timestamp(), fill.oid, fill.tid, fill.hash, fill.buys, *numbers)
        return sha256(":".join(map(str, told)).encode()).hexdigest()[:24]

    @property
    def fees(self) -> Decimal:
        return self.entry_fees + self.exit_fees

    @property
    def net(self) -> Decimal:
        """What it brought: realised, less fees, plus funding."""
        return self.gross - self.fees + self.funding

    @property
    def entry_price(self) -> Decimal | None:
        """Average over all that was entered; where its opening is not known, over all that was taken out."""
        if self.entered < self.exited:
            return None if self.exit_cost is None else self.exit_cost / self.exited
        return self.entry_value / self.entered if self.entered else None

    @property
    def exit_price(self) -> Decimal | None:
        """Average over all that was taken out."""
        return self.exit_value / self.exited if self.exited else None

    @property
    def held_price(self) -> Decimal | None:
        """Average entry price of what is held now."""
        return None if self.cost is None or not self.quantity else abs(self.cost / self.quantity)


SHARED = tuple(item.name for item in fields(Holding))
"""What a position and its record have in common."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that fills and funding say of one wallet."""

    closed: tuple[Episode, ...] = ()
    """By exit."""
    open: Mapping[str, Episode] = field(default_factory=dict)
    """By coin."""
    stray_funding: Decimal = ZERO
    """Paid while no position is known."""
    spot: int = 0
    """Fills that are no positions."""
    spot_gross: Decimal = ZERO
    spot_fees: Decimal = ZERO

    @property
    def episodes(self) -> tuple[Episode, ...]:
        return (*self.closed, *self.open.values())

    @property
    def gross(self) -> Decimal:
        return sum((episode.gross for episode in self.episodes), self.spot_gross)

    @property
    def fees(self) -> Decimal:
        return sum((episode.fees for episode in self.episodes), self.spot_fees)

    @property
    def funding(self) -> Decimal:
        return sum((episode.funding for episode in self.episodes), self.stray_funding)

    @property
    def complete(self) -> bool:
        """Every coin's first fill began from flat, and none is missing after it."""
        return all(episode.complete for episode in self.episodes)


@dataclass(frozen=True, slots=True)
class Held:
    """A position as the fills say it was at a moment."""

    coin: str
    quantity: Decimal
    """Signed."""
    price: Decimal | None
    """Average entry; None where its opening is not known."""
    since: datetime | None


def fold(
    fills: Iterable[Fill],
    funding: Iterable[FundingPayment] = (),
    before: Mapping[str, Episode] = MappingProxyType({}),
) -> Ledger:
    """What the fills make, in whatever order and however often they come.

    `before` is what was open when they begin (a `Ledger.open`): a history may be folded piece by piece,
    if it is cut between two milliseconds.
    """
    with localcontext(prec=DIGITS):
        return _ledger(fills, by_coin(funding), before)


def _ledger(
    fills: Iterable[Fill], paid: Mapping[str, list[FundingPayment]], before: Mapping[str, Episode]
) -> Ledger:
    perpetual, others = list[Fill](), list[Fill]()
    for fill in fills:
        (others if fill.spot else perpetual).append(fill)
    traded, spot = by_coin(perpetual), [fill for own in by_coin(others).values() for fill in own]
    closed: list[Episode] = []
    still_open: dict[str, Episode] = {}
    stray = ZERO
    for coin in {**before, **traded, **paid}:
        held = Holding(**_shared(before[coin])) if coin in before else None
        moves = chained(traded.get(coin, ()), held.quantity if held else ZERO)
        held, ended, lost = _lived(held, moves, deque(paid.get(coin, ())))
        closed += ended
        stray += lost
        if held is not None:
            still_open[coin] = _frozen(held)
    closed.sort(key=lambda episode: (episode.exit_at, episode.coin, episode.id))
    return Ledger(
        tuple(closed),
        still_open,
        stray,
        len(spot),
        sum((fill.closed_pnl or ZERO for fill in spot), ZERO),
        sum((fill.fee for fill in spot), ZERO),
    )


def _lived(
    held: Holding | None, fills: Iterable[Fill], due: deque[FundingPayment]
) -> tuple[Holding | None, list[Episode], Decimal]:
    """One coin's fills and payments on top of a position: what is open then, what ended, what was a stray."""
    closed: list[Episode] = []
    stray = ZERO
    for fill in [*fills, None]:
        while due and (fill is None or due[0].at <= fill.at):
            payment = due.popleft()
            if held is None:
                stray += payment.usd
            else:
                held.funding += payment.usd
        if fill is not None:
            held, ended = step(held, fill)
            closed += ended
    return held, closed, stray


def held_at(fills: Iterable[Fill], moments: Sequence[datetime]) -> list[tuple[Held, ...]]:
    """The positions open at each moment, by coin; fills of that very moment are in them.

    Before its first known fill a coin was held as that fill tells, since when and for what is not known.
    """
    with localcontext(prec=DIGITS):
        return _held_at(by_coin(fill for fill in fills if not fill.spot), moments)


def _held_at(traded: Mapping[str, list[Fill]], moments: Sequence[datetime]) -> list[tuple[Held, ...]]:
    found: list[dict[str, Held]] = [{} for _ in moments]
    places = sorted(range(len(moments)), key=moments.__getitem__)
    for coin, own in traded.items():
        ordered = chained(own)
        held = Holding.before(ordered[0]) if ordered[0].start else None
        due = deque(places)
        for fill in [*ordered, None]:
            while due and (fill is None or moments[due[0]] < fill.at):
                place = due.popleft()
                if held is not None:
                    found[place][coin] = _held(held)
            if fill is not None:
                held, _ = step(held, fill)
    return [tuple(those[coin] for coin in sorted(those)) for those in found]


def step(held: Holding | None, fill: Fill) -> tuple[Holding | None, list[Episode]]:
    """What one more fill of its coin makes of a position: the one that is open then, and what it ended."""
    ended: list[Episode] = []
    if held is not None and held.quantity != fill.start:
        if held.quantity * fill.start > 0:
            held.jump(fill.start)
        else:
            held.jump(ZERO)
            ended.append(_frozen(held, fill.at))
            held = None
    for part in parts(fill):
        held = held or Holding.before(part)
        held.take(part)
        if not held.quantity:
            ended.append(_frozen(held, part.at))
            held = None
    return held, ended


def _frozen(holding: Holding, exit_at: datetime | None = None) -> Episode:
    return Episode(exit_at=exit_at, **_shared(holding))


def _shared(record: Holding | Episode) -> dict[str, Any]:
    return {name: getattr(record, name) for name in SHARED}


def _held(holding: Holding) -> Held:
    now = _frozen(holding)
    return Held(now.coin, now.quantity, now.held_price, now.entry_at)
