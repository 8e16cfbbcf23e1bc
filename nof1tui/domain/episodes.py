"""Fills folded to positions and closed trades, exactly: no cent and no unit of size is lost or made.

An episode is one position from flat to flat: what was added to it, taken from it, paid for it. A fill that
goes through zero closes one and opens the next: its fee is shared by size, what it realised belongs to the
one that closes. Where fills are missing (a chain keeps only so many) the position jumps: the episode is
marked as incomplete and goes on from the position that the next fill tells.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType

from nof1tui.domain.fills import ZERO, Fill, FundingPayment, by_coin, chained
from nof1tui.domain.model import AccountKey, Side, Trade

CENTS = Decimal("1e-10")
"""To what a fee is shared out; the rest of a share goes to the other, so that nothing is lost."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One position from flat to flat, or up to now. Money in USD; sizes unsigned unless said."""

    coin: str
    quantity: Decimal
    """Signed, now; zero once closed."""
    side: Side
    entry_at: datetime | None = None
    """None where its opening is not known."""
    exit_at: datetime | None = None
    """Where its closing is among missing fills: the first fill that shows it closed."""
    entered: Decimal = ZERO
    exited: Decimal = ZERO
    entry_value: Decimal = ZERO
    """Price times size, over all that was entered."""
    exit_value: Decimal = ZERO
    cost: Decimal = ZERO
    """What is held now at its entry price, as the chain reckons it."""
    gross: Decimal = ZERO
    """What its fills realised, before fees."""
    entry_fees: Decimal = ZERO
    exit_fees: Decimal = ZERO
    funding: Decimal = ZERO
    fills: int = 0
    liquidated: bool = False
    complete: bool = True
    """Every fill of it is known."""
    first: Fill | None = None
    last: Fill | None = None

    @property
    def id(self) -> str:
        """From its last fill: once closed it stays the same, however much is known of its beginning."""
        key = repr(self.last.key if self.last else self.coin).encode()
        return f"hl-{sha256(key).hexdigest()[:24]}"

    @property
    def fees(self) -> Decimal:
        return self.entry_fees + self.exit_fees

    @property
    def net(self) -> Decimal:
        """What it brought: realised, less fees, plus funding."""
        return self.gross - self.fees + self.funding

    @property
    def entry_price(self) -> Decimal | None:
        """Average over all that was entered."""
        return self.entry_value / self.entered if self.entered else None

    @property
    def exit_price(self) -> Decimal | None:
        """Average over all that was taken out."""
        return self.exit_value / self.exited if self.exited else None

    @property
    def held_price(self) -> Decimal | None:
        """Average entry price of what is held now; None where its opening is not known."""
        return abs(self.cost / self.quantity) if self.quantity and self.complete else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that fills and funding say of one wallet."""

    closed: tuple[Episode, ...] = ()
    """By exit."""
    open: Mapping[str, Episode] = field(default_factory=dict)
    """By coin."""
    stray_funding: Decimal = ZERO
    """Paid while no position is known."""

    @property
    def episodes(self) -> tuple[Episode, ...]:
        return (*self.closed, *self.open.values())

    @property
    def gross(self) -> Decimal:
        return sum((episode.gross for episode in self.episodes), ZERO)

    @property
    def fees(self) -> Decimal:
        return sum((episode.fees for episode in self.episodes), ZERO)

    @property
    def funding(self) -> Decimal:
        return sum((episode.funding for episode in self.episodes), self.stray_funding)

    @property
    def complete(self) -> bool:
        """The first fill of every coin began from flat, and none is missing after it."""
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
    closed: list[Episode] = []
    still_open: dict[str, Episode] = {}
    stray = ZERO
    traded, paid = by_coin(fills), by_coin(funding)
    for coin in {**before, **traded, **paid}:
        held = before.get(coin)
        due = deque(paid.get(coin, ()))
        for fill in chained(traded.get(coin, ())):
            while due and due[0].at <= fill.at:
                held, lost = _paid(held, due.popleft())
                stray += lost
            held, ended = step(held, fill)
            closed += ended
        while due:
            held, lost = _paid(held, due.popleft())
            stray += lost
        if held is not None:
            still_open[coin] = held
    closed.sort(key=lambda episode: (episode.exit_at, episode.coin, episode.id))
    return Ledger(tuple(closed), still_open, stray)


def held_at(fills: Iterable[Fill], moments: Sequence[datetime]) -> list[tuple[Held, ...]]:
    """The positions open at each moment (in order of time), by coin."""
    found: list[dict[str, Held]] = [{} for _ in moments]
    for coin, own in by_coin(fills).items():
        held, position = None, 0
        for fill in [*chained(own), None]:
            while position < len(moments) and (fill is None or moments[position] < fill.at):
                if held is not None:
                    found[position][coin] = Held(coin, held.quantity, held.held_price, held.entry_at)
                position += 1
            if fill is not None:
                held, _ = step(held, fill)
    return [tuple(those[coin] for coin in sorted(those)) for those in found]


def step(held: Episode | None, fill: Fill) -> tuple[Episode | None, tuple[Episode, ...]]:
    """What one more fill of its coin makes of a position: the one that is open then, and what it ended."""
    ended: list[Episode] = []
    if held is not None and held.quantity != fill.start:
        if held.quantity * fill.start > 0:
            held = replace(held, quantity=fill.start, complete=False)
        else:
            ended.append(replace(held, quantity=ZERO, exit_at=fill.at, complete=False))
            held = None
    for part in _parts(fill):
        held = _with(held or _begun(part), part)
        if not held.quantity:
            ended.append(replace(held, exit_at=part.at))
            held = None
    return held, tuple(ended)


def trade_of(episode: Episode, account: AccountKey, fetched_at: datetime) -> Trade:
    """A closed episode as the arena's other trades are told; its quantity is all that was entered.

    Raises ValueError for one that is open.
    """
    if episode.exit_at is None:
        raise ValueError("an open position is no trade")
    size = max(episode.entered, episode.exited)
    more = {
        "funding_usd": str(episode.funding) if episode.funding else None,
        "fills": episode.fills,
        "liquidated": episode.liquidated or None,
        "incomplete": not episode.complete or None,
    }
    first, last = episode.first, episode.last
    return Trade(
        id=episode.id,
        account=account,
        coin=episode.coin,
        exit_at=episode.exit_at,
        fetched_at=fetched_at,
        quantity=float(size if episode.side == "long" else -size),
        side=episode.side,
        entry_at=episode.entry_at,
        entry_price=_float(episode.entry_price),
        exit_price=_float(episode.exit_price),
        gross_usd=float(episode.gross),
        net_usd=float(episode.net),
        fees_usd=float(episode.fees),
        entry_fee_usd=float(episode.entry_fees),
        exit_fee_usd=float(episode.exit_fees),
        entry_oid=first.oid if first and episode.entry_at else None,
        exit_oid=last.oid if last else None,
        entry_tid=first.tid if first and episode.entry_at else None,
        exit_tid=last.tid if last else None,
        extra=json.dumps({key: value for key, value in more.items() if value is not None}),
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _parts(fill: Fill) -> tuple[Fill, ...]:
    """The fill, or where it goes through zero its closing and its opening part."""
    if fill.start * fill.after >= 0:
        return (fill,)
    closing = abs(fill.start)
    fee = (fill.fee * closing / fill.size).quantize(CENTS)
    return (
        replace(fill, size=closing, fee=fee),
        replace(fill, size=fill.size - closing, start=ZERO, closed_pnl=ZERO, fee=fill.fee - fee),
    )


def _begun(fill: Fill) -> Episode:
    """The position before a fill of which nothing is known but that."""
    known = not fill.start
    return Episode(
        coin=fill.coin,
        quantity=fill.start,
        side="long" if (fill.signed if known else fill.start) > 0 else "short",
        entry_at=fill.at if known else None,
        complete=known,
        first=fill,
    )


def _with(episode: Episode, fill: Fill) -> Episode:
    """The episode with a fill that goes on from its position and does not cross zero."""
    value = fill.price * fill.size
    long = episode.side == "long"
    more = replace(
        episode,
        quantity=fill.after,
        gross=episode.gross + fill.closed_pnl,
        fills=episode.fills + 1,
        liquidated=episode.liquidated or fill.liquidation,
        last=fill,
    )
    if fill.buys == long:
        return replace(
            more,
            entered=episode.entered + fill.size,
            entry_value=episode.entry_value + value,
            cost=episode.cost + value,
            entry_fees=episode.entry_fees + fill.fee,
        )
    gone = value - fill.closed_pnl if long else value + fill.closed_pnl
    return replace(
        more,
        exited=episode.exited + fill.size,
        exit_value=episode.exit_value + value,
        cost=episode.cost - gone,
        exit_fees=episode.exit_fees + fill.fee,
    )


def _paid(held: Episode | None, payment: FundingPayment) -> tuple[Episode | None, Decimal]:
    """The position with a payment, and what of it belongs to none."""
    if held is None:
        return None, payment.usd
    return replace(held, funding=held.funding + payment.usd), ZERO
