"""Equity index of an account: equity growth freed from capital flows.

The index is 1 at the first row with equity above dust and is multiplied by the return of each interval
between neighbouring rows. A state is advanced row by row at constant cost, live as well as from the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from math import inf, isfinite
from typing import Literal

from msgspec import Struct, structs

from nof1tui.domain.estimate import Estimate, Mark, merged_marks, not_available
from nof1tui.domain.returns.dietz import (
    DUST_USD,
    Grade,
    IntervalReturn,
    Valuation,
    interval_return,
    worse_grade,
)
from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint

Phase = Literal["waiting", "running", "lost"]
"""Before the first equity above dust; with an index; after equity fell to zero."""
DUST_SHARE = 0.001
"""Equity below this share of the highest equity of the life is dust."""
BAND_SHOWN = 0.05
"""A band wider than this is shown in place of the single figure."""
BAND_LIMIT = 0.20
"""A return with a wider band than this is n/a."""


class IndexState(Struct, frozen=True, kw_only=True):
    """The index after some rows. `START` is the state before any."""

    phase: Phase = "waiting"
    at: float = -inf
    """Time of the last row."""
    equity_usd: float = 0.0
    highest_usd: float = 0.0
    """Highest equity of this life."""
    value: float = 1.0
    """The index of this life: 1 at its begin, 0 once everything is lost."""
    low: float = 1.0
    """Lower end of the band; equal to `value` while every interval is exact or near."""
    high: float = 1.0
    grade: Grade = "exact"
    """Worst grade of any interval of this life."""
    undated: bool = False
    """Whether any interval of this life used flows of unknown time."""
    marks: tuple[Mark, ...] = ()
    n: int = 0
    """Intervals of this life."""
    life: int = 0
    """Number of the present life: 1 for the first, 0 before it."""
    began_at: float | None = None
    """Time of the first row of this life."""
    began_usd: float = 0.0

    @property
    def dust_usd(self) -> float:
        return dust_limit(self.highest_usd)


START = IndexState()


def dust_limit(highest_usd: float) -> float:
    """Equity below this is dust: no capital is at work."""
    return max(DUST_USD, DUST_SHARE * highest_usd)


def advance(
    state: IndexState,
    point: EquityPoint,
    flows: Sequence[CapitalFlow] = (),
    *,
    undated_usd: float | None = None,
) -> IndexState:
    """The state after a further row, given the flows after `state.at` and up to `point.at`.

    A point without finite equity leaves the state as it is; its flows belong to the next row. Raises
    ValueError for a row older than the state and for a flow outside the interval: late facts need a fold
    over all rows.
    """
    equity = point.equity_usd
    if equity is None or not isfinite(equity):
        return state
    if point.at < state.at:
        raise ValueError(f"row at {point.at} is older than the index at {state.at}; rebuild the index")
    if state.phase != "running":
        if equity >= DUST_USD:
            return start_life(state, point)
        return structs.replace(state, at=point.at, equity_usd=equity)
    _check_flows(state.at, point.at, flows)
    begin, end = Valuation(state.at, state.equity_usd), Valuation(point.at, equity)
    if begin.usd < state.dust_usd:
        return rebase(state, point)
    step = interval_return(begin, end, flows, undated_usd=undated_usd, dust_usd=state.dust_usd)
    return _multiplied(state, end, step, undated=undated_usd is not None)


def _check_flows(begin_at: float, end_at: float, flows: Sequence[CapitalFlow]) -> None:
    for flow in flows:
        inside = begin_at < flow.at <= end_at or begin_at == flow.at == end_at
        if not inside:
            raise ValueError(f"flow at {flow.at} is outside the interval {begin_at} to {end_at}")


def _multiplied(state: IndexState, end: Valuation, step: IntervalReturn, *, undated: bool) -> IndexState:
    lost = step.value <= -1.0
    return IndexState(
        phase="lost" if lost else "running",
        at=end.at,
        equity_usd=end.usd,
        highest_usd=max(state.highest_usd, end.usd),
        value=0.0 if lost else state.value * (1.0 + step.value),
        low=0.0 if lost else state.low * (1.0 + step.low),
        high=0.0 if lost else state.high * (1.0 + step.high),
        grade=worse_grade(state.grade, step.grade),
        undated=state.undated or undated,
        marks=merged_marks(state.marks, step.marks) if step.marks else state.marks,
        n=state.n + 1,
        life=state.life,
        began_at=state.began_at,
        began_usd=state.began_usd,
    )


def rebase(state: IndexState, point: EquityPoint) -> IndexState:
    """The state moved to a further row while the index is held: nothing is known of the interval."""
    equity = point.equity_usd
    if equity is None or not isfinite(equity):
        return state
    highest = max(state.highest_usd, equity)
    return structs.replace(state, at=point.at, equity_usd=equity, highest_usd=highest)


def start_life(state: IndexState, point: EquityPoint) -> IndexState:
    """A new life of the account that begins with this row: its index is 1."""
    equity = point.equity_usd
    if equity is None or not isfinite(equity):
        return state
    return IndexState(
        phase="running",
        at=point.at,
        equity_usd=equity,
        highest_usd=equity,
        life=state.life + 1,
        began_at=point.at,
        began_usd=equity,
    )


def index_states(
    points: Iterable[EquityPoint],
    flows: Iterable[CapitalFlow] = (),
    start: IndexState = START,
    resets: Collection[float] = (),
) -> Iterator[IndexState]:
    """The state after each row, for rows in order of time. `resets` are times of rows that begin a new life.

    A flow at exactly a row's time belongs to the interval that ends there; where two rows share that time,
    to the interval between them, which are then the values before and after the flow.
    """
    rows = [point for point in points if point.is_row]
    listed = sorted((flow for flow in flows if flow.at > start.at), key=lambda flow: flow.at)
    state, taken = start, 0
    for number, row in enumerate(rows):
        before_next = number + 1 < len(rows) and rows[number + 1].at == row.at
        first = taken
        while taken < len(listed) and _is_due(listed[taken], row.at, before_next):
            taken += 1
        if row.at in resets and state.life:
            state = start_life(state, row)
        else:
            state = advance(state, row, listed[first:taken])
        yield state


def _is_due(flow: CapitalFlow, row_at: float, before_next: bool) -> bool:
    return flow.at < row_at or (flow.at == row_at and not before_next)


def last_state(
    points: Iterable[EquityPoint],
    flows: Iterable[CapitalFlow] = (),
    start: IndexState = START,
    resets: Collection[float] = (),
) -> IndexState:
    """The state after all rows."""
    state = start
    for state in index_states(points, flows, start, resets):  # noqa: B007 the last one is the result
        pass
    return state


def flows_between(flows: Iterable[CapitalFlow], after: float, until: float) -> tuple[CapitalFlow, ...]:
    """Flows with `after < at <= until`, oldest first: those that `advance` needs."""
    return tuple(sorted((flow for flow in flows if after < flow.at <= until), key=lambda flow: flow.at))


def index_return(state: IndexState) -> Estimate:
    """Return since the begin of the present life, with its band where the index is estimated."""
    if state.phase == "waiting":
        return not_available("no equity above dust yet")
    marks = merged_marks(("estimated",) if state.grade == "estimated" else (), state.marks)
    if state.low == state.high:
        return Estimate(state.value - 1.0, state.n, marks=marks)
    low, high = state.low - 1.0, state.high - 1.0
    if high - low > BAND_LIMIT:
        return Estimate(None, state.n, low, high, "flow times unknown: band too wide", marks)
    return Estimate(state.value - 1.0, state.n, low, high, marks=marks)


def shows_band(estimate: Estimate) -> bool:
    """Whether an estimated return is shown as its band; rank, sort and JSON use its value."""
    if estimate.ci_low is None or estimate.ci_high is None or "estimated" not in estimate.marks:
        return False
    return estimate.ci_high - estimate.ci_low > BAND_SHOWN


def return_between(begin: IndexState, end: IndexState) -> Estimate:
    """Return from one state of the index to a later one of the same life."""
    if begin.life != end.life or begin.phase == "waiting":
        return not_available("the account was reset in between" if begin.life else "no row at the begin")
    if begin.value <= 0:
        return not_available("everything was lost before")
    marks = merged_marks(("estimated",) if end.grade == "estimated" else (), end.marks)
    return Estimate(end.value / begin.value - 1.0, end.n - begin.n, marks=marks)
