"""One account of the simulated arena: positions on isolated margin, fees, closed trades.

Cash is exact: realised P&L is the sum of all fills' results less all fees paid, so

    realised = net of all closed trades - entry fees of open positions
    equity   = capital + realised + unrealised

No position can lose more than its margin, so equity never falls below zero.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from nof1tui.sources.simulated.arena.executions import Execution, ExecutionListener, ignore_execution
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.arena.running_stats import ClosedTradeStats

CAPITAL_USD = 10_000.0
TAKER_FEE_RATE = 0.00045
_MAINTENANCE_MARGIN = 0.0125
"""Share of the notional below which a position is liquidated."""
MAX_CLOSED_TRADES = 100
ABSENT_OID = -1
_WITHOUT_STOP_ORDERS = ("XRP", "DOGE")


@dataclass(frozen=True, slots=True)
class TradePlan:
    """Exit plan of a position, with its risk and confidence."""

    target: float
    stop: float
    invalidation: str
    risk_usd: float
    confidence: float


@dataclass(slots=True)
class MarginPosition:
    """An open position; `quantity` is negative for a short."""

    coin: int
    quantity: float
    entry_price: float
    entry_at: float
    leverage: int
    plan: TradePlan
    fee: float
    """Entry fee of the open quantity."""
    margin: float
    oid: int
    tp_oid: int
    sl_oid: int
    lower_trigger: float = 0.0
    upper_trigger: float = 0.0
    """Prices at or beyond which the position is closed."""
    cached_payload: dict[str, Any] = field(default_factory=dict)
    """The part of its payload that does not change with the price; cleared when it becomes outdated."""

    @property
    def liquidation_price(self) -> float:
        """Price at which the margin is used up to the maintenance margin."""
        distance = 1.0 / self.leverage - _MAINTENANCE_MARGIN
        return self.entry_price * (1.0 - distance if self.quantity > 0 else 1.0 + distance)

    def unrealized(self, price: float) -> float:
        return self.quantity * (price - self.entry_price)

    def change_plan(self, plan: TradePlan) -> None:
        """Replace the exit plan."""
        self.plan = plan
        self.set_triggers()
        self.cached_payload.clear()

    def set_triggers(self) -> None:
        """Set the trigger prices from plan and liquidation."""
        if self.quantity > 0:
            self.lower_trigger, self.upper_trigger = (
                max(self.plan.stop, self.liquidation_price),
                self.plan.target,
            )
        else:
            self.lower_trigger, self.upper_trigger = (
                self.plan.target,
                min(self.plan.stop, self.liquidation_price),
            )


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A closed position, or a closed part of one."""

    trade_id: str
    position: MarginPosition
    quantity: float
    entry_price: float
    exit_price: float
    exit_at: float
    entry_closed: float
    exit_closed: float
    entry_fee: float
    exit_fee: float
    exit_oid: int
    entry_tid: int
    exit_tid: int
    crossed: bool

    @property
    def gross(self) -> float:
        return self.quantity * (self.exit_price - self.entry_price)

    @property
    def net(self) -> float:
        return self.entry_closed + self.exit_closed

    @property
    def held_mins(self) -> float:
        return (self.exit_at - self.position.entry_at) / 60.0

    @property
    def notional(self) -> float:
        return abs(self.quantity) * self.entry_price


