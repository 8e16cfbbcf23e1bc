"""Account rows, positions and inceptions of wallets from the chain's answers, pure."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1tui.domain.fills.fill import ZERO
from nof1tui.domain.fills.round_trips import HeldPosition, RoundTrip
from nof1tui.domain.fills.wallet_history import WalletHistory
from nof1tui.domain.records import AccountKey, AccountRow, ExitPlan, Inception, Position
from nof1tui.domain.series.curve import Curve
from nof1tui.sources.hyperliquid.decoder import MarketState, WalletPosition, parse_millis
from nof1tui.sources.hyperliquid.schema import OrderWire, PeriodWire

_STOP, _TARGET = "stop", "take profit"
_PERIODS = ("AllTime", "Month", "Week", "Day")
"""Periods of a portfolio, coarse first; for equal times the finer one counts."""
AccountValues = list[tuple[datetime, Decimal]]
"""Account values by time, oldest first."""
_MAX_CURVE_GAP_S = 3_600.0
"""Gap in a curve from which values of the portfolio are added."""
_RECENT_S = 60.0
"""Age up to which portfolio values are ignored: states are more exact."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """An account and the address it trades from."""

    account: AccountKey
    address: str
    capital_usd: float | None = None
    """Starting capital; None for the net deposits in its portfolio."""


def build_wallet_row(
    wallet: Wallet,
    states: Sequence[MarketState],
    orders: Sequence[OrderWire],
    history: WalletHistory,
    *,
    realized_usd: float | None,
    fetched_at: datetime,
) -> AccountRow:
    """The account row over all markets; its time is that of the oldest answer."""
    open_positions = [position for state in states for position in state.positions if position.wire.szi]
    unrealized = [position.wire.unrealized_pnl for position in open_positions]
    return AccountRow(
        account=wallet.account,
        observed_at=min(state.at for state in states),
        fetched_at=fetched_at,
        equity_usd=float(sum((state.value_usd for state in states), ZERO)),
        realized_usd=realized_usd,
        unrealized_usd=None if None in unrealized else float(sum(filter(None, unrealized), ZERO)),
        positions=tuple(
            _build_position(position, orders, history.open_round_trip(position.wire.coin))
            for position in sorted(open_positions, key=lambda position: position.wire.coin)
        ),
        extra=_row_extra(states),
    )


def _build_position(
    position: WalletPosition, orders: Sequence[OrderWire], round_trip: RoundTrip | None
) -> Position:
    wire = position.wire
    if round_trip is not None and round_trip.quantity != wire.szi:
        round_trip = None
    value = wire.position_value
    mark = None if value is None else abs(value / wire.szi)
    stop = _closing_trigger(orders, wire.coin, wire.szi, mark, _STOP)
    target = _closing_trigger(orders, wire.coin, wire.szi, mark, _TARGET)
    return Position(
        coin=wire.coin,
        quantity=float(wire.szi),
        entry_price=_float(wire.entry_px),
        mark_price=_float(mark),
        unrealized_usd=_float(wire.unrealized_pnl),
        leverage=float(wire.leverage.value) if wire.leverage else None,
        margin_usd=_float(wire.margin_used),
        liquidation_price=_float(wire.liquidation_px),
        entry_at=round_trip.entry_at if round_trip else None,
        exit_plan=ExitPlan(_trigger_price(target), _trigger_price(stop)) if stop or target else None,
        closed_pnl_usd=float(round_trip.gross) if round_trip and round_trip.complete else None,
        commission_usd=float(round_trip.fees) if round_trip and round_trip.complete else None,
        entry_oid=round_trip.first.oid if round_trip and round_trip.first and round_trip.entry_at else None,
        tp_oid=target.oid if target else None,
        sl_oid=stop.oid if stop else None,
        extra=_position_extra(position),
    )


def _closing_trigger(
    orders: Iterable[OrderWire], coin: str, quantity: Decimal, mark: Decimal | None, kind: str
) -> OrderWire | None:
    """The trigger order of this kind that reduces the position, nearest to the mark; None without one."""
    closing = "A" if quantity > 0 else "B"
    candidates = [
        order
        for order in orders
        if order.coin == coin
        and order.is_trigger
        and (order.reduce_only or order.is_position_tpsl)
        and order.side == closing
        and order.order_type.lower().startswith(kind)
        and order.trigger_px
    ]
    return min(
        candidates,
        key=lambda order: (abs((order.trigger_px or ZERO) - (mark or ZERO)), order.oid),
        default=None,
    )


def _trigger_price(order: OrderWire | None) -> float | None:
    return None if order is None else _float(order.trigger_px)


def _position_extra(position: WalletPosition) -> str | None:
    """Unknown keys and the fields that are constant while the position is open, as JSON.

    A field that moves with the price would make every row a new version of the position.
    """
    leverage, max_leverage = position.wire.leverage, position.wire.max_leverage
    extra: dict[str, object] = {} if position.extra is None else json.loads(position.extra)
    if leverage is not None and leverage.type:
        extra["margin"] = leverage.type
    if max_leverage is not None:
        extra["max_leverage"] = float(max_leverage)
    return json.dumps(extra) if extra else None


def _row_extra(states: Iterable[MarketState]) -> str | None:
    extra: dict[str, object] = {}
    for state in states:
        extra |= {} if state.extra is None else json.loads(state.extra)
        withdrawable, used = state.wire.withdrawable, state.wire.margin_summary.total_margin_used
        extra |= {
            key: str(value)
            for key, value in (("withdrawable", withdrawable), ("margin_used", used))
            if value is not None and key not in extra
        }
    return json.dumps(extra) if extra else None


def read_portfolio_values(portfolio: dict[str, PeriodWire]) -> AccountValues:
    """Past account values, oldest first; of perpetuals alone where the portfolio has them."""
    values: dict[int, Decimal] = {}
    for name in _periods(portfolio):
        values |= {at: value for at, value in portfolio[name].account_value_history if at}
    nonzero = [at for at in sorted(values) if values[at]]
    return [(parse_millis(at), values[at]) for at in sorted(values) if nonzero and at >= nonzero[0]]


def values_missing_from_curve(
    values: Sequence[tuple[datetime, Decimal]], curve: Curve | None, now: datetime
) -> list[tuple[datetime, Decimal]]:
    """The values that lie in gaps of the curve and are older than the states."""
    times = curve.times if curve is not None else ()
    missing = []
    for at, value in values:
        if (now - at).total_seconds() < _RECENT_S:
            continue
        place = bisect_left(times, at.timestamp())
        near = [abs(time - at.timestamp()) for time in times[max(0, place - 1) : place + 1]]
        if min(near, default=_MAX_CURVE_GAP_S) >= _MAX_CURVE_GAP_S:
            missing.append((at, value))
    return missing


def build_wallet_inception(
    wallet: Wallet, portfolio: dict[str, PeriodWire], fetched_at: datetime
) -> Inception | None:
    """The wallet's first time and capital: the configured one, else its largest net deposits.

    Net deposits are account value less P&L. None for a wallet that was never funded.
    """
    values = read_portfolio_values(portfolio)
    if not values:
        return None
    deposits = ZERO
    for name in _periods(portfolio)[:1]:
        pnl_by_time = dict(portfolio[name].pnl_history)
        pairs = [
            (value, pnl_by_time[at])
            for at, value in portfolio[name].account_value_history
            if at in pnl_by_time
        ]
        deposits = max((value - pnl for value, pnl in pairs), default=ZERO)
    capital = wallet.capital_usd if wallet.capital_usd is not None else float(round(deposits, 2))
    return Inception(wallet.account, values[0][0], capital, fetched_at) if capital > 0 else None


def _periods(portfolio: dict[str, PeriodWire]) -> list[str]:
    """Names of the periods to read, coarse first."""
    perps = [f"perp{name}" for name in _PERIODS if f"perp{name}" in portfolio]
    return perps or [name for name in ("allTime", "month", "week", "day") if name in portfolio]


def build_past_wallet_row(
    wallet: Wallet, at: datetime, value: Decimal, positions: Iterable[HeldPosition], fetched_at: datetime
) -> AccountRow:
    """The account row at a past moment: value from the portfolio, positions from the fills."""
    return AccountRow(
        account=wallet.account,
        observed_at=at,
        fetched_at=fetched_at,
        equity_usd=float(value),
        positions=tuple(
            Position(
                coin=item.coin,
                quantity=float(item.quantity),
                entry_price=_float(item.entry_price),
                entry_at=item.since,
            )
            for item in positions
        ),
        extra='{"told_by": "portfolio"}',
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
