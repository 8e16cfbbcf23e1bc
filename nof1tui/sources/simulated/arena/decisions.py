"""One decision of a simulated trader: positions, market and actions."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.sources.simulated.arena.margin_account import CAPITAL_USD, TradePlan
from nof1tui.sources.simulated.arena.market import CoinSnapshot
from nof1tui.sources.simulated.arena.strategies import TraderProfile


@dataclass(frozen=True, slots=True)
class DecidedAction:
    """An action of a decision on one coin; `signal` is a value of the API."""

    coin: int
    signal: str
    quantity: float
    leverage: int
    plan: TradePlan
    reason: str


@dataclass(frozen=True, slots=True)
class PositionSnapshot:
    """A position at the time of a decision."""

    coin: int
    quantity: float
    entry_price: float
    price: float
    leverage: int
    plan: TradePlan
    oids: tuple[int, int, int]
    liquidation_price: float

    @property
    def unrealized(self) -> float:
        return self.quantity * (self.price - self.entry_price)


@dataclass(frozen=True, slots=True)
class DecisionCycle:
    """One decision, with the figures that its texts mention."""

    trader: TraderProfile
    number: int
    at: float
    started_at: float
    equity: float
    free_cash: float
    sharpe: float
    positions_before: tuple[PositionSnapshot, ...]
    positions_after: tuple[PositionSnapshot, ...]
    actions: tuple[DecidedAction, ...]
    snapshots: tuple[CoinSnapshot, ...]
    prices: tuple[float, ...]
    seed: int
    """Selects the wording of the texts."""

    @property
    def return_pct(self) -> float:
        return (self.equity / CAPITAL_USD - 1.0) * 100.0
