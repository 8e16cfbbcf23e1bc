"""Turns a simulated trader's decisions into orders: size, leverage, plan and price."""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena import rationale as reasons
from nof1tui.sources.simulated.arena.decisions import DecidedAction
from nof1tui.sources.simulated.arena.margin_account import (
    TAKER_FEE_RATE,
    MarginAccount,
    MarginPosition,
    TradePlan,
)
from nof1tui.sources.simulated.arena.market import (
    COIN_SPECS,
    CoinSpec,
    Market,
    round_order_price,
    round_quantity,
)
from nof1tui.sources.simulated.arena.strategies import Strategy

SLIPPAGE_RATE = 0.0001
_MIN_ORDER_USD = 50.0
_CONFIDENCES = (0.55, 0.6, 0.62, 0.65, 0.65, 0.68, 0.7, 0.72, 0.75, 0.8, 0.85, 0.88)


class OrderExecutor:
    """Executes orders for one account; returns the action, or None for an order that is too small."""

    def __init__(self, strategy: Strategy, rng: Random, account: MarginAccount) -> None:
        self._strategy = strategy
        self._rng = rng
        self._account = account

    def open_position(self, coin: int, side: float, market: Market, at: float) -> DecidedAction | None:
        """Open a position, `side` 1 or -1, as large as risk, margin and exposure allow."""
        strategy, account, spec = self._strategy, self._account, COIN_SPECS[coin]
        price = round_order_price(spec, market.price(coin, at) * (1.0 + side * SLIPPAGE_RATE))
        stop_distance = (
            strategy.stop * spec.daily_volatility * market.volatility_ratio * self._rng.uniform(0.8, 1.25)
        )
        stop_distance = max(0.004, min(0.12, stop_distance))
        leverage = self._rng.randint(*strategy.leverage)
        if not strategy.reckless:
            leverage = max(5, min(leverage, int(0.85 / (stop_distance + 0.0125))))
        equity = account.equity(market.before)
        max_notional = strategy.max_gross_leverage * equity - account.gross_notional(market.before)
        notional = min(
            equity * strategy.risk / stop_distance, leverage * account.free_cash * 0.8, max_notional
        )
        size = round_quantity(spec, notional / price)
        if size * price < _MIN_ORDER_USD:
            return None
        plan = self._plan(spec, side, size, price, stop_distance)
        account.open(coin, side * size, price, self._filled(at), leverage, plan)
        reason = reasons.reason_to_enter(self._rng, strategy.name, spec.symbol, side > 0)
        return DecidedAction(coin, _entry_signal(side), size, leverage, plan, reason)

    def close_position(self, position: MarginPosition, market: Market, at: float) -> DecidedAction:
        """Close the whole position at the market."""
        side, coin = _side(position), COIN_SPECS[position.coin]
        price = round_order_price(coin, market.price(position.coin, at) * (1.0 - side * SLIPPAGE_RATE))
        reason = reasons.reason_to_close(self._rng, coin.symbol, position.unrealized(price) > 0)
        action = _close_action(position, abs(position.quantity), reason)
        self._account.close(position, price, self._filled(at))
        return action

    def reduce_position(self, position: MarginPosition, price: float, at: float) -> DecidedAction | None:
        """Close a part of the position; None when the part is too small or too large."""
        side, coin = _side(position), COIN_SPECS[position.coin]
        part = round_quantity(coin, abs(position.quantity) * self._rng.uniform(0.3, 0.6))
        if part <= 0 or part >= abs(position.quantity):
            return None
        action = _close_action(position, part, reasons.reason_to_reduce(self._rng, coin.symbol))
        price = round_order_price(coin, price * (1.0 - side * SLIPPAGE_RATE))
        self._account.close(position, price, self._filled(at), part=side * part)
        return action

    def increase_position(self, position: MarginPosition, price: float) -> DecidedAction | None:
        """Add to a position; None when the addition is too small or exceeds the free cash."""
        side, coin = _side(position), COIN_SPECS[position.coin]
        price = round_order_price(coin, price * (1.0 + side * SLIPPAGE_RATE))
        size = round_quantity(coin, abs(position.quantity) * self._rng.uniform(0.2, 0.5))
        cost = size * price * (1.0 / position.leverage + TAKER_FEE_RATE)
        if size * price < _MIN_ORDER_USD or cost > 0.6 * self._account.free_cash:
            return None
        self._account.add(position, side * size, price)
        reason = reasons.reason_to_add(self._rng, coin.symbol)
        return DecidedAction(
            position.coin, _entry_signal(side), size, position.leverage, position.plan, reason
        )

    def _plan(
        self, coin: CoinSpec, side: float, size: float, price: float, stop_distance: float
    ) -> TradePlan:
        stop = round_order_price(coin, price * (1.0 - side * stop_distance))
        return TradePlan(
            target=round_order_price(
                coin, price * (1.0 + side * stop_distance * self._strategy.reward_ratio)
            ),
            stop=stop,
            invalidation=reasons.render_invalidation(self._rng, self._strategy.name, coin, stop, side > 0),
            risk_usd=round(size * abs(price - stop), self._rng.choice((0, 2, 4))),
            confidence=self._rng.choice(_CONFIDENCES),
        )

    def _filled(self, at: float) -> float:
        """The time at which an order decided at `at` is filled."""
        return round(at + self._rng.uniform(0.5, 3.0), 3)


def _side(position: MarginPosition) -> float:
    return 1.0 if position.quantity > 0 else -1.0


def _entry_signal(side: float) -> str:
    return "buy_to_enter" if side > 0 else "sell_to_enter"


def _close_action(position: MarginPosition, size: float, reason: str) -> DecidedAction:
    return DecidedAction(position.coin, "close_position", size, position.leverage, position.plan, reason)
