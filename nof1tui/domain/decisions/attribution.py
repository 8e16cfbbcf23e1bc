"""Attribution of executed orders to signals of decisions, by account, coin, side and time.

The API names no order in a decision, so an order is attributed to the matching signal nearest in time.
A decision is stamped when its response is saved, up to some ten seconds after its order was filled, so a
signal may be later than its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Position, Side, Signal, Trade

MAX_FILL_LEAD = timedelta(seconds=60)
"""An order may be this much older than the decision that caused it …"""
MAX_FILL_DELAY = timedelta(seconds=300)
"""… and this much younger; later orders have another cause (a stop, a target, a liquidation)."""

PositionEffect = Literal["open", "close"]
ENTRY_SIDES: Mapping[str, Side] = MappingProxyType({"buy_to_enter": "long", "sell_to_enter": "short"})
EXIT_ACTION = "close_position"


class ExecutedOrder(Struct, frozen=True):
    """An executed order that opened or closed a position."""

    account: AccountKey
    coin: str
    effect: PositionEffect
    side: Side | None
    """Side of the position."""
    at: datetime
    oid: int | None = None
    trades: tuple[str, ...] = ()
    """Ids of the closed trades it opened or closed; empty while the position is open."""
    net_usd: float | None = None
    """Net P&L of those trades."""


class Attribution(Struct, frozen=True):
    """A signal with the orders attributed to it."""

    decision: Decision
    signal: Signal
    orders: tuple[ExecutedOrder, ...] = ()

    @property
    def to_fill_s(self) -> float | None:
        """Seconds from the decision to its first order; negative if the order was stamped first."""
        first = min((order.at for order in self.orders), default=None)
        return None if first is None else (first - self.decision.at).total_seconds()


def asks_for_order(signal: Signal) -> bool:
    """Whether the signal enters or closes a position (`hold` does neither)."""
    return signal.action in ENTRY_SIDES or signal.action == EXIT_ACTION


def executed_orders(trades: Iterable[Trade], rows: Iterable[AccountRow] = ()) -> tuple[ExecutedOrder, ...]:
    """The orders behind closed trades and open positions, oldest first, each once.

    Trades of the same order (a position closed in parts) share it.
    """
    orders_by_key: dict[tuple[object, ...], ExecutedOrder] = {}
    for order in chain(_trade_orders(trades), _open_position_orders(rows)):
        # A position stamps the same order seconds later than its trade does, so prefer the order id.
        identity = order.oid if order.oid is not None else order.at
        key = (order.account, order.coin, order.effect, identity)
        known = orders_by_key.get(key)
        orders_by_key[key] = order if known is None else _merge_orders(known, order)
    return tuple(sorted(orders_by_key.values(), key=lambda order: (order.at, order.coin, order.effect)))


def attribute_orders(
    decisions: Iterable[Decision], orders: Iterable[ExecutedOrder]
) -> tuple[Attribution, ...]:
    """Every signal of these decisions with the orders it caused, newest decision first.

    An order has at most one cause: among the matching signals, the nearest in time.
    """
    ordered = sorted(decisions, key=lambda decision: (decision.at, decision.id), reverse=True)
    acting_decisions: dict[AccountKey, list[Decision]] = {}
    for decision in ordered:
        if any(asks_for_order(signal) for signal in decision.signals):
            acting_decisions.setdefault(decision.account, []).append(decision)
    caused: dict[tuple[str, int], list[ExecutedOrder]] = {}
    for order in orders:
        match = _nearest_signal(order, acting_decisions.get(order.account, ()))
        if match is not None:
            caused.setdefault((match[0].id, match[1]), []).append(order)
    return tuple(
        Attribution(decision, signal, tuple(caused.get((decision.id, index), ())))
        for decision in ordered
        for index, signal in enumerate(decision.signals)
    )


def find_cause(order: ExecutedOrder, decisions: Iterable[Decision]) -> tuple[Decision, Signal] | None:
    """The decision and the signal that caused this order; None if none of these did."""
    match = _nearest_signal(order, decisions)
    return None if match is None else (match[0], match[0].signals[match[1]])


def position_entry_order(account: AccountKey, position: Position) -> ExecutedOrder | None:
    """The order that opened this position; None if its time is unknown."""
    if position.entry_at is None:
        return None
    return ExecutedOrder(account, position.coin, "open", position.side, position.entry_at, position.entry_oid)


def trade_entry_order(trade: Trade) -> ExecutedOrder | None:
    """The order that opened the position of this trade; None if its time is unknown."""
    if trade.entry_at is None:
        return None
    side, result = trade_side(trade), trade.net_usd
    return ExecutedOrder(
        trade.account, trade.coin, "open", side, trade.entry_at, trade.entry_oid, (trade.id,), result
    )


def trade_exit_order(trade: Trade) -> ExecutedOrder:
    """The order that closed this trade."""
    side, result = trade_side(trade), trade.net_usd
    return ExecutedOrder(
        trade.account, trade.coin, "close", side, trade.exit_at, trade.exit_oid, (trade.id,), result
    )


def _trade_orders(trades: Iterable[Trade]) -> Iterable[ExecutedOrder]:
    for trade in trades:
        entry = trade_entry_order(trade)
        if entry is not None:
            yield entry
        yield trade_exit_order(trade)


def _open_position_orders(rows: Iterable[AccountRow]) -> Iterable[ExecutedOrder]:
    for row in rows:
        for position in row.positions:
            entry = position_entry_order(row.account, position)
            if entry is not None:
                yield entry


def _merge_orders(one: ExecutedOrder, other: ExecutedOrder) -> ExecutedOrder:
    trades = tuple(dict.fromkeys((*one.trades, *other.trades)))
    known = [order.net_usd for order in (one, other) if order.net_usd is not None and order.trades]
    if set(other.trades) <= set(one.trades):
        known = known[:1]
    return replace(one, at=min(one.at, other.at), trades=trades, net_usd=sum(known) if known else None)


def _nearest_signal(order: ExecutedOrder, decisions: Iterable[Decision]) -> tuple[Decision, int] | None:
    near = [
        (decision, index)
        for decision in decisions
        if decision.account == order.account and -MAX_FILL_LEAD <= order.at - decision.at <= MAX_FILL_DELAY
        for index in _matching_signals(order, decision.signals)
    ]
    return min(near, key=lambda match: (abs(match[0].at - order.at), match[0].id), default=None)


def _matching_signals(order: ExecutedOrder, signals: Sequence[Signal]) -> Iterable[int]:
    """Indices of the signals that match the order; entering the other side also closes a position."""
    for index, signal in enumerate(signals):
        if signal.coin != order.coin:
            continue
        entry_side = ENTRY_SIDES.get(signal.action)
        if order.effect == "open":
            matches = entry_side is not None and order.side in (entry_side, None)
        else:
            matches = signal.action == EXIT_ACTION or (
                entry_side is not None and order.side not in (entry_side, None)
            )
        if matches:
            yield index
