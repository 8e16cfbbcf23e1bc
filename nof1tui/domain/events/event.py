"""What happened between two states of the arena, in words a trader would use.

Events are facts about records: which ones there are follows from what was observed, never from the
order in which it arrived. `chronicle` puts those of account rows together. Only a feed that goes
down or comes back is an experience of the process that polled it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    ExitPlan,
    Feed,
    Position,
    Reconciliation,
    Side,
    Trade,
)

RowEventKind = Literal[
    "opened",
    "closed",
    "increased",
    "reduced",
    "flipped",
    "leverage",
    "plan",
    "liquidation",
    "lead",
    "rank",
    "joined",
    "coin",
]
"""Told by account rows."""
FeedEventKind = Literal["down", "up"]
EventKind = Literal[RowEventKind, "trade", FeedEventKind, "drift", "alert"]
ROW_EVENT_KINDS: tuple[RowEventKind, ...] = get_args(RowEventKind)
FEED_EVENT_KINDS: tuple[FeedEventKind, ...] = get_args(FeedEventKind)
COLLECTOR_EVENT_KINDS: tuple[EventKind, ...] = (*FEED_EVENT_KINDS, "drift")
"""Told by whoever collects: they follow from no record."""
ALL_EVENT_KINDS: tuple[EventKind, ...] = (*ROW_EVENT_KINDS, "trade", *COLLECTOR_EVENT_KINDS, "alert")

QUANTITY_TOLERANCE = 1e-9
"""Relative; below it a quantity or a price has not changed, only its binary noise."""
TRADE_MATCH_TOLERANCE = timedelta(minutes=65)
"""History has one row an hour, so a closing may be seen that much after its trade."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `id` is the same however often it is derived."""

    id: str
    at: datetime
    kind: EventKind
    account: AccountKey | None
    """None of what happened to a feed, or to a coin whoever holds it."""
    coin: str | None = None
    side: Side | None = None
    quantity: float | None = None
    """Unsigned size: opened, closed, or by how much it changed."""
    price: float | None = None
    leverage: float | None = None
    net_usd: float | None = None
    other: AccountKey | None = None
    """Who lost the lead."""
    value: float | None = None
    """What it is now: the rank, the leverage, how far liquidation is away in percent of the mark, or by how
    many percent an account differs from the chain."""
    before: float | None = None
    """What the rank or the leverage was."""
    plan: ExitPlan | None = None
    """The exit plan now …"""
    plan_before: ExitPlan | None = None
    """… and what it was."""
    feed: Feed | None = None
    reason: str | None = None
    """Why the feed went down, how an account differs from the chain, or what an alert says."""


def position_events(old: AccountRow | None, new: AccountRow) -> Iterator[Event]:
    """Events between two rows of one account; nothing can be told of an account seen first."""
    if old is None or (not old.positions and not new.positions):
        return
    before = {position.coin: position for position in old.positions}
    after = {position.coin: position for position in new.positions}
    for coin in sorted(before.keys() | after.keys()):
        was, now = before.get(coin), after.get(coin)
        if was is None and now is not None:
            yield position_event(new, "opened", now, abs(now.quantity), now.entry_price)
        elif now is None and was is not None:
            yield position_event(new, "closed", was, abs(was.quantity), was.mark_price)
        elif was is not None and now is not None and was is not now:
            yield from _changed(new, was, now)


def _changed(row: AccountRow, was: Position, now: Position) -> Iterator[Event]:
    """Where there was no mark the position is told by its fills alone, and nothing is known of its plan."""
    if was.side != now.side:
        yield position_event(row, "flipped", now, abs(now.quantity), now.entry_price)
        return
    if not _is_close(abs(was.quantity), abs(now.quantity)):
        grown = abs(now.quantity) - abs(was.quantity)
        yield position_event(row, "increased" if grown > 0 else "reduced", now, abs(grown), now.mark_price)
    if was.leverage is not None and now.leverage is not None and not _is_close(was.leverage, now.leverage):
        yield position_event(row, "leverage", now, value=now.leverage, before=was.leverage)
    if was.mark_price is not None and not same_plan(was.exit_plan, now.exit_plan):
        yield position_event(row, "plan", now, plan=now.exit_plan, plan_before=was.exit_plan)


def same_plan(one: ExitPlan | None, other: ExitPlan | None) -> bool:
    """Whether two exit plans say the same, binary noise aside."""
    if one is None or other is None:
        return one is other
    return (
        _is_close(one.stop_loss, other.stop_loss)
        and _is_close(one.profit_target, other.profit_target)
        and (one.invalidation or None) == (other.invalidation or None)
    )


def _is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None or one == other:
        return one == other
    return abs(one - other) <= QUANTITY_TOLERANCE * max(abs(one), abs(other))


def position_event(
    row: AccountRow,
    kind: EventKind,
    position: Position,
    quantity: float | None = None,
    price: float | None = None,
    *,
    value: float | None = None,
    before: float | None = None,
    plan: ExitPlan | None = None,
    plan_before: ExitPlan | None = None,
) -> Event:
    """What a row tells of one position; its id is the row's time, account and coin."""
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
        value=value,
        before=before,
        plan=plan,
        plan_before=plan_before,
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


def feed_event(kind: FeedEventKind, feed: Feed, at: datetime, reason: str | None = None) -> Event:
    """A feed went down or came back, as the process that polls it found."""
    return Event(f"{kind}:{feed.value}:{at.isoformat()}", at, kind, None, feed=feed, reason=reason)


def drift_event(before: Reconciliation | None, now: Reconciliation) -> Event | None:
    """An account has parted from the chain, or agrees with it again; None while nothing changes."""
    was = before is not None and before.since is not None
    if now.verdict == "drift" and not was:
        reason, value = now.reason, now.drift_pct
    elif now.verdict == "agrees" and was:
        reason, value = "agrees with the chain again", 0.0
    else:
        return None
    at = now.checked_at
    return Event(
        f"drift:{now.account.season}:{now.account.slug}:{at.isoformat()}",
        at,
        "drift",
        now.account,
        value=value,
        reason=reason,
    )


def superseded_by_trades(events: Iterable[Event]) -> frozenset[str]:
    """Ids of closings that a trade of the same account and coin tells better: it has the result."""
    everything = tuple(events)
    exits: dict[tuple[AccountKey | None, str | None], list[datetime]] = {}
    for event in everything:
        if event.kind == "trade":
            exits.setdefault((event.account, event.coin), []).append(event.at)
    return frozenset(
        event.id
        for event in everything
        if event.kind == "closed"
        and any(
            abs(event.at - at) <= TRADE_MATCH_TOLERANCE for at in exits.get((event.account, event.coin), ())
        )
    )
