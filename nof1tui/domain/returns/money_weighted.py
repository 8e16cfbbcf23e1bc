"""Money-weighted return (XIRR): the yearly rate at which dated payments are worth today's equity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import exp, expm1, fsum, log

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.facts import CapitalFlow
from nof1tui.domain.returns.timescale import DAY_S, YEAR_DAYS, YEAR_S

LOWEST_RATE, HIGHEST_RATE = -0.9999, 1e4
"""Rates a year between which the root is looked for: -99.99 % and 1,000,000 %."""
GRID_CELLS = 400


class CashFlow(Struct, frozen=True):
    """A payment as the owner sees it: paid in is negative, received is positive."""

    at: float
    usd: float


class MoneyWeightedReturn(Struct, frozen=True):
    """The yearly rate, and the same rate over the elapsed days: the form to show under a year."""

    annual: Estimate
    period: Estimate
    days: float = 0.0


def cash_flows(begin: Valuation, flows: Iterable[CapitalFlow], end: Valuation) -> tuple[CashFlow, ...]:
    """The owner's payments: begin value in, flows between, today's equity out."""
    inside = (CashFlow(flow.at, -flow.usd) for flow in flows if begin.at < flow.at <= end.at)
    return CashFlow(begin.at, -begin.usd), *inside, CashFlow(end.at, end.usd)


def money_weighted_return(payments: Sequence[CashFlow], *, undated: bool = False) -> MoneyWeightedReturn:
    """The rate of these payments, today's equity among them.

    n/a: a span under a day, flows of unknown time, payments all of one sign, several rates that fit, or
    none between `LOWEST_RATE` and `HIGHEST_RATE`.
    """
    netted = _netted(payments)
    days = (netted[-1].at - netted[0].at) / DAY_S if netted else 0.0
    if undated:
        return _missing("flow times unknown", payments, days)
    if days < 1:
        return _missing("span under a day", payments, days)
    if not _sign_changes(netted):
        return _missing("payments all of one sign", payments, days)
    roots = _log_rates(netted)
    if len(roots) != 1:
        reason = "several rates fit" if roots else "rate outside -99.99 % to 1,000,000 %"
        return _missing(reason, payments, days)
    annual = Estimate(expm1(roots[0]), len(payments))
    period = Estimate(expm1(roots[0] * days / YEAR_DAYS), len(payments))
    return MoneyWeightedReturn(annual, period, days)


def _missing(reason: str, payments: Sequence[CashFlow], days: float) -> MoneyWeightedReturn:
    missing = not_available(reason, len(payments))
    return MoneyWeightedReturn(missing, missing, days)


def _netted(payments: Sequence[CashFlow]) -> tuple[CashFlow, ...]:
    """One payment per moment, oldest first, none of zero."""
    moments: dict[float, list[float]] = {}
    for payment in payments:
        moments.setdefault(payment.at, []).append(payment.usd)
    sums = ((at, fsum(usd)) for at, usd in sorted(moments.items()))
    return tuple(CashFlow(at, usd) for at, usd in sums if usd)


def _sign_changes(payments: Sequence[CashFlow]) -> int:
    return sum(1 for one, other in pairwise(payments) if (one.usd > 0) != (other.usd > 0))


def _log_rates(payments: Sequence[CashFlow]) -> list[float]:
    """Every log(1 + rate) in range at which the present value of the payments is 0."""
    years = [(payment.at - payments[0].at) / YEAR_S for payment in payments]
    amounts = [payment.usd for payment in payments]

    def value(rate: float) -> float:
        return fsum(usd * exp(-rate * year) for usd, year in zip(amounts, years, strict=True))

    def slope(rate: float) -> float:
        terms = zip(amounts, years, strict=True)
        return fsum(-year * usd * exp(-rate * year) for usd, year in terms)

    low, high = log(1.0 + LOWEST_RATE), log(1.0 + HIGHEST_RATE)
    if _sign_changes(payments) == 1:
        return _roots(value, [low, high])
    edges = [low + (high - low) * cell / GRID_CELLS for cell in range(GRID_CELLS + 1)]
    return _roots(value, sorted({*edges, *_roots(slope, edges)}))


def _roots(value: Callable[[float], float], edges: Sequence[float]) -> list[float]:
    """Roots between edges where the sign changes, and edges that are roots themselves."""
    values = [value(edge) for edge in edges]
    roots = [edge for edge, at_edge in zip(edges, values, strict=True) if at_edge == 0]
    for index, (one, other) in enumerate(pairwise(edges)):
        if min(values[index], values[index + 1]) < 0 < max(values[index], values[index + 1]):
            roots.append(_bisected(value, one, other, values[index] > 0))
    return sorted(roots)


def _bisected(value: Callable[[float], float], low: float, high: float, falling: bool) -> float:
    """The root between two edges to the last bit."""
    while low < (middle := 0.5 * (low + high)) < high:
        if (value(middle) > 0) == falling:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
