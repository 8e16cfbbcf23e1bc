"""Return since inception: the index since it is watched, joined to the capital at the account's begin."""

from __future__ import annotations

from collections.abc import Iterable

from nof1tui.domain.estimate import Estimate, merged_marks, not_available
from nof1tui.domain.returns.dietz import IntervalReturn, Valuation, interval_return, worse_grade
from nof1tui.domain.returns.facts import CapitalFact, CapitalFlow
from nof1tui.domain.returns.index import BAND_LIMIT, IndexState, flows_between


def unwatched_return(
    inception: CapitalFact, first_row: Valuation, flows: Iterable[CapitalFlow] = ()
) -> IntervalReturn:
    """Return from the capital at inception to the first row. Constant while no earlier fact is learned.

    Raises ValueError where the capital is not above zero or dated after the row.
    """
    if inception.usd <= 0 or inception.at > first_row.at:
        raise ValueError("inception needs a capital above zero, dated at or before the first row")
    begin = Valuation(inception.at, inception.usd)
    return interval_return(begin, first_row, flows_between(flows, inception.at, first_row.at))


def return_since_inception(state: IndexState, before: IntervalReturn | None) -> Estimate:
    """Return of the present life since its inception; n/a where the capital at inception is unknown."""
    if state.phase == "waiting":
        return not_available("no equity above dust yet")
    if before is None:
        return not_available("capital at inception unknown")
    grade = worse_grade(state.grade, before.grade)
    marks = merged_marks(("estimated",) if grade == "estimated" else (), before.marks, state.marks)
    value = (1.0 + before.value) * state.value - 1.0
    low, high = (1.0 + before.low) * state.low - 1.0, (1.0 + before.high) * state.high - 1.0
    if low == high:
        return Estimate(value, state.n + 1, marks=marks)
    if high - low > BAND_LIMIT:
        return Estimate(None, state.n + 1, low, high, "flow times unknown: band too wide", marks)
    return Estimate(value, state.n + 1, low, high, marks=marks)
