"""How a simulated trader's wishes become orders: size, leverage, plan and price."""

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
    """Trades for one account; every order answers with what was done, or None when it was too small."""

    def __init__(self, style: Strategy, rng: Random, ledger: MarginAccount) -> None:
        self._style = style
        self._rng = rng
        self._ledger = ledger

    def open_position(self, coin: int, side: float, market: Market, at: float) -> DecidedAction | None:
        """Open a position, `side` 1 or -1, as large as risk, margin and exposure allow."""
        style, ledger, traded = self._style, self._ledger, COIN_SPECS[coin]
        price = round_order_price(traded, market.price(coin, at) * (1.0 + side * SLIPPAGE_RATE))
        far = style.stop * traded.daily_volatility * market.volatility_ratio * self._rng.uniform(0.8, 1.25)
        far = max(0.004, min(0.12, far))
        leverage = self._rng.randint(*style.leverage)
        if not style.reckless:
            leverage = max(5, min(leverage, int(0.85 / (far + 0.0125))))
        equity = ledger.equity(market.before)
        room = style.max_gross_leverage * equity - ledger.gross_notional(market.before)
        notional = min(equity * style.risk / far, leverage * ledger.free_cash * 0.8, room)
        size = round_quantity(traded, notional / price)
        if size * price < _MIN_ORDER_USD:
            return None
        plan = self._plan(traded, side, size, price, far)
        ledger.open(coin, side * size, price, self._filled(at), leverage, plan)
        why = reasons.reason_to_enter(self._rng, style.name, traded.symbol, side > 0)
        return DecidedAction(coin, _entry_signal(side), size, leverage, plan, why)

    def close_position(self, holding: MarginPosition, market: Market, at: float) -> DecidedAction:
        """Close the whole position at the market."""
        side, coin = _side(holding), COIN_SPECS[holding.coin]
        price = round_order_price(coin, market.price(holding.coin, at) * (1.0 - side * SLIPPAGE_RATE))
        why = reasons.reason_to_close(self._rng, coin.symbol, holding.unrealized(price) > 0)
        done = _close_action(holding, abs(holding.quantity), why)
        self._ledger.close(holding, price, self._filled(at))
        return done

    def reduce_position(self, holding: MarginPosition, price: float, at: float) -> DecidedAction | None:
        """Take a part off."""
        side, coin = _side(holding), COIN_SPECS[holding.coin]
        part = round_quantity(coin, abs(holding.quantity) * self._rng.uniform(0.3, 0.6))
        if part <= 0 or part >= abs(holding.quantity):
            return None
        done = _close_action(holding, part, reasons.reason_to_reduce(self._rng, coin.symbol))
        price = round_order_price(coin, price * (1.0 - side * SLIPPAGE_RATE))
        self._ledger.close(holding, price, self._filled(at), part=side * part)
        return done

    def increase_position(self, holding: MarginPosition, price: float) -> DecidedAction | None:
        """Add to a position."""
        side, coin = _side(holding), COIN_SPECS[holding.coin]
        price = round_order_price(coin, price * (1.0 + side * SLIPPAGE_RATE))
        size = round_quantity(coin, abs(holding.quantity) * self._rng.uniform(0.2, 0.5))
        cost = size * price * (1.0 / holding.leverage + TAKER_FEE_RATE)
        if size * price < _MIN_ORDER_USD or cost > 0.6 * self._ledger.free_cash:
            return None
        self._ledger.add(holding, side * size, price)
        why = reasons.reason_to_add(self._rng, coin.symbol)
        return DecidedAction(holding.coin, _entry_signal(side), size, holding.leverage, holding.plan, why)

    def _plan(self, coin: CoinSpec, side: float, size: float, price: float, far: float) -> TradePlan:
        stop = round_order_price(coin, price * (1.0 - side * far))
        return TradePlan(
            target=round_order_price(coin, price * (1.0 + side * far * self._style.reward_ratio)),
            stop=stop,
            invalidation=reasons.render_invalidation(self._rng, self._style.name, coin, stop, side > 0),
            risk_usd=round(size * abs(price - stop), self._rng.choice((0, 2, 4))),
            confidence=self._rng.choice(_CONFIDENCES),
        )

    def _filled(self, at: float) -> float:
        """When an order of a decision made at `at` is filled."""
        return round(at + self._rng.uniform(0.5, 3.0), 3)


def _side(holding: MarginPosition) -> float:
    return 1.0 if holding.quantity > 0 else -1.0


def _entry_signal(side: float) -> str:
    return "buy_to_enter" if side > 0 else "sell_to_enter"


def _close_action(holding: MarginPosition, size: float, why: str) -> DecidedAction:
    return DecidedAction(holding.coin, "close_position", size, holding.leverage, holding.plan, why)
