"""The equity index: growth of an account freed from deposits and withdrawals."""

from __future__ import annotations

from math import inf, nan

import pytest

from nof1tui.domain.returns.drawdown import index_drawdown
from nof1tui.domain.returns.index import (
    START,
    IndexState,
    advance,
    index_return,
    index_states,
    last_state,
    return_between,
    shows_band,
    start_life,
)
from tests.support.return_facts import DAY, HOUR, exact, flow, row


def values(states: list[IndexState]) -> list[float]:
    return [state.value for state in states]


def test_01_rows_before_and_after_a_flow_give_the_true_time_weighted_return() -> None:
    rows = [
        row("2026-03-01", 1_000),
        row("2026-03-11 12:00", 1_100),
        row("2026-03-11 12:00", 10_100),
        row("2026-03-21", 9_595),
    ]
    states = list(index_states(rows, [flow("2026-03-11 12:00", 9_000)]))
    assert values(states) == exact([1, 1.1, 1.1, 1.045])
    assert index_return(states[-1]).value == exact(0.045)
    assert states[-1].grade == "exact"
    assert index_return(states[-1]).marks == ()
    fallen = index_drawdown((state.at, state.value) for state in states)
    assert fallen.max_depth == exact(-0.05)


class TestBand:
    def test_the_index_carries_the_worst_grade(self) -> None:
        rows = [row(0.0, 1_000), row(DAY, 1_050), row(2 * DAY, 2_100), row(3 * DAY, 2_200)]
        grades = [state.grade for state in index_states(rows, [flow(30 * HOUR, 1_000.0)])]
        assert grades == ["exact", "exact", "estimated", "estimated"]

    def test_a_wide_band_is_shown_and_a_very_wide_one_is_not_available(self) -> None:
        def after(usd: float, end: float) -> IndexState:
            return last_state([row(0.0, 1_000), row(DAY, end)], [flow(HOUR, usd)])

        narrow, wide, widest = after(2_000.0, 3_060.0), after(2_000.0, 3_100.0), after(9_000.0, 11_000.0)
        assert index_return(narrow).marks == ("estimated",)
        assert not shows_band(index_return(narrow))
        estimate = index_return(wide)
        assert shows_band(estimate)
        assert estimate.value == exact(100 / (1_000 + 2_000 * 23 / 24))
        assert (estimate.ci_low, estimate.ci_high) == exact((100 / 3_000, 0.1))
        assert index_return(widest).value is None
        assert index_return(widest).reason == "flow times unknown: band too wide"


