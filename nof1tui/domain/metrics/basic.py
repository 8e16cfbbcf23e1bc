"""Figures computed from account rows, positions and trades.

Definitions are in docs/metrics.md; each function states its unit. A figure that cannot be computed is
None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from sys import float_info

from msgspec import Struct

from nof1tui.domain.records import Position, Trade

PERIODS_PER_YEAR = 365
"""Daily closes of markets that are open every day."""
_ROUNDING = 8 * float_info.epsilon
"""Differences of returns below this, relative to 1, are rounding of `a / b - 1`."""


class TradeStats(Struct, frozen=True, gc=False):
    """Sums over closed trades, by net P&L as reported by the API."""

    trades: int = 0
    wins: int = 0
    """Trades with net P&L above zero."""
    judged: int = 0
    """Trades whose net P&L is known."""
    without_gross: int = 0
    """Trades whose gross P&L is unknown."""
    without_fees: int = 0
    net_usd: float = 0.0
    gross_usd: float = 0.0
    fees_usd: float = 0.0
    gains_usd: float = 0.0
    losses_usd: float = 0.0
    """Sum of the losing trades, ≤ 0."""
    biggest_win_usd: float | None = None
    biggest_loss_usd: float | None = None

    @property
    def win_rate_pct(self) -> float | None:
        return 100.0 * self.wins / self.judged if self.judged else None

    @property
    def profit_factor(self) -> float | None:
        return self.gains_usd / -self.losses_usd if self.losses_usd < 0 else None


def trade_stats(trades: Iterable[Trade]) -> TradeStats:
    """Count, wins, fees, net P&L and extremes of these trades; sums are exactly rounded (`fsum`)."""
    rows = tuple(trades)
    nets = [trade.net_usd for trade in rows if trade.net_usd is not None]
    gross = [trade.gross_usd for trade in rows if trade.gross_usd is not None]
    fees = [trade.fees_usd for trade in rows if trade.fees_usd is not None]
    gains = [net for net in nets if net > 0]
    losses = [net for net in nets if net < 0]
    return TradeStats(
        trades=len(rows),
        wins=len(gains),
        judged=len(nets),
        without_gross=len(rows) - len(gross),
        without_fees=len(rows) - len(fees),
        net_usd=fsum(nets),
        gross_usd=fsum(gross),
        fees_usd=fsum(fees),
        gains_usd=fsum(gains),
        losses_usd=fsum(losses),
        biggest_win_usd=max(gains, default=None),
        biggest_loss_usd=min(losses, default=None),
    )


def return_pct(equity_usd: float, capital_usd: float | None) -> float | None:
    """Return on the starting capital, percent; None where the capital is unknown or not above zero."""
    return 100.0 * (equity_usd / capital_usd - 1.0) if capital_usd and capital_usd > 0 else None


def max_drawdown(values: Iterable[float], capital_usd: float) -> float:
    """Maximum drawdown, a fraction ≤ 0; the peak is seeded with the capital."""
    peak, drawdown = capital_usd, 0.0
    for value in values:
        peak = max(peak, value)
        if peak > 0:
            drawdown = min(drawdown, value / peak - 1.0)
    return drawdown


def daily_returns(closes: Sequence[float], capital_usd: float) -> list[float]:
    """Simple returns between daily closes, seeded with the capital."""
    previous, returns = capital_usd, []
    for close in closes:
        if previous > 0:
            returns.append(close / previous - 1.0)
        previous = close
    return returns


def sample_deviation(values: Sequence[float]) -> float | None:
    """Standard deviation (ddof 1); exactly 0 if the values differ by rounding only.

    None for fewer than two values.
    """
    count = len(values)
    if count < 2:
        return None
    low, high = min(values), max(values)
    if high - low <= _ROUNDING * (1.0 + max(abs(low), abs(high))):
        return 0.0
    mean = fsum(values) / count
    return sqrt(fsum((value - mean) ** 2 for value in values) / (count - 1))


def sharpe(returns: Sequence[float]) -> float | None:
    """Annualised Sharpe ratio: risk-free 0, sample deviation (ddof 1), 365 periods a year."""
    deviation = sample_deviation(returns)
    return fsum(returns) / len(returns) / deviation * sqrt(PERIODS_PER_YEAR) if deviation else None


class Exposure(Struct, frozen=True, gc=False):
    """Notional as a share of equity: gross adds sizes, net adds signed sizes (short negative)."""

    gross: float | None
    net: float | None
    leverage: float | None
    """Highest leverage of an open position."""


def exposure(positions: Sequence[Position], equity_usd: float) -> Exposure:
    """Exposure of these positions; gross and net are None without prices or with equity ≤ 0."""
    sized = [(position.side, position.notional_usd) for position in positions]
    leverage = max((p.leverage for p in positions if p.leverage is not None), default=None)
    if equity_usd <= 0 or any(notional is None for _, notional in sized):
        return Exposure(None, None, leverage)
    gross = fsum(notional or 0.0 for _, notional in sized)
    net = fsum((notional or 0.0) * (-1 if side == "short" else 1) for side, notional in sized)
    return Exposure(gross / equity_usd, net / equity_usd, leverage)


def risk_multiple(position: Position) -> float | None:
    """R: unrealised P&L over the stated risk."""
    if position.unrealized_usd is None or not position.risk_usd or position.risk_usd < 0:
        return None
    return position.unrealized_usd / position.risk_usd


def stop_target_progress(position: Position) -> float | None:
    """Position of the mark between stop (0) and target (1), clamped; None without both."""
    plan, mark = position.exit_plan, position.mark_price
    if plan is None or plan.stop_loss is None or plan.profit_target is None or mark is None:
        return None
    span = plan.profit_target - plan.stop_loss
    return min(1.0, max(0.0, (mark - plan.stop_loss) / span)) if span else None


def liquidation_distance_pct(position: Position) -> float | None:
    """Distance of the mark to liquidation, percent of the mark; negative beyond it."""
    mark, liquidation = position.mark_price, position.liquidation_price
    if mark is None or mark <= 0 or liquidation is None:
        return None
    distance = liquidation - mark if position.side == "short" else mark - liquidation
    return 100.0 * distance / mark


def ranks(values: Sequence[float]) -> list[int]:
    """1 for the highest; equal values share the better rank."""
    ordered = sorted(values, reverse=True)
    first: dict[float, int] = {}
    for index, value in enumerate(ordered, start=1):
        first.setdefault(value, index)
    return [first[value] for value in values]
