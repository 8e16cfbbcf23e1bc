"""What always holds of the equity index, whatever the account did."""

from __future__ import annotations

from math import isfinite, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint
from nof1tui.domain.returns.index import advance, flows_between, index_states, last_state
from tests.support.return_facts import DAY, HOUR, flow, row

MONEY = st.floats(20.0, 1e7)
CHANGES = st.floats(-0.5, 0.8)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[EquityPoint], list[CapitalFlow], float]:
    """An account valued right before and after each of its flows, with the growth it truly had."""
    equity, moment, growth = draw(st.floats(5_000.0, 1e6)), 0.0, 1.0
    rows, flows = [row(moment, equity)], list[CapitalFlow]()
    for _ in range(draw(st.integers(1, 25))):
        change = draw(CHANGES)
        if equity * (1.0 + change) < 2_000.0 + 0.001 * max(point.equity_usd or 0.0 for point in rows):
            break
        moment += draw(st.floats(1.0, 1e5))
        equity *= 1.0 + change
        growth *= 1.0 + change
        rows.append(row(moment, equity))
        usd = draw(st.floats(-0.9, 5.0)) * equity
        if draw(st.booleans()) and equity + usd > 2_000.0:
            equity += usd
            flows.append(flow(moment, usd))
            rows.append(row(moment, equity))
    return rows, flows, growth


class TestProperties:
    @given(accounts())
    def test_rows_around_every_flow_give_the_true_growth(
        self, account: tuple[list[EquityPoint], list[CapitalFlow], float]
    ) -> None:
        rows, flows, growth = account
        state = last_state(rows, flows)
        assert state.value == pytest.approx(growth, rel=1e-9)
        assert state.low == state.high == state.value

    @given(MONEY, st.lists(st.tuples(st.floats(1.0, 1e5), st.floats(-1.0, 3.0)), max_size=20))
    def test_flows_alone_never_move_the_index(self, begin: float, moves: list[tuple[float, float]]) -> None:
        rows, flows, equity, moment = [row(0.0, begin)], [], begin, 0.0
        for wait, share in moves:
            usd = equity * share if equity > 1.0 else 1_000.0
            flows.append(flow(moment + 0.3 * wait, usd))
            moment, equity = moment + wait, equity + usd
            rows.append(row(moment, equity))
        states = list(index_states(rows, flows))
        assert [state.value for state in states] == [1.0] * len(rows)
        assert {state.life for state in states} == {1}

    @given(MONEY, CHANGES, CHANGES, st.floats(-0.4, 5.0), st.floats(0.05, 0.95))
    def test_splitting_an_interval_at_a_flow_changes_nothing(
        self, begin: float, first: float, second: float, share: float, place: float
    ) -> None:
        """The row at the flow may be the value after it alone, or the values before and after."""
        split, before = place * DAY, begin * 1_000 * (1 + first)
        usd = share * before
        end = (before + usd) * (1 + second)
        outer, inner = (row(0.0, begin * 1_000), row(DAY, end)), row(split, before + usd)
        moved = [flow(split, usd)]
        once = last_state([outer[0], inner, outer[1]], moved)
        twice = last_state([outer[0], row(split, before), inner, outer[1]], moved)
        assert once.value == pytest.approx(twice.value, rel=1e-9)
        assert once.grade == twice.grade == "exact"

    @given(MONEY, st.lists(CHANGES, min_size=2, max_size=12))
    def test_splitting_an_interval_without_a_flow_changes_nothing(
        self, begin: float, changes: list[float]
    ) -> None:
        path = [begin * 1e4]
        for change in changes:
            path.append(path[-1] * (1 + change))
        rows = [row(number * HOUR, usd) for number, usd in enumerate(path) if usd > 0.002 * max(path)]
        ends = last_state([rows[0], rows[-1]]) if len(rows) > 1 else last_state(rows)
        assert last_state(rows).value == pytest.approx(ends.value, rel=1e-9)

    @given(accounts(), st.integers(0, 40))
    def test_rows_one_by_one_give_the_same_as_a_fold_over_all(
        self, account: tuple[list[EquityPoint], list[CapitalFlow], float], cut: int
    ) -> None:
        rows, flows, _ = account
        times = [point.at for point in rows]
        rows = [point for number, point in enumerate(rows) if times[number + 1 : number + 2] != [point.at]]
        half = last_state(rows[:cut], flows)
        live = half
        for point in rows[cut:]:
            live = advance(live, point, flows_between(flows, live.at, point.at))
        assert live == last_state(rows, flows)
        assert last_state(rows[cut:], flows, half) == live

    @given(accounts(), st.floats(0.0, 2e6))
    def test_what_happens_later_never_changes_the_index_before(
        self, account: tuple[list[EquityPoint], list[CapitalFlow], float], moment: float
    ) -> None:
        rows, flows, _ = account
        whole = [state for state in index_states(rows, flows) if state.at <= moment]
        past = [point for point in rows if point.at <= moment]
        known = [item for item in flows if item.at <= moment]
        assert list(index_states(past, known)) == whole

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 40), st.one_of(st.none(), st.just(nan), st.floats(-1e4, 1e6)), st.booleans()
            ),
            max_size=20,
        ),
        st.lists(st.tuples(st.integers(0, 40), st.floats(-1e6, 1e6)), max_size=10),
    )
    def test_any_rows_and_flows_give_an_index_within_its_band(
        self, rows: list[tuple[int, float | None, bool]], flows: list[tuple[int, float]]
    ) -> None:
        ordered = sorted(rows, key=lambda item: item[0])
        points = [row(HOUR * time, equity) for time, equity, _ in ordered]
        resets = {HOUR * time for time, _, reset in ordered if reset}
        moved = [flow(HOUR * time, usd) for time, usd in flows]
        life = 0
        for state in index_states(points, moved, resets=resets):
            assert isfinite(state.value)
            assert 0 <= state.low <= state.value <= state.high
            assert (state.phase == "lost") == (state.value == 0)
            assert state.life >= life
            life = state.life
