"""Whether daily returns are enough for a figure: thresholds for n/a and for a weak mark."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.daily import DayReturn

LEAST_DAYS, SOUND_DAYS = 10, 30
"""Fewer returns than the first: n/a; fewer than the second: weak."""
LEAST_SHARE, SOUND_SHARE = 0.5, 0.8
"""The same for the share of the span that returns of a single day cover."""


class DaySample(Struct, frozen=True):
    """How much daily returns cover."""

    n: int
    span_days: int
    """Days from the first close to the last."""
    single_days: int
    """Returns that span exactly one day."""

    @property
    def coverage(self) -> float:
        """Share of the span covered by returns of a single day."""
        return self.single_days / self.span_days if self.span_days else 0.0

    @property
    def missing_reason(self) -> str | None:
        """Why figures of this sample are n/a; None where they are not."""
        if self.n < LEAST_DAYS:
            return f"too few days: {self.n} of {LEAST_DAYS}"
        return f"gaps: {self.coverage:.0%} of days" if self.coverage < LEAST_SHARE else None

    @property
    def weak_reason(self) -> str | None:
        """Why figures of this sample are weak; None where they are not."""
        if self.n < SOUND_DAYS:
            return f"{self.n} of {SOUND_DAYS} days"
        return f"gaps: {self.coverage:.0%} of days" if self.coverage < SOUND_SHARE else None


def day_sample(returns: Sequence[DayReturn]) -> DaySample:
    """What these returns cover."""
    single = sum(1 for item in returns if item.tau == 1)
    return DaySample(len(returns), sum(item.tau for item in returns), single)


def judged(
    value: float | None, sample: DaySample, missing: str, ci: tuple[float, float] | None = None
) -> Estimate:
    """The value by the thresholds of its sample: n/a, weak or sound.

    `missing` is the reason for a value that does not exist although the sample is large enough.
    """
    if sample.missing_reason is not None:
        return not_available(sample.missing_reason, sample.n)
    if value is None:
        return not_available(missing, sample.n)
    low, high = (None, None) if ci is None else ci
    estimate = Estimate(value, sample.n, low, high)
    return estimate.marked("weak", reason=sample.weak_reason) if sample.weak_reason else estimate
