"""Round trips from fills, exactly: sizes and money of the fills are neither lost nor added.

A round trip is one position of one coin from flat to flat, with its entries, exits, fees and funding.

- Fills may come in any order and repeatedly. They are ordered by time and, within a millisecond, by their
  start positions.
- A fill that crosses zero closes one round trip and opens the next: its fee is split by size, its realised
  P&L belongs to the one that closes.
- A funding payment belongs to the position open just before its time; without one it is unattributed.
- Where fills are missing (a chain keeps a limited number) the position jumps: the round trip is marked
  incomplete and continues from the next fill's start position; if that is flat or on the other side, the
  round trip ends there.
- Realised P&L of a fill is the chain's own figure. If missing, it is computed from the entry price; if that
  is unknown too, it counts as zero and the round trip is incomplete.
- A round trip that began before the first known fill takes its entry price from its realised P&L.
- Spot fills are not part of positions; their number, P&L and fees are summed separately.

Gross, fees and funding of a ledger are therefore exactly those of its fills and payments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from nof1tui.domain.fills.fill import ZERO, Fill, FundingPayment, chain_order, group_by_coin
from nof1tui.domain.fills.open_position import OpenPosition, split_at_zero
from nof1tui.domain.records import Side

_DECIMAL_PRECISION = 64
"""Digits in intermediate results; more than any sum of chain values needs."""


class RoundTrip(Struct, frozen=True):
    """One position from flat to flat, or still open. Money in USD; sizes unsigned unless noted."""

    coin: str
    quantity: Decimal
    """Current signed size; zero once closed."""
    side: Side
    entry_at: datetime | None
    """None if the opening fill is unknown."""
    exit_at: datetime | None
    """If the closing fill is missing, the time of the first fill that shows it closed."""
    entered: Decimal
    exited: Decimal
    entry_value: Decimal
    """Sum of price times size over all entries."""
    exit_value: Decimal
    cost_basis: Decimal | None
    """Cost of the current size at its entry price, as the chain computes it; None if unknown."""
    exit_cost_basis: Decimal | None
    """Cost of the exited size at its entry price."""
    gross: Decimal
    """Realised P&L of its fills, before fees."""
    entry_fees: Decimal
    exit_fees: Decimal
    funding: Decimal
    fills: int
    liquidated: bool
    complete: bool
    """Whether all its fills are known."""
    first: Fill
    last: Fill

    @property
    def id(self) -> str:
        """Id from its last fill: stable once closed, even if earlier fills become known."""
        fill = self.last
        numbers = (f"{number.normalize():f}" for number in (fill.price, fill.size, fill.start_position))
        parts = (fill.coin, fill.at.timestamp(), fill.oid, fill.tid, fill.hash, fill.is_buy, *numbers)
        return sha256(":".join(map(str, parts)).encode()).hexdigest()[:24]

    @property
    def fees(self) -> Decimal:
        return self.entry_fees + self.exit_fees

    @property
    def net(self) -> Decimal:
        """Net P&L: gross minus fees plus funding."""
        return self.gross - self.fees + self.funding

    @property
    def entry_price(self) -> Decimal | None:
        """Average entry price of all entries; if the opening is unknown, of the exited size."""
        if self.entered < self.exited:
            return None if self.exit_cost_basis is None else self.exit_cost_basis / self.exited
        return self.entry_value / self.entered if self.entered else None

    @property
    def exit_price(self) -> Decimal | None:
        """Average price of all exits."""
        return self.exit_value / self.exited if self.exited else None

    @property
    def open_entry_price(self) -> Decimal | None:
        """Average entry price of the current size."""
        return None if self.cost_basis is None or not self.quantity else abs(self.cost_basis / self.quantity)


_SHARED_FIELDS = OpenPosition.__struct_fields__
"""Fields that OpenPosition and RoundTrip share."""


class WalletLedger(Struct, frozen=True):
    """Round trips, unattributed funding and spot totals of one wallet."""

    closed: tuple[RoundTrip, ...] = ()
    """Closed round trips, in order of exit."""
    open: Mapping[str, RoundTrip] = field(default_factory=dict)
    """Open round trips by coin."""
    unattributed_funding: Decimal = ZERO
    """Funding paid while no position is known, USD."""
    spot_fills: int = 0
    """Number of spot fills."""
    spot_gross: Decimal = ZERO
    spot_fees: Decimal = ZERO

    @property
    def round_trips(self) -> tuple[RoundTrip, ...]:
        return (*self.closed, *self.open.values())

    @property
    def gross(self) -> Decimal:
        return sum((round_trip.gross for round_trip in self.round_trips), self.spot_gross)

    @property
    def fees(self) -> Decimal:
        return sum((round_trip.fees for round_trip in self.round_trips), self.spot_fees)

    @property
    def funding(self) -> Decimal:
        return sum((round_trip.funding for round_trip in self.round_trips), self.unattributed_funding)

    @property
    def complete(self) -> bool:
        """Whether every coin's first fill started from flat and no later fill is missing."""
        return all(round_trip.complete for round_trip in self.round_trips)


class HeldPosition(Struct, frozen=True, gc=False):
    """A position at a past time, derived from fills."""

    coin: str
    quantity: Decimal
    """Signed."""
    entry_price: Decimal | None
    """Average entry price; None if the opening is unknown."""
    since: datetime | None