class TestEdges:
    def test_the_index_begins_at_the_first_row_above_dust(self) -> None:
        rows = [row(0.0, 0.0), row(HOUR, 9.99), row(2 * HOUR, 500.0), row(3 * HOUR, 505.0)]
        states = list(index_states(rows))
        assert [state.phase for state in states] == ["waiting", "waiting", "running", "running"]
        assert states[-1].value == exact(1.01)
        assert (states[-1].began_at, states[-1].began_usd, states[-1].n) == (2 * HOUR, 500.0, 1)
        assert index_return(states[1]).reason == "no equity above dust yet"

    @pytest.mark.parametrize("equity", [None, nan, inf])
    def test_a_point_without_equity_is_ignored_and_its_flows_are_kept(self, equity: float | None) -> None:
        rows = [row(0.0, 1_000), row(HOUR, equity), row(2 * HOUR, 1_500)]
        state = last_state(rows, [flow(0.5 * HOUR, 500.0)])
        assert state.value == 1.0
        assert state.n == 1
        assert advance(state, row(3 * HOUR, equity)) is state

    def test_without_capital_at_work_the_index_is_held_until_the_refill(self) -> None:
        rows = [
            row(0.0, 1_000),
            row(DAY, 1_100),
            row(2 * DAY, 5.0),
            row(3 * DAY, 4.0),
            row(4 * DAY, 2_000),
            row(5 * DAY, 2_200),
        ]
        moved = [flow(2 * DAY, -1_095.0), flow(3.5 * DAY, 1_996.0)]
        assert values(list(index_states(rows, moved))) == exact([1, 1.1, 1.1, 1.1, 1.1, 1.21])

    def test_dust_grows_with_the_highest_equity(self) -> None:
        rows = [row(0.0, 1_000_000), row(HOUR, 900.0), row(2 * HOUR, 1_800.0)]
        states = list(index_states(rows, [flow(HOUR, -999_100.0)]))
        assert states[-1].dust_usd == 1_000.0
        assert values(states) == [1.0, 1.0, 1.0]

    def test_equity_of_zero_ends_the_life_and_later_money_begins_another(self) -> None:
        rows = [row(0.0, 1_000), row(DAY, -3.0), row(2 * DAY, 0.0), row(3 * DAY, 400.0), row(4 * DAY, 500.0)]
        states = list(index_states(rows, [flow(2.5 * DAY, 400.0)]))
        assert values(states) == exact([1, 0, 0, 1, 1.25])
        assert [state.phase for state in states] == ["running", "lost", "lost", "running", "running"]
        assert [state.life for state in states] == [1, 1, 1, 2, 2]
        assert index_return(states[1]).value == -1.0
        assert return_between(states[0], states[-1]).reason == "the account was reset in between"

    def test_an_emptied_account_is_not_a_lost_one(self) -> None:
        rows = [row(0.0, 1_000), row(DAY, 0.0), row(2 * DAY, 700.0), row(3 * DAY, 770.0)]
        states = list(index_states(rows, [flow(0.5 * DAY, -1_000.0), flow(1.5 * DAY, 700.0)]))
        assert values(states) == exact([1, 1, 1, 1.1])
        assert states[-1].life == 1

    def test_a_small_withdrawal_does_not_hide_a_total_loss(self) -> None:
        state = last_state([row(0.0, 1_000), row(DAY, 0.0)], [flow(0.5 * DAY, -500.0)])
        assert (state.value, state.phase) == (0.0, "lost")

    def test_a_flow_at_the_time_of_a_row_belongs_to_the_interval_that_ends_there(self) -> None:
        rows = [row(0.0, 1_000), row(DAY, 1_600), row(2 * DAY, 1_760)]
        assert values(list(index_states(rows, [flow(DAY, 500.0)]))) == exact([1, 1.1, 1.21])

    def test_money_that_appears_with_a_flow_in_no_time_is_measurement_up_to_the_tolerance(self) -> None:
        def jump(after: float) -> IndexState:
            return last_state([row(0.0, 1_000), row(DAY, 1_000), row(DAY, after)], [flow(DAY, 500.0)])

        assert jump(1_500.9).value == 1.0
        assert jump(1_600.0).value == exact(1 + 100 / 1_250)
        assert jump(1_600.0).marks == ("unexplained",)

    def test_a_reset_begins_a_life_at_one(self) -> None:
        state = start_life(last_state([row(0.0, 10_000), row(DAY, 4_800)]), row(2 * DAY, 10_000))
        assert (state.value, state.life, state.n) == (1.0, 2, 0)
        assert advance(state, row(3 * DAY, 10_150)).value == exact(1.015)

    def test_a_late_row_or_a_flow_outside_the_interval_is_refused(self) -> None:
        state = last_state([row(0.0, 1_000), row(DAY, 1_100)])
        with pytest.raises(ValueError, match="rebuild the index"):
            advance(state, row(HOUR, 1_050))
        for outside in (DAY, 3 * DAY):
            with pytest.raises(ValueError, match="outside the interval"):
                advance(state, row(2 * DAY, 1_200), [flow(outside, 5.0)])

    def test_return_between_two_moments_of_a_life(self) -> None:
        first, second, third = index_states([row(0.0, 1_000), row(DAY, 1_100), row(2 * DAY, 990)])
        assert return_between(second, third).value == exact(-0.1)
        assert return_between(first, third).n == 2
        assert return_between(START, third).reason == "no row at the begin"

    def test_a_fold_starts_a_life_at_each_reset(self) -> None:
        rows = [row(0.0, 10_000), row(DAY, 4_800), row(2 * DAY, 10_000), row(3 * DAY, 10_150)]
        states = list(index_states(rows, [flow(1.5 * DAY, 7.0)], resets={2 * DAY}))
        assert values(states) == exact([1, 0.48, 1, 1.015])
        assert [state.life for state in states] == [1, 1, 2, 2]
