"""What happened between two states of the arena, in words a trader would use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from nof1tui.domain.model import AccountKey, AccountRow, Position, Side, Trade
from nof1tui.domain.standings import Standing

EventKind = Literal["opened", "closed", "increased", "reduced", "flipped", "trade", "lead", "joined"]

QUANTITY_TOLERANCE = 1e-9
"""Relative; below it a quantity has not changed, only its binary noise."""
TRADE_TOLERANCE = timedelta(minutes=65)
"""History has one row an hour, so a closing may be seen that much after its trade."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `id` is the same however often it is derived."""

    id: str
    at: datetime
    kind: EventKind
    account: AccountKey
    coin: str | None = None
    side: Side | None = None
    quantity: float | None = None
    """Unsigned size: opened, closed, or by how much it changed."""
    price: float | None = None
    leverage: float | None = None
    net_usd: float | None = None
    other: AccountKey | None = None
    """Who lost the lead."""


def position_events(old: AccountRow | None, new: AccountRow) -> Iterator[Event]:
    """Events between two rows of one account; nothing can be told of an account seen first."""
    if old is None:
        return
    before = {position.coin: position for position in old.positions}
    after = {position.coin: position for position in new.positions}
    for coin in sorted(before.keys() | after.keys()):
        was, now = before.get(coin), after.get(coin)
        if was is None and now is not None:
            yield _event(new, "opened", now, abs(now.quantity), now.entry_price)
        elif now is None and was is not None:
            yield _event(new, "closed", was, abs(was.quantity), was.mark_price)
        elif was is not None and now is not None:
            yield from _changed(new, was, now)


def _changed(row: AccountRow, was: Position, now: Position) -> Iterator[Event]:
    if was.side != now.side:
        yield _event(row, "flipped", now, abs(now.quantity), now.entry_price)
        return
    grown = abs(now.quantity) - abs(was.quantity)
    if abs(grown) > QUANTITY_TOLERANCE * max(abs(was.quantity), abs(now.quantity)):
        yield _event(row, "increased" if grown > 0 else "reduced", now, abs(grown), now.mark_price)


def _event(
    row: AccountRow, kind: EventKind, position: Position, quantity: float, price: float | None
) -> Event:
    return Event(
        id=f"{kind}:{row.account.season}:{row.account.slug}:{position.coin}:{row.observed_at.isoformat()}",
        at=row.observed_at,
        kind=kind,
        account=row.account,
        coin=position.coin,
        side=position.side,
        quantity=quantity,
        price=price,
        leverage=position.leverage,
    )


def trade_event(trade: Trade) -> Event:
    """A trade that was closed, with its result."""
    return Event(
        id=f"trade:{trade.id}",
        at=trade.exit_at,
        kind="trade",
        account=trade.account,
        coin=trade.coin,
        side=trade.side,
        quantity=None if trade.quantity is None else abs(trade.quantity),
        price=trade.exit_price,
        net_usd=trade.net_usd,
    )


def told_by_trades(events: Iterable[Event]) -> frozenset[str]:
    """Ids of closings that a trade of the same account and coin tells better: it has the result."""
    everything = tuple(events)
    exits: dict[tuple[AccountKey, str | None], list[datetime]] = {}
    for event in everything:
        if event.kind == "trade":
            exits.setdefault((event.account, event.coin), []).append(event.at)
    return frozenset(
        event.id
        for event in everything
        if event.kind == "closed"
        and any(abs(event.at - at) <= TRADE_TOLERANCE for at in exits.get((event.account, event.coin), ()))
    )


def lead_event(old: tuple[Standing, ...], new: tuple[Standing, ...]) -> Event | None:
    """A change of the first place."""
    if not old or not new or old[0].account == new[0].account or new[0].is_benchmark:
        return None
    first = new[0]
    return Event(
        id=f"lead:{first.account.season}:{first.account.slug}:{first.observed_at.isoformat()}",
        at=first.observed_at,
        kind="lead",
        account=first.account,
        other=old[0].account,
    )