class MarginAccount:
    """Positions and cash of one account; prices and quantities are used as given, without rounding."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.realized = 0.0
        self.positions: dict[int, MarginPosition] = {}
        self.trades: deque[ClosedTrade] = deque(maxlen=MAX_CLOSED_TRADES)
        self.unserialized: deque[ClosedTrade] = deque()
        """Closed trades that the season has not serialised yet."""
        self.stats = ClosedTradeStats()
        self.on_execution: ExecutionListener = ignore_execution
        """Called with every execution."""

    @property
    def free_cash(self) -> float:
        """Cash that is not margin of a position."""
        return CAPITAL_USD + self.realized - sum(h.margin for h in self.positions.values())

    def unrealized(self, prices: Sequence[float]) -> float:
        return sum(h.quantity * (prices[h.coin] - h.entry_price) for h in self.positions.values())

    def equity(self, prices: Sequence[float]) -> float:
        return CAPITAL_USD + self.realized + self.unrealized(prices)

    def gross_notional(self, prices: Sequence[float]) -> float:
        return sum(abs(h.quantity) * prices[h.coin] for h in self.positions.values())

    def open(
        self, coin: int, quantity: float, price: float, at: float, leverage: int, plan: TradePlan
    ) -> MarginPosition:
        """Open a position at this price; the fee is paid from cash."""
        fee = round(abs(quantity) * price * TAKER_FEE_RATE, 6)
        oid = self._order(at)
        has_stop_orders = COIN_SPECS[coin].symbol not in _WITHOUT_STOP_ORDERS
        position = MarginPosition(
            coin=coin,
            quantity=quantity,
            entry_price=price,
            entry_at=at,
            leverage=leverage,
            plan=plan,
            fee=fee,
            margin=abs(quantity) * price / leverage,
            oid=oid,
            tp_oid=oid + self._rng.randrange(8_000, 20_000) if has_stop_orders else ABSENT_OID,
            sl_oid=oid + self._rng.randrange(20_001, 30_000) if has_stop_orders else ABSENT_OID,
        )
        position.set_triggers()
        self.positions[coin] = position
        self.realized -= fee
        self.on_execution(Execution(coin, quantity, price, fee, oid))
        return position

    def buy_and_hold(self, coin: int, quantity: float, price: float, at: float) -> None:
        """Open the benchmark's only position: without orders, plan, liquidation or fee in cash."""
        fee = round(quantity * price * TAKER_FEE_RATE, 6)
        plan = TradePlan(math.inf, 0.0, "", 0.0, 0.0)
        self.positions[coin] = MarginPosition(
            coin, quantity, price, at, 1, plan, fee, quantity * price,
            oid=ABSENT_OID, tp_oid=ABSENT_OID, sl_oid=ABSENT_OID, upper_trigger=math.inf,
        )  # fmt: skip
        self.on_execution(Execution(coin, quantity, price, 0.0, ABSENT_OID))

    def add(self, position: MarginPosition, quantity: float, price: float) -> None:
        """Increase a position; entry price and margin become those of the total."""
        fee = round(abs(quantity) * price * TAKER_FEE_RATE, 6)
        total = position.quantity + quantity
        entry = (position.quantity * position.entry_price + quantity * price) / total
        position.quantity = round(total, 6)
        position.entry_price = entry
        position.fee = round(position.fee + fee, 6)
        position.margin = abs(position.quantity) * position.entry_price / position.leverage
        position.set_triggers()
        position.cached_payload.clear()
        self.realized -= fee
        self.on_execution(Execution(position.coin, quantity, price, fee, ABSENT_OID))

    def close(
        self,
        position: MarginPosition,
        price: float,
        at: float,
        *,
        part: float | None = None,
        crossed: bool = True,
    ) -> ClosedTrade:
        """Close a position, or `part` of it (a quantity with the position's sign)."""
        quantity = position.quantity if part is None else part
        share = quantity / position.quantity
        entry_share = position.fee if part is None else round(position.fee * share, 6)
        exit_fee = round(abs(quantity) * price * TAKER_FEE_RATE, 6)
        gross = quantity * (price - position.entry_price)
        closed = ClosedTrade(
            trade_id=str(UUID(int=self._rng.getrandbits(128), version=4)),
            position=position,
            quantity=quantity,
            entry_price=position.entry_price,
            exit_price=price,
            exit_at=at,
            entry_closed=-entry_share,
            exit_closed=gross - exit_fee,
            entry_fee=position.fee,
            exit_fee=exit_fee,
            exit_oid=self._order(at),
            entry_tid=self._rng.randrange(10**12, 11 * 10**14),
            exit_tid=self._rng.randrange(10**12, 11 * 10**14),
            crossed=crossed,
        )
        self.realized += gross - exit_fee
        beyond = price - position.liquidation_price
        liquidated = crossed and (beyond <= 0.0 if quantity > 0 else beyond >= 0.0)
        self.on_execution(
            Execution(position.coin, -quantity, price, exit_fee, closed.exit_oid, crossed, liquidated)
        )
        if part is None:
            del self.positions[position.coin]
        else:
            position.quantity = round(position.quantity - quantity, 6)
            position.fee = round(position.fee - entry_share, 6)
            position.margin = abs(position.quantity) * position.entry_price / position.leverage
            position.cached_payload.clear()
        self._record_trade(closed)
        return closed

    def _record_trade(self, closed: ClosedTrade) -> None:
        """Keep the trade for the API and count it in the running statistics."""
        self.trades.append(closed)
        self.unserialized.append(closed)
        self.stats.add(
            net=closed.net,
            gross=closed.gross,
            fee=closed.entry_fee + closed.exit_fee,
            notional=closed.notional,
            held_mins=closed.held_mins,
            long=closed.quantity > 0,
        )

    def _order(self, at: float) -> int:
        """An order id; ids grow with time, about 11,500 per second."""
        return 200_000_000_000 + int((at - 1_760_000_000.0) * 11_500.0) + self._rng.randrange(9_000)
