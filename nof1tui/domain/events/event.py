"""Events: changes between two states of the arena.

Events are facts about records: they follow from what was observed, never from the order of arrival.
`detector` and `window` derive those of account rows. Only `down` and `up` of a feed are observations
of the process that polls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, get_args

from msgspec import Struct

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
"""Derived from account rows."""
FeedEventKind = Literal["down", "up"]
EventKind = Literal[RowEventKind, "trade", FeedEventKind, "drift", "alert"]
ROW_EVENT_KINDS: tuple[RowEventKind, ...] = get_args(RowEventKind)
FEED_EVENT_KINDS: tuple[FeedEventKind, ...] = get_args(FeedEventKind)
COLLECTOR_EVENT_KINDS: tuple[EventKind, ...] = (*FEED_EVENT_KINDS, "drift")
"""Raised by the collector; they do not follow from records."""
ALL_EVENT_KINDS: tuple[EventKind, ...] = (*ROW_EVENT_KINDS, "trade", *COLLECTOR_EVENT_KINDS, "alert")

QUANTITY_TOLERANCE = 1e-9
"""Relative; smaller differences of quantities or prices are rounding."""
TRADE_MATCH_TOLERANCE = timedelta(minutes=65)
"""History has one row an hour, so a position may be seen closed this long after its trade."""


class Event(Struct, frozen=True, gc=False):
    """One event. Deriving it again gives the same `id`."""

    id: str
    at: datetime
    kind: EventKind
    account: AccountKey | None
    """None for events of a feed or of a coin."""
    coin: str | None = None
    side: Side | None = None
    quantity: float | None = None
    """Unsigned size that was opened or closed, or by which it changed."""
    price: float | None = None
    leverage: float | None = None
    net_usd: float | None = None
    other: AccountKey | None = None
    """The account that lost the lead."""
    value: float | None = None
    """The new rank or leverage, the distance to liquidation in percent of the mark, or the difference from
    the chain in percent."""
    before: float | None = None
    """The previous rank or leverage."""
    plan: ExitPlan | None = None
    """The new exit plan …"""
    plan_before: ExitPlan | None = None
    """… and the previous one."""
    feed: Feed | None = None
    reason: str | None = None
    """Why the feed failed, how the account differs from the chain, or the text of an alert."""


def position_events(old: AccountRow | None, new: AccountRow) -> Iterator[Event]:
    """Events between two rows of one account; none for its first row."""
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
    """Events of a position that stays open. Without a mark it comes from fills, and its plan is unknown."""
    if was.side != now.side:
        yield position_event(row, "flipped", now, abs(now.quantity), now.entry_price)
        return
    if not _is_close(abs(was.quantity), abs(now.quantity)):
        change = abs(now.quantity) - abs(was.quantity)
        kind: EventKind = "increased" if change > 0 else "reduced"
        yield position_event(row, kind, now, abs(change), now.mark_price)
    if was.leverage is not None and now.leverage is not None and not _is_close(was.leverage, now.leverage):
        yield position_event(row, "leverage", now, value=now.leverage, before=was.leverage)
    if was.mark_price is not None and not same_plan(was.exit_plan, now.exit_plan):
        yield position_event(row, "plan", now, plan=now.exit_plan, plan_before=was.exit_plan)


def same_plan(one: ExitPlan | None, other: ExitPlan | None) -> bool:
    """Whether two exit plans are equal up to rounding."""
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
    """An event of one position, with an id made of the row's time, account and coin."""
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
    """The event of a closed trade, with its net P&L."""
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
    """The event of a feed that fails or recovers."""
    return Event(f"{kind}:{feed.value}:{at.isoformat()}", at, kind, None, feed=feed, reason=reason)


def drift_event(before: Reconciliation | None, now: Reconciliation) -> Event | None:
    """The event of a mismatch with the chain that begins or ends; None if nothing changes."""
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
    """Ids of `closed` events replaced by a `trade` event of the same account and coin."""
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
