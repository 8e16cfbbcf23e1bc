"""How a simulated trader's wishes become orders: size, leverage, plan and price."""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena import rationale as reasons
from nof1tui.sources.simulated.arena.decisions import Action
from nof1tui.sources.simulated.arena.ledger import TAKER_FEE, Holding, Ledger, Plan
from nof1tui.sources.simulated.arena.market import COINS, Coin, Market, order_price, quantity
from nof1tui.sources.simulated.arena.strategies import Style

SLIPPAGE = 0.0001
SMALLEST_ORDER_USD = 50.0
_SURE = (0.55, 0.6, 0.62, 0.65, 0.65, 0.68, 0.7, 0.72, 0.75, 0.8, 0.85, 0.88)


class Desk:
    """Trades for one account; every order answers with what was done, or None when it was too small."""

    def __init__(self, style: Style, rng: Random, ledger: Ledger) -> None:
        self._style = style
        self._rng = rng
        self._ledger = ledger

    def enter(self, coin: int, side: float, market: Market, at: float) -> Action | None:
        """Open a position, `side` 1 or -1, as large as risk, margin and exposure allow."""
        style, ledger, traded = self._style, self._ledger, COINS[coin]
        price = order_price(traded, market.price(coin, at) * (1.0 + side * SLIPPAGE))
        far = style.stop * traded.vol * market.heat * self._rng.uniform(0.8, 1.25)
        far = max(0.004, min(0.12, far))
        leverage = self._rng.randint(*style.leverage)
        if not style.reckless:
            leverage = max(5, min(leverage, int(0.85 / (far + 0.0125))))
        equity = ledger.equity(market.before)
        room = style.gross * equity - ledger.gross(market.before)
        notional = min(equity * style.risk / far, leverage * ledger.free * 0.8, room)
        size = quantity(traded, notional / price)
        if size * price < SMALLEST_ORDER_USD:
            return None
        plan = self._plan(traded, side, size, price, far)
        ledger.open(coin, side * size, price, self._filled(at), leverage, plan)
        why = reasons.reason_to_enter(self._rng, style.name, traded.symbol, side > 0)
        return Action(coin, _entry(side), size, leverage, plan, why)

    def leave(self, holding: Holding, market: Market, at: float) -> Action:
        """Close the whole position at the market."""
        side, coin = _side(holding), COINS[holding.coin]
        price = order_price(coin, market.price(holding.coin, at) * (1.0 - side * SLIPPAGE))
        why = reasons.reason_to_close(self._rng, coin.symbol, holding.unrealized(price) > 0)
        done = _closing(holding, abs(holding.quantity), why)
        self._ledger.close(holding, price, self._filled(at))
        return done

    def reduce(self, holding: Holding, price: float, at: float) -> Action | None:
        """Take a part off."""
        side, coin = _side(holding), COINS[holding.coin]
        part = quantity(coin, abs(holding.quantity) * self._rng.uniform(0.3, 0.6))
        if part <= 0 or part >= abs(holding.quantity):
            return None
        done = _closing(holding, part, reasons.reason_to_reduce(self._rng, coin.symbol))
        price = order_price(coin, price * (1.0 - side * SLIPPAGE))
        self._ledger.close(holding, price, self._filled(at), part=side * part)
        return done

    def increase(self, holding: Holding, price: float) -> Action | None:
        """Add to a position."""
        side, coin = _side(holding), COINS[holding.coin]
        price = order_price(coin, price * (1.0 + side * SLIPPAGE))
        size = quantity(coin, abs(holding.quantity) * self._rng.uniform(0.2, 0.5))
        cost = size * price * (1.0 / holding.leverage + TAKER_FEE)
        if size * price < SMALLEST_ORDER_USD or cost > 0.6 * self._ledger.free:
            return None
        self._ledger.add(holding, side * size, price)
        why = reasons.reason_to_add(self._rng, coin.symbol)
        return Action(holding.coin, _entry(side), size, holding.leverage, holding.plan, why)

    def _plan(self, coin: Coin, side: float, size: float, price: float, far: float) -> Plan:
        stop = order_price(coin, price * (1.0 - side * far))
        return Plan(
            target=order_price(coin, price * (1.0 + side * far * self._style.reward)),
            stop=stop,
            invalidation=reasons.invalidation(self._rng, self._style.name, coin, stop, side > 0),
            risk_usd=round(size * abs(price - stop), self._rng.choice((0, 2, 4))),
            confidence=self._rng.choice(_SURE),
        )

    def _filled(self, at: float) -> float:
        """When an order of a decision made at `at` is filled."""
        return round(at + self._rng.uniform(0.5, 3.0), 3)


def _side(holding: Holding) -> float:
    return 1.0 if holding.quantity > 0 else -1.0


def _entry(side: float) -> str:
    return "buy_to_enter" if side > 0 else "sell_to_enter"


def _closing(holding: Holding, size: float, why: str) -> Action:
    return Action(holding.coin, "close_position", size, holding.leverage, holding.plan, why)
