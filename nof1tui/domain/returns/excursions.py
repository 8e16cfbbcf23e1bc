"""Excursions of a closed trade: how far it went against and for the trader before it closed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.records import Side

LEAST_ROWS = 3


class ClosedPosition(Struct, frozen=True):
    """A closed position by its prices. `quantity` is unsigned."""

    side: Side
    quantity: float
    entry_price: float
    exit_price: float
    net_usd: float | None = None

    @property
    def entry_notional_usd(self) -> float:
        return self.quantity * self.entry_price

    def result_at(self, price: float) -> float:
        """Gross P&L had it closed at this price, USD."""
        change = price - self.entry_price
        return self.quantity * (change if self.side == "long" else -change)


class Excursions(Struct, frozen=True):
    """Maximum adverse (≤ 0) and favourable (≥ 0) excursion, and ratios made of them."""

    mae_usd: Estimate
    mfe_usd: Estimate
    mae: Estimate
    """Of the entry notional, a fraction."""
    mfe: Estimate
    edge_ratio: Estimate
    """Favourable over adverse."""
    kept: Estimate
    """Net result over the favourable excursion."""


def excursions(
    position: ClosedPosition,
    seen_usd: Sequence[float],
    extremes: tuple[float, float] | None = None,
) -> Excursions:
    """Excursions from unrealised P&L seen between entry and exit, with 0 at entry and gross at exit.

    Sampled: true excursions are at least these. `extremes` are the lowest and highest price of candles
    wholly inside the trade, which may tighten them. Fewer than three rows: n/a.
    """
    n = len(seen_usd)
    if n < LEAST_ROWS:
        missing = not_available(f"needs {LEAST_ROWS} rows, has {n}", n)
        return Excursions(missing, missing, missing, missing, missing, missing)
    results = [0.0, *seen_usd, position.result_at(position.exit_price)]
    if extremes is not None:
        results.extend(map(position.result_at, extremes))
    adverse, favourable, notional = min(results), max(results), position.entry_notional_usd
    return Excursions(
        mae_usd=_sampled(adverse, n),
        mfe_usd=_sampled(favourable, n),
        mae=_share(adverse, notional, n, "entry notional unknown"),
        mfe=_share(favourable, notional, n, "entry notional unknown"),
        edge_ratio=_share(favourable, -adverse, n, "never below entry"),
        kept=_share(position.net_usd, favourable, n, "never above entry"),
    )


def _sampled(value: float, n: int) -> Estimate:
    return Estimate(value, n, marks=("sampled",))


def _share(value: float | None, of: float, n: int, missing: str) -> Estimate:
    if value is None:
        return not_available("net result unknown", n)
    return _sampled(value / of, n) if of > 0 else not_available(missing, n)


def closed_risk_multiple(net_usd: float | None, risk_usd: float | None) -> Estimate:
    """R of a closed trade: its net result in units of the risk planned at entry."""
    if net_usd is None:
        return not_available("net result unknown")
    if not risk_usd or risk_usd < 0:
        return not_available("planned risk unknown")
    return Estimate(net_usd / risk_usd, 1)
