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

from nof1tui.domain.fills.fill import ZERO, Fill, FundingPayment, chain_order, group_by_coin
from nof1tui.domain.fills.open_position import OpenPosition, split_at_zero
from nof1tui.domain.records import Side

_DECIMAL_PRECISION = 64
"""So many are kept while folding: more than any sum of what a chain may tell has."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
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
    cost_basis: Decimal | None
    """What is held now at its entry price, as the chain reckons it; None where that is not known."""
    exit_cost_basis: Decimal | None
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
        numbers = (f"{number.normalize():f}" for number in (fill.price, fill.size, fill.start_position))
        told = (fill.coin, fill.at.timestamp(), fill.oid, fill.tid, fill.hash, fill.is_buy, *numbers)
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
            return None if self.exit_cost_basis is None else self.exit_cost_basis / self.exited
        return self.entry_value / self.entered if self.entered else None

    @property
    def exit_price(self) -> Decimal | None:
        """Average over all that was taken out."""
        return self.exit_value / self.exited if self.exited else None

    @property
    def open_entry_price(self) -> Decimal | None:
        """Average entry price of what is held now."""
        return None if self.cost_basis is None or not self.quantity else abs(self.cost_basis / self.quantity)


_SHARED_FIELDS = tuple(item.name for item in fields(OpenPosition))
"""What a position and its record have in common."""


@dataclass(frozen=True, slots=True)
class WalletLedger:
    """All that fills and funding say of one wallet."""

    closed: tuple[RoundTrip, ...] = ()
    """By exit."""
    open: Mapping[str, RoundTrip] = field(default_factory=dict)
    """By coin."""
    unattributed_funding: Decimal = ZERO
    """Paid while no position is known."""
    spot_fills: int = 0
    """Fills that are no positions."""
    spot_gross: Decimal = ZERO
    spot_fees: Decimal = ZERO

    @property
    def round_trips(self) -> tuple[RoundTrip, ...]:
        return (*self.closed, *self.open.values())

    @property
    def gross(self) -> Decimal:
        return sum((episode.gross for episode in self.round_trips), self.spot_gross)

    @property
    def fees(self) -> Decimal:
        return sum((episode.fees for episode in self.round_trips), self.spot_fees)

    @property
    def funding(self) -> Decimal:
        return sum((episode.funding for episode in self.round_trips), self.unattributed_funding)

    @property
    def complete(self) -> bool:
        """Every coin's first fill began from flat, and none is missing after it."""
        return all(episode.complete for episode in self.round_trips)


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A position as the fills say it was at a moment."""

    coin: str
    quantity: Decimal
    """Signed."""
    entry_price: Decimal | None
    """Average entry; None where its opening is not known."""
    since: datetime | None


def build_ledger(
    fills: Iterable[Fill],
    funding: Iterable[FundingPayment] = (),
    before: Mapping[str, RoundTrip] = MappingProxyType({}),
) -> WalletLedger:
    """What the fills make, in whatever order and however often they come.

    `before` is what was open when they begin (a `Ledger.open`): a history may be folded piece by piece,
    if it is cut between two milliseconds.
    """
    with localcontext(prec=_DECIMAL_PRECISION):
        return _ledger(fills, group_by_coin(funding), before)


def _ledger(
    fills: Iterable[Fill], paid: Mapping[str, list[FundingPayment]], before: Mapping[str, RoundTrip]
) -> WalletLedger:
    perpetual, others = list[Fill](), list[Fill]()
    for fill in fills:
        (others if fill.is_spot else perpetual).append(fill)
    traded, spot = group_by_coin(perpetual), [fill for own in group_by_coin(others).values() for fill in own]
    closed: list[RoundTrip] = []
    still_open: dict[str, RoundTrip] = {}
    stray = ZERO
    for coin in {**before, **traded, **paid}:
        held = OpenPosition(**_shared_values(before[coin])) if coin in before else None
        moves = chain_order(traded.get(coin, ()), held.quantity if held else ZERO)
        held, ended, lost = _apply_all(held, moves, deque(paid.get(coin, ())))
        closed += ended
        stray += lost
        if held is not None:
            still_open[coin] = _to_round_trip(held)
    closed.sort(key=lambda episode: (episode.exit_at, episode.coin, episode.id))
    return WalletLedger(
        tuple(closed),
        still_open,
        stray,
        len(spot),
        sum((fill.closed_pnl or ZERO for fill in spot), ZERO),
        sum((fill.fee for fill in spot), ZERO),
    )


def _apply_all(
    held: OpenPosition | None, fills: Iterable[Fill], due: deque[FundingPayment]
) -> tuple[OpenPosition | None, list[RoundTrip], Decimal]:
    """One coin's fills and payments on top of a position: what is open then, what ended, what was a stray."""
    closed: list[RoundTrip] = []
    stray = ZERO
    for fill in [*fills, None]:
        while due and (fill is None or due[0].at <= fill.at):
            payment = due.popleft()
            if held is None:
                stray += payment.usd
            else:
                held.funding += payment.usd
        if fill is not None:
            held, ended = apply_fill(held, fill)
            closed += ended
    return held, closed, stray


def positions_at(fills: Iterable[Fill], moments: Sequence[datetime]) -> list[tuple[HeldPosition, ...]]:
    """The positions open at each moment, by coin; fills of that very moment are in them.

    Before its first known fill a coin was held as that fill tells, since when and for what is not known.
    """
    with localcontext(prec=_DECIMAL_PRECISION):
        return _positions_at(group_by_coin(fill for fill in fills if not fill.is_spot), moments)


def _positions_at(
    traded: Mapping[str, list[Fill]], moments: Sequence[datetime]
) -> list[tuple[HeldPosition, ...]]:
    found: list[dict[str, HeldPosition]] = [{} for _ in moments]
    places = sorted(range(len(moments)), key=moments.__getitem__)
    for coin, own in traded.items():
        ordered = chain_order(own)
        held = OpenPosition.from_fill(ordered[0]) if ordered[0].start_position else None
        due = deque(places)
        for fill in [*ordered, None]:
            while due and (fill is None or moments[due[0]] < fill.at):
                place = due.popleft()
                if held is not None:
                    found[place][coin] = _held_position(held)
            if fill is not None:
                held, _ = apply_fill(held, fill)
    return [tuple(those[coin] for coin in sorted(those)) for those in found]


def apply_fill(held: OpenPosition | None, fill: Fill) -> tuple[OpenPosition | None, list[RoundTrip]]:
    """What one more fill of its coin makes of a position: the one that is open then, and what it ended."""
    ended: list[RoundTrip] = []
    if held is not None and held.quantity != fill.start_position:
        if held.quantity * fill.start_position > 0:
            held.resync(fill.start_position)
        else:
            held.resync(ZERO)
            ended.append(_to_round_trip(held, fill.at))
            held = None
    for part in split_at_zero(fill):
        held = held or OpenPosition.from_fill(part)
        held.apply(part)
        if not held.quantity:
            ended.append(_to_round_trip(held, part.at))
            held = None
    return held, ended


def _to_round_trip(holding: OpenPosition, exit_at: datetime | None = None) -> RoundTrip:
    return RoundTrip(exit_at=exit_at, **_shared_values(holding))


def _shared_values(record: OpenPosition | RoundTrip) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _SHARED_FIELDS}


def _held_position(holding: OpenPosition) -> HeldPosition:
    now = _to_round_trip(holding)
    return HeldPosition(now.coin, now.quantity, now.open_entry_price, now.entry_at)
