"""What the chain says of a wallet as the arena's own records, pure."""

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
"""Coarse first: where two tell the same moment the finer one counts."""
AccountValues = list[tuple[datetime, Decimal]]
"""Account values by time, oldest first."""
_MAX_CURVE_GAP_S = 3_600.0
"""A curve without a point for so long is told by the portfolio."""
_RECENT_S = 60.0
"""A portfolio ends with the moment of the question; what a state tells of that one counts."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """Whose trading is watched at which address."""

    account: AccountKey
    address: str
    capital_usd: float | None = None
    """What it began with; None: what was put into it, by its portfolio."""


def build_wallet_row(
    wallet: Wallet,
    states: Sequence[MarketState],
    orders: Sequence[OrderWire],
    book: WalletHistory,
    *,
    realized_usd: float | None,
    fetched_at: datetime,
) -> AccountRow:
    """The wallet over all markets asked; its time is that of the oldest answer."""
    holdings = [holding for state in states for holding in state.positions if holding.cached_payload.szi]
    unrealized = [holding.cached_payload.unrealized_pnl for holding in holdings]
    return AccountRow(
        account=wallet.account,
        observed_at=min(state.at for state in states),
        fetched_at=fetched_at,
        equity_usd=float(sum((state.value_usd for state in states), ZERO)),
        realized_usd=realized_usd,
        unrealized_usd=None if None in unrealized else float(sum(filter(None, unrealized), ZERO)),
        positions=tuple(
            _build_position(holding, orders, book.open_round_trip(holding.cached_payload.coin))
            for holding in sorted(holdings, key=lambda holding: holding.cached_payload.coin)
        ),
        extra=_row_extra(states),
    )


def _build_position(
    holding: WalletPosition, orders: Sequence[OrderWire], episode: RoundTrip | None
) -> Position:
    wire = holding.cached_payload
    if episode is not None and episode.quantity != wire.szi:
        episode = None
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
        entry_at=episode.entry_at if episode else None,
        exit_plan=ExitPlan(_trigger_price(target), _trigger_price(stop)) if stop or target else None,
        closed_pnl_usd=float(episode.gross) if episode and episode.complete else None,
        commission_usd=float(episode.fees) if episode and episode.complete else None,
        entry_oid=episode.first.oid if episode and episode.first and episode.entry_at else None,
        tp_oid=target.oid if target else None,
        sl_oid=stop.oid if stop else None,
        extra=_position_extra(holding),
    )


def _closing_trigger(
    orders: Iterable[OrderWire], coin: str, quantity: Decimal, mark: Decimal | None, kind: str
) -> OrderWire | None:
    """The order of this kind that would take from the position; of several the one nearest to the mark."""
    closing = "A" if quantity > 0 else "B"
    fitting = [
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
        fitting, key=lambda order: (abs((order.trigger_px or ZERO) - (mark or ZERO)), order.oid), default=None
    )


def _trigger_price(order: OrderWire | None) -> float | None:
    return None if order is None else _float(order.trigger_px)


def _position_extra(holding: WalletPosition) -> str | None:
    """What stays as it is while a position is held; what moves with the price would make it another."""
    leverage, most = holding.cached_payload.leverage, holding.cached_payload.max_leverage
    told: dict[str, object] = {} if holding.extra is None else json.loads(holding.extra)
    if leverage is not None and leverage.type:
        told["margin"] = leverage.type
    if most is not None:
        told["max_leverage"] = float(most)
    return json.dumps(told) if told else None


def _row_extra(states: Iterable[MarketState]) -> str | None:
    told: dict[str, object] = {}
    for state in states:
        told |= {} if state.extra is None else json.loads(state.extra)
        free, used = state.wire.withdrawable, state.wire.margin_summary.total_margin_used
        told |= {
            key: str(value)
            for key, value in (("withdrawable", free), ("margin_used", used))
            if value is not None and key not in told
        }
    return json.dumps(told) if told else None


def read_portfolio_values(portfolio: dict[str, PeriodWire]) -> AccountValues:
    """Account values of the past, oldest first; of perpetuals where the portfolio tells them apart."""
    values: dict[int, Decimal] = {}
    for name in _periods(portfolio):
        values |= {at: value for at, value in portfolio[name].account_value_history if at}
    begun = [at for at in sorted(values) if values[at]]
    return [(parse_millis(at), values[at]) for at in sorted(values) if begun and at >= begun[0]]


def values_missing_from_curve(
    values: Sequence[tuple[datetime, Decimal]], curve: Curve | None, now: datetime
) -> list[tuple[datetime, Decimal]]:
    """Those that lie in no stretch that a curve has already, nor so close to now that states tell more."""
    times = curve.times if curve is not None else ()
    found = []
    for at, value in values:
        if (now - at).total_seconds() < _RECENT_S:
            continue
        place = bisect_left(times, at.timestamp())
        near = [abs(time - at.timestamp()) for time in times[max(0, place - 1) : place + 1]]
        if min(near, default=_MAX_CURVE_GAP_S) >= _MAX_CURVE_GAP_S:
            found.append((at, value))
    return found


def build_wallet_inception(
    wallet: Wallet, portfolio: dict[str, PeriodWire], fetched_at: datetime
) -> Inception | None:
    """When the wallet began and with what: as the settings say, else the most that was put into it.

    What is in it less what was made in it was put in; None where it never had anything.
    """
    values = read_portfolio_values(portfolio)
    if not values:
        return None
    put_in = ZERO
    for name in _periods(portfolio)[:1]:
        made = dict(portfolio[name].pnl_history)
        pairs = [(value, made[at]) for at, value in portfolio[name].account_value_history if at in made]
        put_in = max((value - pnl for value, pnl in pairs), default=ZERO)
    capital = wallet.capital_usd if wallet.capital_usd is not None else float(round(put_in, 2))
    return Inception(wallet.account, values[0][0], capital, fetched_at) if capital > 0 else None


def _periods(portfolio: dict[str, PeriodWire]) -> list[str]:
    """Names of the periods to read, coarse first."""
    perps = [f"perp{name}" for name in _PERIODS if f"perp{name}" in portfolio]
    return perps or [name for name in ("allTime", "month", "week", "day") if name in portfolio]


def build_past_wallet_row(
    wallet: Wallet, at: datetime, value: Decimal, held: Iterable[HeldPosition], fetched_at: datetime
) -> AccountRow:
    """The wallet at a moment of the past: its value by the portfolio, its positions by its fills."""
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
            for item in held
        ),
        extra='{"told_by": "portfolio"}',
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
