"""Share of successes with its Wilson score interval."""

from __future__ import annotations

from math import sqrt

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.sharpe_confidence import Z_95


def proportion_estimate(successes: int, n: int, missing: str = "no observations") -> Estimate:
    """Successes over trials as a fraction, with the 95 % Wilson interval."""
    if n <= 0:
        return not_available(missing)
    low, high = wilson_interval(successes, n)
    return Estimate(successes / n, n, low, high)


def wilson_interval(successes: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Ends of the Wilson score interval of a share, within 0 and 1. `n` must be above zero."""
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if successes == 0 else max(0.0, centre - reach)
    high = 1.0 if successes == n else min(1.0, centre + reach)
    return low, high
