"""Stationary bootstrap of daily returns: band of the total return, and whether a lead is luck.

Blocks of neighbouring returns, of geometric length and wrapping around, are drawn until a series of the same
length is made (Politis and Romano 1994). The seed is fixed: the same returns give the same band.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import expm1, fsum, log, log1p
from random import Random

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.daily import DayReturn, paired_by_day

DRAWS = 10_000
MEAN_BLOCK_DAYS = 5
SEED = 42
LEAST_RETURNS = 20
LEAD_SURE = 0.95
"""A lead that fewer draws than this share confirm may be luck."""
MAY_BE_LUCK = "may be luck"


def resampled_sums(
    values: Sequence[float], draws: int = DRAWS, mean_block: float = MEAN_BLOCK_DAYS, seed: int = SEED
) -> list[float]:
    """Sums of bootstrap draws of the values, in order of drawing. Values must be finite."""
    n, chance = len(values), Random(seed).random  # noqa: S311 a statistic, not a secret
    sums = [0.0, *accumulate((*values, *values))]
    shrink = log(1.0 - 1.0 / mean_block)
    drawn = []
    for _ in range(draws):
        left, total = n, 0.0
        while left > 0:
            begin = int(chance() * n)
            length = min(left, 1 + int(log(1.0 - chance()) / shrink))
            total += sums[begin + length] - sums[begin]
            left -= length
        drawn.append(total)
    return drawn


class BootstrapTotals(Struct, frozen=True):
    """Total return of a series of daily returns and of its draws; made once and read by several figures."""

    n: int
    total: float
    """Of the daily returns themselves, a fraction."""
    draws: tuple[float, ...]
    """Sorted totals of the draws; empty below `LEAST_RETURNS` and where everything was lost."""

    @property
    def missing_reason(self) -> str | None:
        """Why there are no draws; None where there are."""
        if self.draws:
            return None
        return "everything was lost" if self.total <= -1.0 else f"too few days: {self.n} of {LEAST_RETURNS}"

    def total_return(self) -> Estimate:
        """The total with its 95 % band where there are draws."""
        if not self.draws:
            return Estimate(self.total, self.n, reason=self.missing_reason)
        low, high = (percentile(self.draws, share) for share in (0.025, 0.975))
        return Estimate(self.total, self.n, low, high)

    def loss_probability(self) -> Estimate:
        """Share of the draws that end below zero."""
        if not self.draws:
            return not_available(self.missing_reason or "no draws", self.n)
        return Estimate(bisect_left(self.draws, 0.0) / len(self.draws), self.n)


def bootstrap_totals(returns: Sequence[DayReturn], draws: int = DRAWS, seed: int = SEED) -> BootstrapTotals:
    """Draws of these returns, in the order of their days."""
    if any(item.value <= -1.0 for item in returns):
        return BootstrapTotals(len(returns), -1.0, ())
    logs = [log1p(item.value) for item in returns]
    sums = resampled_sums(logs, draws, seed=seed) if len(logs) >= LEAST_RETURNS else []
    return BootstrapTotals(len(logs), expm1(fsum(logs)), tuple(sorted(map(expm1, sums))))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of sorted values lies, linear between ranks."""
    place = share * (len(ordered) - 1)
    rank = min(int(place), len(ordered) - 2) if len(ordered) > 1 else 0
    above = ordered[min(rank + 1, len(ordered) - 1)]
    return ordered[rank] + (above - ordered[rank]) * (place - rank)


def lead_probability(
    first: Sequence[DayReturn], second: Sequence[DayReturn], draws: int = DRAWS, seed: int = SEED
) -> Estimate:
    """Share of draws in which the first ends ahead of the second, blocks paired by date.

    Only days that both have count. Below 95 % the lead may be luck.
    """
    pairs = paired_by_day(first, second)
    if len(pairs) < LEAST_RETURNS:
        return not_available(f"too few days of both: {len(pairs)} of {LEAST_RETURNS}", len(pairs))
    if any(item.value <= -1.0 for pair in pairs for item in pair):
        return not_available("everything was lost", len(pairs))
    leads = [log1p(one.value) - log1p(other.value) for one, other in pairs]
    share = sum(1 for lead in resampled_sums(leads, draws, seed=seed) if lead > 0) / draws
    estimate = Estimate(share, len(pairs))
    return estimate if share >= LEAD_SURE else estimate.marked("weak", reason=MAY_BE_LUCK)
