"""One decision of a simulated trader: what it saw, what it did."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.sources.simulated.arena.margin_account import CAPITAL_USD, TradePlan
from nof1tui.sources.simulated.arena.market import CoinSnapshot
from nof1tui.sources.simulated.arena.strategies import TraderProfile


@dataclass(frozen=True, slots=True)
class DecidedAction:
    """What a decision did about one coin, in the words of the wire."""

    coin: int
    signal: str
    quantity: float
    leverage: int
    plan: TradePlan
    reason: str


@dataclass(frozen=True, slots=True)
class PositionSnapshot:
    """A position as the trader saw it when it decided."""

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
    """One decision, with all that its texts are written from."""

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
    """Of the texts' wording."""

    @property
    def return_pct(self) -> float:
        return (self.equity / CAPITAL_USD - 1.0) * 100.0