def build_ledger(
    fills: Iterable[Fill],
    funding: Iterable[FundingPayment] = (),
    before: Mapping[str, RoundTrip] = MappingProxyType({}),
) -> WalletLedger:
    """The ledger of these fills and payments, given in any order, repeats included.

    `before` are the round trips open before them (a `WalletLedger.open`), so a history can be processed in
    parts that are split between two milliseconds.
    """
    with localcontext(prec=_DECIMAL_PRECISION):
        return _ledger(fills, group_by_coin(funding), before)


def _ledger(
    fills: Iterable[Fill], paid: Mapping[str, list[FundingPayment]], before: Mapping[str, RoundTrip]
) -> WalletLedger:
    perpetual, spot_fills = list[Fill](), list[Fill]()
    for fill in fills:
        (spot_fills if fill.is_spot else perpetual).append(fill)
    traded = group_by_coin(perpetual)
    spot = [fill for coin_fills in group_by_coin(spot_fills).values() for fill in coin_fills]
    closed: list[RoundTrip] = []
    still_open: dict[str, RoundTrip] = {}
    unattributed = ZERO
    for coin in {**before, **traded, **paid}:
        position = OpenPosition(**_shared_values(before[coin])) if coin in before else None
        ordered = chain_order(traded.get(coin, ()), position.quantity if position else ZERO)
        position, newly_closed, coin_unattributed = _apply_all(position, ordered, deque(paid.get(coin, ())))
        closed += newly_closed
        unattributed += coin_unattributed
        if position is not None:
            still_open[coin] = _to_round_trip(position)
    closed.sort(key=lambda round_trip: (round_trip.exit_at, round_trip.coin, round_trip.id))
    return WalletLedger(
        tuple(closed),
        still_open,
        unattributed,
        len(spot),
        sum((fill.closed_pnl or ZERO for fill in spot), ZERO),
        sum((fill.fee for fill in spot), ZERO),
    )


def _apply_all(
    position: OpenPosition | None, fills: Iterable[Fill], due: deque[FundingPayment]
) -> tuple[OpenPosition | None, list[RoundTrip], Decimal]:
    """The position after one coin's fills and payments, the round trips closed, and unattributed funding."""
    closed: list[RoundTrip] = []
    unattributed = ZERO
    for fill in [*fills, None]:
        while due and (fill is None or due[0].at <= fill.at):
            payment = due.popleft()
            if position is None:
                unattributed += payment.usd
            else:
                position.funding += payment.usd
        if fill is not None:
            position, newly_closed = apply_fill(position, fill)
            closed += newly_closed
    return position, closed, unattributed


def positions_at(fills: Iterable[Fill], moments: Sequence[datetime]) -> list[tuple[HeldPosition, ...]]:
    """The positions open at each moment, by coin, including fills of that exact time.

    Before its first known fill a coin has that fill's start position, with unknown entry.
    """
    with localcontext(prec=_DECIMAL_PRECISION):
        return _positions_at(group_by_coin(fill for fill in fills if not fill.is_spot), moments)


def _positions_at(
    traded: Mapping[str, list[Fill]], moments: Sequence[datetime]
) -> list[tuple[HeldPosition, ...]]:
    held_by_moment: list[dict[str, HeldPosition]] = [{} for _ in moments]
    indices = sorted(range(len(moments)), key=moments.__getitem__)
    for coin, coin_fills in traded.items():
        ordered = chain_order(coin_fills)
        position = OpenPosition.from_fill(ordered[0]) if ordered[0].start_position else None
        due = deque(indices)
        for fill in [*ordered, None]:
            while due and (fill is None or moments[due[0]] < fill.at):
                index = due.popleft()
                if position is not None:
                    held_by_moment[index][coin] = _held_position(position)
            if fill is not None:
                position, _ = apply_fill(position, fill)
    return [tuple(positions[coin] for coin in sorted(positions)) for positions in held_by_moment]


def apply_fill(position: OpenPosition | None, fill: Fill) -> tuple[OpenPosition | None, list[RoundTrip]]:
    """The position after one more fill of its coin, and the round trips that the fill closes."""
    newly_closed: list[RoundTrip] = []
    if position is not None and position.quantity != fill.start_position:
        if position.quantity * fill.start_position > 0:
            position.resync(fill.start_position)
        else:
            position.resync(ZERO)
            newly_closed.append(_to_round_trip(position, fill.at))
            position = None
    for part in split_at_zero(fill):
        position = position or OpenPosition.from_fill(part)
        position.apply(part)
        if not position.quantity:
            newly_closed.append(_to_round_trip(position, part.at))
            position = None
    return position, newly_closed


def _to_round_trip(position: OpenPosition, exit_at: datetime | None = None) -> RoundTrip:
    return RoundTrip(exit_at=exit_at, **_shared_values(position))


def _shared_values(record: OpenPosition | RoundTrip) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _SHARED_FIELDS}


def _held_position(position: OpenPosition) -> HeldPosition:
    now = _to_round_trip(position)
    return HeldPosition(now.coin, now.quantity, now.open_entry_price, now.entry_at)
