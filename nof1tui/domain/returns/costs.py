"""What fees and funding take from returns."""

from __future__ import annotations

from math import fsum

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available


class CostDrag(Struct, frozen=True):
    """Costs of a window as fractions: of mean equity, of gross P&L, and returns before and after them."""

    fee_drag: Estimate
    funding_drag: Estimate
    """Funding paid; negative where more was received."""
    drag: Estimate
    gross_return: Estimate
    """Of the equity at the begin."""
    net_return: Estimate
    fees_of_gross: Estimate
    """Fees over gross P&L."""


def cost_drag(
    gross_usd: float,
    fees_usd: float,
    funding_usd: float,
    *,
    begin_usd: float | None,
    mean_equity_usd: float | None,
    n: int = 1,
) -> CostDrag:
    """Drag of fees (a cost is positive) and funding (received is positive) over a window of `n` fills."""
    net = fsum((gross_usd, -fees_usd, funding_usd))
    mean, begin = "mean equity unknown or not above zero", "equity at the begin unknown or not above zero"
    return CostDrag(
        fee_drag=_share(fees_usd, mean_equity_usd, n, mean),
        funding_drag=_share(-funding_usd, mean_equity_usd, n, mean),
        drag=_share(fees_usd - funding_usd, mean_equity_usd, n, mean),
        gross_return=_share(gross_usd, begin_usd, n, begin),
        net_return=_share(net, begin_usd, n, begin),
        fees_of_gross=_share(fees_usd, gross_usd, n, "gross P&L not above zero"),
    )


def _share(value: float, of: float | None, n: int, missing: str) -> Estimate:
    return Estimate(value / of, n) if of is not None and of > 0 else not_available(missing, n)
