"""Capital flows by a wallet's portfolio, where its ledger does not reach: change of value less P&L."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import inf

from nof1tui.domain.records import AccountKey, CapitalFlow, FlowKind
from nof1tui.domain.returns.portfolio import PortfolioInterval, PortfolioPoint, portfolio_intervals
from nof1tui.sources.hyperliquid.schema import PeriodWire

_ROUNDING = 1e-9
"""Share of the value below which a difference is rounding."""
READING_TOLERANCE = 0.0005
"""Share of the value below which two readings of one portfolio show no flow, at least 1 USD."""


def portfolio_points(period: PeriodWire) -> list[PortfolioPoint]:
    """The moments of a period that have both a value and a P&L, oldest first."""
    pnl_by_time = dict(period.pnl_history)
    return [
        PortfolioPoint(at / 1000.0, float(value), float(pnl_by_time[at]))
        for at, value in sorted(dict(period.account_value_history).items())
        if at and at in pnl_by_time
    ]


def portfolio_flows(
    periods: Sequence[PeriodWire],
    account: AccountKey,
    now: datetime,
    *,
    covered_since: float = inf,
    ends: Iterable[datetime] = (),
) -> list[CapitalFlow]:
    """Flows of unknown time inside the intervals that end at one of `ends`.

    Intervals that begin at `covered_since` or later have their flows in the ledger. Between two periods
    the P&L is unknown: the whole change of value counts as a flow, so that no return is made up.
    """
    lists = [portfolio_points(period) for period in periods]
    intervals = portfolio_intervals(lists)
    wanted = {moment.timestamp() for moment in ends}
    flows = list[CapitalFlow]()
    for interval in _with_gaps(intervals):
        if interval.end.at in wanted and interval.begin.at < covered_since:
            flows += _flow(interval, account, now, _ROUNDING * abs(interval.end.value_usd))
    return flows


def _with_gaps(intervals: Sequence[PortfolioInterval]) -> Iterable[PortfolioInterval]:
    """The intervals, and between two lists one without P&L."""
    yield from intervals[:1]
    for before, after in pairwise(intervals):
        if before.end.at < after.begin.at:
            pnl_usd = before.end.pnl_usd
            begin = PortfolioPoint(after.begin.at, after.begin.value_usd, pnl_usd)
            yield PortfolioInterval(before.end, begin)
        yield after


def reading_flows(
    before: PortfolioPoint | None, reading: PortfolioPoint, account: AccountKey, now: datetime
) -> list[CapitalFlow]:
    """The flow between two readings of one wallet's whole P&L; none without an earlier reading."""
    if before is None or before.at >= reading.at:
        return []
    least_usd = max(1.0, READING_TOLERANCE * abs(reading.value_usd))
    return _flow(PortfolioInterval(before, reading), account, now, least_usd)


def _flow(
    interval: PortfolioInterval, account: AccountKey, now: datetime, least_usd: float
) -> list[CapitalFlow]:
    usd = interval.flow_usd
    if abs(usd) <= least_usd:
        return []
    begin, end = (datetime.fromtimestamp(point.at, UTC) for point in (interval.begin, interval.end))
    kind: FlowKind = "deposit" if usd > 0 else "withdrawal"
    name = f"{account.slug}-portfolio-{round(interval.end.at * 1000)}"
    return [CapitalFlow(name, account, end, now, usd, kind, label="portfolio", since=begin)]
