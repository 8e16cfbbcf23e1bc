"""Return of one interval between two valuations, given the capital flows inside it.

Without flows the return is exact. With flows it is the modified Dietz return: gain over the average capital,
each flow weighted by the share of the interval during which it was at work.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from sys import float_info
from typing import Literal, NamedTuple

from msgspec import Struct

from nof1tui.domain.estimate import Mark
from nof1tui.domain.returns.facts import CapitalFlow

Grade = Literal["exact", "near", "estimated"]
"""Quality of a return: flows valued exactly, flows small or interval short, anything else."""
GRADES: tuple[Grade, ...] = ("exact", "near", "estimated")
DUST_USD = 10.0
NEAR_SHARE = 0.1
"""Flows up to this share of the begin value give a near grade."""
NEAR_S = 3_600.0
"""So does an interval up to this length."""
UNDATED_WEIGHT = 0.5
"""Weight of a flow whose time inside the interval is unknown."""
WITHDRAWN_SHARE = 0.9
"""Equity of zero after withdrawals of this share of the begin value is an emptied account, not a loss."""
_ROUNDING = 4 * float_info.epsilon


class Valuation(NamedTuple):
    """Equity at a moment."""

    at: float
    usd: float


class IntervalReturn(Struct, frozen=True):
    """Simple return of an interval as a fraction, with the band that unknown flow times leave open."""

    value: float
    low: float
    high: float
    grade: Grade = "exact"
    marks: tuple[Mark, ...] = ()


def worse_grade(first: Grade, second: Grade) -> Grade:
    return max(first, second, key=GRADES.index)


def attribution_tolerance(equity_usd: float) -> float:
    """USD that may stay unexplained without a mark: 0.05 % of equity, at least 1."""
    return max(1.0, 0.0005 * abs(equity_usd))


def flow_weight(flow_at: float, begin_at: float, end_at: float) -> float:
    """Share of the interval that follows the flow: 1 at its begin, 0 at its end."""
    return (end_at - flow_at) / (end_at - begin_at) if end_at > begin_at else UNDATED_WEIGHT


def interval_gain(begin_usd: float, end_usd: float, flows_usd: float) -> float:
    """Change of equity less flows; exactly 0 where they differ by rounding alone."""
    gain = fsum((end_usd, -begin_usd, -flows_usd))
    scale = max(abs(begin_usd), abs(end_usd), abs(flows_usd))
    return gain if abs(gain) > _ROUNDING * scale else 0.0


def average_capital(
    begin: Valuation, end_at: float, flows: Sequence[CapitalFlow], undated_usd: float = 0.0
) -> float:
    """Begin value plus every flow times its weight."""
    weighted = (flow_weight(flow.at, begin.at, end_at) * flow.usd for flow in flows)
    return fsum((begin.usd, UNDATED_WEIGHT * undated_usd, *weighted))


def interval_return(
    begin: Valuation,
    end: Valuation,
    flows: Sequence[CapitalFlow] = (),
    *,
    undated_usd: float | None = None,
    dust_usd: float = DUST_USD,
) -> IntervalReturn:
    """Return between two valuations; `begin.usd` must be above zero.

    `flows` are those after `begin.at` and up to `end.at`. `undated_usd` is a sum of flows at unknown times
    (change of value less change of P&L); None where all flows are dated. Average capital below `dust_usd`
    gives a return of 0: no capital was at work.
    """
    if not flows and undated_usd is None:
        return _certain(max(-1.0, end.usd / begin.usd - 1.0))
    net = fsum((undated_usd or 0.0, *(flow.usd for flow in flows)))
    gain = interval_gain(begin.usd, end.usd, net)
    if begin.at == end.at and abs(gain) <= attribution_tolerance(end.usd):
        return _certain(0.0)
    if end.usd <= 0 and net > -WITHDRAWN_SHARE * begin.usd:
        return IntervalReturn(-1.0, -1.0, -1.0, "estimated")
    marks: tuple[Mark, ...] = ("unexplained",) if begin.at == end.at else ()
    average = average_capital(begin, end.at, flows, undated_usd or 0.0)
    if average < dust_usd:
        lost = abs(gain) > attribution_tolerance(begin.usd)
        return IntervalReturn(0.0, 0.0, 0.0, "estimated", ("unexplained",) if lost else marks)
    return _dietz(begin, end, flows, undated_usd, (gain, net, average, dust_usd), marks)


def _certain(value: float) -> IntervalReturn:
    return IntervalReturn(value, value, value)


def _dietz(
    begin: Valuation,
    end: Valuation,
    flows: Sequence[CapitalFlow],
    undated_usd: float | None,
    sums: tuple[float, float, float, float],
    marks: tuple[Mark, ...],
) -> IntervalReturn:
    gain, net, average, dust_usd = sums
    value, grade = gain / average, _grade(begin, end.at, flows, undated_usd)
    if value <= -1.0:
        # The flows came too late for their weights: only with all of them at the begin is the loss possible.
        value = end.usd / (begin.usd + net) - 1.0 if end.usd > 0 else -1.0
        grade = "estimated"
    if grade != "estimated":
        return IntervalReturn(value, value, value, grade, marks)
    low, high = dietz_band(gain, begin.usd, net, dust_usd)
    return IntervalReturn(value, min(value, low), max(value, high), grade, marks)


def dietz_band(
    gain_usd: float, begin_usd: float, flows_usd: float, dust_usd: float = DUST_USD
) -> tuple[float, float]:
    """Smaller and larger return of: all flows at the end, all flows at the begin of the interval."""
    capitals = (begin_usd, begin_usd + flows_usd)
    returns = [max(-1.0, gain_usd / capital) for capital in capitals if capital >= dust_usd]
    return min(returns, default=0.0), max(returns, default=0.0)


def _grade(begin: Valuation, end_at: float, flows: Sequence[CapitalFlow], undated_usd: float | None) -> Grade:
    if undated_usd is not None:
        return "estimated"
    if all(flow.at == end_at for flow in flows) and begin.at < end_at:
        return "exact"
    size = fsum(abs(flow.usd) for flow in flows)
    return "near" if size <= NEAR_SHARE * begin.usd or end_at - begin.at <= NEAR_S else "estimated"
