"""Statistics of closed trades by net result, with what is known of them and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.completeness import TradeCompleteness
from nof1tui.domain.returns.proportion import proportion_estimate

SOUND_TRADE_COUNT = 30
"""Rates and averages of fewer trades are weak."""
NONE_LOST, NONE_WON, NO_TRADES = "none lost", "none won", "no complete trade"


def net_result(gross_usd: float, fees_usd: float, funding_usd: float = 0.0) -> float:
    """Gross less fees plus funding received, USD."""
    return fsum((gross_usd, -fees_usd, funding_usd))


class TradeResult(Struct, frozen=True):
    """Net result of one closed trade."""

    net_usd: float | None
    complete: bool = True
    """False where its opening or its end is unknown."""

    @property
    def counts(self) -> bool:
        return self.complete and self.net_usd is not None


class TradeSummary(Struct, frozen=True):
    """Statistics of the complete trades. A win has a net result above 0, a loss below, 0 is flat."""

    n: int
    wins: int
    losses: int
    flat: int
    incomplete: int
    """Trades left out: opening, end or result unknown."""
    net_usd: float
    win_rate: Estimate
    """With the Wilson interval."""
    profit_factor: Estimate
    """Sum of the wins over the sum of the losses; 0 without a win, n/a without a loss."""
    payoff: Estimate
    """Average win over average loss."""
    expectancy: Estimate
    """Average net result, USD."""


def trade_summary(
    results: Iterable[TradeResult], completeness: TradeCompleteness | None = None
) -> TradeSummary:
    """Statistics of these trades; all are marked where the list itself is incomplete."""
    listed = tuple(results)
    nets = [result.net_usd for result in listed if result.counts and result.net_usd is not None]
    wins, losses = [net for net in nets if net > 0], [net for net in nets if net < 0]
    n = len(nets)

    def judged(estimate: Estimate) -> Estimate:
        return _judged(estimate, completeness)

    return TradeSummary(
        n=n,
        wins=len(wins),
        losses=len(losses),
        flat=n - len(wins) - len(losses),
        incomplete=len(listed) - n,
        net_usd=fsum(nets),
        win_rate=judged(proportion_estimate(len(wins), n, NO_TRADES)),
        profit_factor=judged(_profit_factor(wins, losses, n)),
        payoff=judged(_payoff(wins, losses, n)),
        expectancy=judged(Estimate(fsum(nets) / n, n) if n else not_available(NO_TRADES)),
    )


def _judged(estimate: Estimate, completeness: TradeCompleteness | None) -> Estimate:
    if estimate.value is not None and estimate.n < SOUND_TRADE_COUNT:
        estimate = estimate.marked("weak", reason=f"{estimate.n} of {SOUND_TRADE_COUNT} trades")
    if completeness is None or completeness.complete:
        return estimate
    return estimate.marked("incomplete", reason=completeness.label)


def _profit_factor(wins: Sequence[float], losses: Sequence[float], n: int) -> Estimate:
    if not n:
        return not_available(NO_TRADES)
    return Estimate(fsum(wins) / -fsum(losses), n) if losses else not_available(NONE_LOST, n)


def _payoff(wins: Sequence[float], losses: Sequence[float], n: int) -> Estimate:
    if not n:
        return not_available(NO_TRADES)
    if not wins or not losses:
        return not_available(NONE_WON if losses else NONE_LOST, n)
    return Estimate(fsum(wins) / len(wins) / (-fsum(losses) / len(losses)), n)
