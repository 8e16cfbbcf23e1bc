"""Return of one interval with flows inside it: modified Dietz, its band and its grade."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.dietz import Valuation, average_capital, dietz_band, interval_return
from tests.support.return_facts import DAY, HOUR, at, exact, flow

BEGIN = Valuation(at("2026-03-02"), 10_000.0)
END_AT = at("2026-03-03")


class TestWorkedExample02:
    def test_02_modified_dietz(self) -> None:
        deposit = [flow("2026-03-02 18:00", 5_000)]
        assert average_capital(BEGIN, END_AT, deposit) == exact(11_250.0)
        result = interval_return(BEGIN, Valuation(END_AT, 15_600), deposit)
        assert result.value == exact(600 / 11_250)
        assert (result.low, result.high) == exact((0.04, 0.06))
        assert dietz_band(600, 10_000, 5_000) == exact((0.04, 0.06))
        assert result.grade == "estimated"

    def test_02b_modified_dietz_with_two_flows(self) -> None:
        moved = [flow("2026-03-02 06:00", 2_000), flow("2026-03-02 12:00", -5_000)]
        assert average_capital(BEGIN, END_AT, moved) == exact(9_000.0)
        assert interval_return(BEGIN, Valuation(END_AT, 6_900), moved).value == exact(-100 / 9_000)

    def test_flows_of_one_moment_are_added(self) -> None:
        one, two = (
            [flow("2026-03-02 06:00", 300.0)],
            [flow("2026-03-02 06:00", part) for part in (500.0, -200.0)],
        )
        end = Valuation(END_AT, 10_500)
        assert interval_return(BEGIN, end, two).value == interval_return(BEGIN, end, one).value


class TestGrades:
    @pytest.mark.parametrize(
        ("flow_usd", "flow_at", "end_at", "grade"),
        [
            (None, None, END_AT, "exact"),
            (5_000.0, BEGIN.at + 6 * HOUR, END_AT, "estimated"),
            (1_000.0, BEGIN.at + 6 * HOUR, END_AT, "near"),
            (-1_000.0, BEGIN.at + 6 * HOUR, END_AT, "near"),
            (1_001.0, BEGIN.at + 6 * HOUR, END_AT, "estimated"),
            (5_000.0, BEGIN.at + 600, BEGIN.at + HOUR, "near"),
            (5_000.0, BEGIN.at + 600, BEGIN.at + HOUR + 1, "estimated"),
            (5_000.0, END_AT, END_AT, "exact"),
        ],
    )
    def test_a_flow_that_is_small_or_in_a_short_interval_is_near(
        self, flow_usd: float | None, flow_at: float | None, end_at: float, grade: str
    ) -> None:
        moved = [] if flow_usd is None or flow_at is None else [flow(flow_at, flow_usd)]
        end = Valuation(end_at, 10_200 + (flow_usd or 0.0))
        assert interval_return(BEGIN, end, moved).grade == grade


class TestEdges:
    def test_a_flow_that_leaves_no_average_capital_holds_the_index_with_a_mark(self) -> None:
        end = Valuation(END_AT, 500)
        result = interval_return(BEGIN, end, [flow("2026-03-02 06:00", -20_000.0)])
        assert (result.value, result.grade, result.marks) == (0.0, "estimated", ("unexplained",))

    def test_a_loss_larger_than_the_average_capital_is_measured_with_all_flows_at_the_begin(self) -> None:
        late = [flow("2026-03-02 23:00", 100_000.0)]
        result = interval_return(BEGIN, Valuation(END_AT, 5_500), late)
        assert result.value == exact(5_500 / 110_000 - 1)
        assert result.grade == "estimated"


@given(st.floats(20.0, 1e7), st.floats(-0.5, 0.8), st.floats(-0.3, 3.0), st.floats(0.01, 0.99))
def test_the_dietz_return_lies_within_its_band(
    begin: float, change: float, share: float, place: float
) -> None:
    usd = begin * share
    end = Valuation(DAY, begin * (1 + change) + usd)
    result = interval_return(Valuation(0.0, begin), end, [flow(place * DAY, usd)])
    assert result.low <= result.value <= result.high
