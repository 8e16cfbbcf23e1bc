"""Which signal of which decision opened or closed what: told by account, coin, side and time.

Upstream names no order in a decision, so a fill (an order that opened or closed something) belongs to
the signal that asked for it nearest in time. A decision is stamped when its answer is kept, which is
up to some ten seconds after the order it caused was filled: a signal may come after its fill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Literal

from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Position, Side, Signal, Trade

MAX_FILL_LEAD = timedelta(seconds=60)
"""A fill may be so much older than the decision that caused it."""
MAX_FILL_DELAY = timedelta(seconds=300)
"""… and so much younger; beyond, it had another cause (a stop, a target, a liquidation)."""

PositionEffect = Literal["open", "close"]
ENTRY_SIDES: Mapping[str, Side] = MappingProxyType({"buy_to_enter": "long", "sell_to_enter": "short"})
EXIT_ACTION = "close_position"


@dataclass(frozen=True, slots=True)
class ExecutedOrder:
    """An order that opened or closed a position."""

    account: AccountKey
    coin: str
    effect: PositionEffect
    side: Side | None
    """Of the position."""
    at: datetime
    oid: int | None = None
    trades: tuple[str, ...] = ()
    """Ids of the closed trades it began or ended; none while the position is open."""
    net_usd: float | None = None
    """Result of those trades."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A signal with what it caused; `fills` is empty where it caused nothing that is known."""

    decision: Decision
    signal: Signal
    orders: tuple[ExecutedOrder, ...] = ()

    @property
    def to_fill_s(self) -> float | None:
        """Seconds from the decision's stamp to its first fill; negative where the fill was stamped first."""
        first = min((fill.at for fill in self.orders), default=None)
        return None if first is None else (first - self.decision.at).total_seconds()


def asks_for_order(signal: Signal) -> bool:
    """To hold asks for none."""
    return signal.action in ENTRY_SIDES or signal.action == EXIT_ACTION


def executed_orders(trades: Iterable[Trade], rows: Iterable[AccountRow] = ()) -> tuple[ExecutedOrder, ...]:
    """The orders behind closed trades and open positions, oldest first, each once.

    Trades that share an order (a position closed in parts) share its fill.
    """
    found: dict[tuple[object, ...], ExecutedOrder] = {}
    for fill in chain(_trade_orders(trades), _open_position_orders(rows)):
        # A position's entry is stamped seconds later than the same order's in its trade.
        name = fill.oid if fill.oid is not None else fill.at
        key = (fill.account, fill.coin, fill.effect, name)
        known = found.get(key)
        found[key] = fill if known is None else _merge_orders(known, fill)
    return tuple(sorted(found.values(), key=lambda fill: (fill.at, fill.coin, fill.effect)))


def attribute_orders(
    decisions: Iterable[Decision], fills: Iterable[ExecutedOrder]
) -> tuple[Attribution, ...]:
    """Every signal of these decisions with the fills it caused, newest decision first.

    A fill has one cause at most: among the signals that ask for it, the nearest in time.
    """
    ordered = sorted(decisions, key=lambda decision: (decision.at, decision.id), reverse=True)
    acting: dict[AccountKey, list[Decision]] = {}
    for decision in ordered:
        if any(asks_for_order(signal) for signal in decision.signals):
            acting.setdefault(decision.account, []).append(decision)
    caused: dict[tuple[str, int], list[ExecutedOrder]] = {}
    for fill in fills:
        place = _nearest_signal(fill, acting.get(fill.account, ()))
        if place is not None:
            caused.setdefault((place[0].id, place[1]), []).append(fill)
    return tuple(
        Attribution(decision, signal, tuple(caused.get((decision.id, index), ())))
        for decision in ordered
        for index, signal in enumerate(decision.signals)
    )


def find_cause(fill: ExecutedOrder, decisions: Iterable[Decision]) -> tuple[Decision, Signal] | None:
    """The decision and its signal that brought this fill about; None where none of these did."""
    place = _nearest_signal(fill, decisions)
    return None if place is None else (place[0], place[0].signals[place[1]])


def position_entry_order(account: AccountKey, position: Position) -> ExecutedOrder | None:
    """The order that opened this position; None where its time is not known."""
    if position.entry_at is None:
        return None
    return ExecutedOrder(account, position.coin, "open", position.side, position.entry_at, position.entry_oid)


def trade_entry_order(trade: Trade) -> ExecutedOrder | None:
    """The order that opened what this trade closed; None where its time is not known."""
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
    known = [fill.net_usd for fill in (one, other) if fill.net_usd is not None and fill.trades]
    if set(other.trades) <= set(one.trades):
        known = known[:1]
    return replace(one, at=min(one.at, other.at), trades=trades, net_usd=sum(known) if known else None)


def _nearest_signal(fill: ExecutedOrder, decisions: Iterable[Decision]) -> tuple[Decision, int] | None:
    near = [
        (decision, index)
        for decision in decisions
        if decision.account == fill.account and -MAX_FILL_LEAD <= fill.at - decision.at <= MAX_FILL_DELAY
        for index in _matching_signals(fill, decision.signals)
    ]
    return min(near, key=lambda place: (abs(place[0].at - fill.at), place[0].id), default=None)


def _matching_signals(fill: ExecutedOrder, signals: Sequence[Signal]) -> Iterable[int]:
    """Signals that ask for such an order; to enter the other side closes what is there as well."""
    for index, signal in enumerate(signals):
        if signal.coin != fill.coin:
            continue
        enters = ENTRY_SIDES.get(signal.action)
        if fill.effect == "open":
            asks = enters is not None and fill.side in (enters, None)
        else:
            asks = signal.action == EXIT_ACTION or (enters is not None and fill.side not in (enters, None))
        if asks:
            yield index
