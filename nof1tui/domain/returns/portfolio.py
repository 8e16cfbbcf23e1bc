"""Index from a venue's portfolio history: values with cumulative P&L, flows of unknown time between them.

P&L starts at 0 in every list, so differences are taken inside one list only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import fsum, inf

from msgspec import Struct

from nof1tui.domain.returns.facts import EquityPoint, Ledger
from nof1tui.domain.returns.index import START, IndexState, advance, flows_between, rebase


class PortfolioPoint(Struct, frozen=True):
    """One sample: account value and cumulative P&L of its list, both USD."""

    at: float
    value_usd: float
    pnl_usd: float


class PortfolioInterval(Struct, frozen=True):
    """Two neighbouring samples of one list."""

    begin: PortfolioPoint
    end: PortfolioPoint

    @property
    def flow_usd(self) -> float:
        """Money that came from outside: change of value less change of P&L."""
        change = (self.end.value_usd, -self.begin.value_usd)
        return fsum((*change, -self.end.pnl_usd, self.begin.pnl_usd))


def portfolio_intervals(lists: Sequence[Sequence[PortfolioPoint]]) -> tuple[PortfolioInterval, ...]:
    """Intervals of overlapping lists, coarse lists first: a finer one replaces from its first sample on."""
    filled = [samples for samples in lists if samples]
    found = list[PortfolioInterval]()
    for number, samples in enumerate(filled, start=1):
        until = min((finer[0].at for finer in filled[number:]), default=inf)
        found += [PortfolioInterval(begin, end) for begin, end in pairwise(samples) if end.at <= until]
    return tuple(found)


def portfolio_states(
    intervals: Iterable[PortfolioInterval],
    ledger: Ledger | None = None,
    start: IndexState = START,
) -> Iterator[IndexState]:
    """The index after each interval. Intervals that the ledger covers whole use its dated flows.

    Between the lists the index is held.
    """
    state = start
    for interval in intervals:
        begin, end = _row(interval.begin), _row(interval.end)
        if state.phase != "running":
            state = advance(state, begin)
        elif state.at < begin.at:
            state = rebase(state, begin)
        if ledger is not None and ledger.covers(begin.at, end.at):
            state = advance(state, end, flows_between(ledger.flows, begin.at, end.at))
        else:
            state = advance(state, end, undated_usd=interval.flow_usd)
        yield state


def _row(sample: PortfolioPoint) -> EquityPoint:
    return EquityPoint(at=sample.at, learned_at=sample.at, equity_usd=sample.value_usd)
