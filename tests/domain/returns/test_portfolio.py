"""Index from a venue's portfolio history, where the times of flows are unknown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.drawdown import index_drawdown
from nof1tui.domain.returns.facts import Ledger
from nof1tui.domain.returns.index import IndexState, index_return, shows_band
from nof1tui.domain.returns.portfolio import (
    PortfolioInterval,
    PortfolioPoint,
    portfolio_intervals,
    portfolio_states,
)
from tests.support.return_facts import DAY, at, exact, flow

BEGIN = at("2026-01-01")
FIVE_DAYS = [
    PortfolioPoint(BEGIN + number * DAY, value, pnl)
    for number, (value, pnl) in enumerate(
        [(10_000, 0), (10_500, 500), (30_300, 800), (29_700, 200), (9_900, 400)]
    )
]


def depth(states: Sequence[IndexState]) -> float:
    return index_drawdown([(0.0, 1.0), *((state.at, state.value) for state in states)]).max_depth


class TestWorkedExample03:
    intervals = portfolio_intervals([FIVE_DAYS])

    def test_flows_are_change_of_value_less_change_of_pnl(self) -> None:
        assert [interval.flow_usd for interval in self.intervals] == [0, 19_500, 0, -20_000]

    def test_index_band_and_drawdown(self) -> None:
        states = list(portfolio_states(self.intervals))
        right = [1.05, 1.06555555555556, 1.04445544554455, 1.05505905412876]
        assert [state.value for state in states] == exact(right)
        estimate = index_return(states[-1])
        assert estimate.value == exact(0.0550590541287632)
        assert (estimate.ci_low, estimate.ci_high) == exact((0.0465, 0.0804409513116258))
        assert estimate.marks == ("estimated",)
        assert not shows_band(estimate)
        assert states[-1].undated
        assert depth(states) == exact(-0.0198019801980198)

    def test_dated_flows_replace_the_guess_where_the_ledger_reaches(self) -> None:
        moved = (flow("2026-01-02 12:00", 19_500.0), flow("2026-01-04 00:00:01", -20_000.0))
        whole = list(portfolio_states(self.intervals, Ledger(moved, read_to=at("2026-01-05"))))
        assert not whole[-1].undated
        assert whole[1].value == exact(1.05 * (1 + 300 / (10_500 + 9_750)))
        half = list(portfolio_states(self.intervals, Ledger(moved, read_to=at("2026-01-03"))))
        assert [state.undated for state in half] == [False, False, True, True]


def test_finer_lists_replace_coarse_ones_from_their_first_sample_on() -> None:
    def listed(*times: float) -> list[PortfolioPoint]:
        return [PortfolioPoint(time, 1_000 + time, time) for time in times]

    merged = portfolio_intervals([listed(0, 10, 20, 30), [], listed(15, 18, 30), listed(30, 31)])
    assert [(interval.begin.at, interval.end.at) for interval in merged] == [
        (0, 10),
        (15, 18),
        (18, 30),
        (30, 31),
    ]
    states = list(portfolio_states(merged))
    assert states[1].value == exact(1.01 * 1_018 / 1_015)


def test_a_new_wallet_has_no_intervals() -> None:
    assert (
        portfolio_intervals([]) == portfolio_intervals([[], []]) == portfolio_intervals([FIVE_DAYS[:1]]) == ()
    )


@pytest.fixture
def recorded(recordings: Path) -> dict[str, list[PortfolioPoint]]:
    """The recorded vault: samples by period."""
    body = json.loads((recordings / "hyperliquid" / "portfolio.json").read_text())
    return {
        period: [
            PortfolioPoint(time / 1_000, float(value), float(pnl))
            for (time, value), (_, pnl) in zip(lists["accountValueHistory"], lists["pnlHistory"], strict=True)
        ]
        for period, lists in body
    }


class TestWorkedExample03b:
    @pytest.mark.parametrize(
        ("period", "points", "middle", "at_end", "at_begin", "deepest"),
        [
            (
                "perpMonth",
                45,
                -0.00685006836690416,
                -0.00713214826695,
                -0.00659951303862583,
                -0.0141789541335665,
            ),
            (
                "perpWeek",
                64,
                -0.00604474713445691,
                -0.00609117150027,
                -0.00600294699507031,
                -0.0072409615004283,
            ),
            (
                "perpDay",
                13,
                -0.00080968812363447,
                -0.00080968812363,
                -0.00080968812363447,
                -0.0011269526009672,
            ),
        ],
    )
    def test_one_period(
        self,
        recorded: dict[str, list[PortfolioPoint]],
        period: str,
        points: int,
        middle: float,
        at_end: float,
        at_begin: float,
        deepest: float,
    ) -> None:
        intervals = portfolio_intervals([recorded[period]])
        assert len(intervals) == points - 1
        states = list(portfolio_states(intervals))
        assert states[-1].value - 1 == exact(middle)
        assert depth(states) == exact(deepest)
        for weight, right in ((0.0, at_end), (1.0, at_begin)):
            growth = chained(intervals, weight)
            assert growth - 1 == exact(right)
            assert states[-1].low * (1 - 1e-12) <= growth <= states[-1].high * (1 + 1e-12)

    def test_all_periods_merged(self, recorded: dict[str, list[PortfolioPoint]]) -> None:
        lists = [recorded[period] for period in ("perpAllTime", "perpMonth", "perpWeek", "perpDay")]
        states = list(portfolio_states(portfolio_intervals(lists)))
        estimate = index_return(states[-1])
        assert states[-1].n == 150
        assert estimate.value == exact(0.0618768470926918)
        assert (estimate.ci_low, estimate.ci_high) == exact((0.0338974347187462, 0.0905959293794381))
        assert shows_band(estimate)
        assert depth(states) == exact(-0.102469570779427)


def chained(intervals: Sequence[PortfolioInterval], weight: float) -> float:
    """Growth with the same weight for every flow."""
    growth = 1.0
    for interval in intervals:
        gain = interval.end.pnl_usd - interval.begin.pnl_usd
        growth *= 1 + gain / (interval.begin.value_usd + weight * interval.flow_usd)
    return growth


@given(st.lists(st.tuples(st.floats(-0.2, 0.3), st.floats(-0.5, 3.0)), min_size=1, max_size=20))
def test_the_band_holds_every_common_flow_time(moves: list[tuple[float, float]]) -> None:
    samples = [PortfolioPoint(0.0, 1e6, 0.0)]
    for number, (gain, share) in enumerate(moves, start=1):
        last = samples[-1]
        pnl, usd = gain * last.value_usd, share * last.value_usd
        value = last.value_usd + pnl + usd
        if value < 0.3 * last.value_usd or value > 1e9:
            break
        samples.append(PortfolioPoint(number * DAY, value, last.pnl_usd + pnl))
    intervals = portfolio_intervals([samples])
    states = list(portfolio_states(intervals))
    for state, count in zip(states, range(1, len(states) + 1), strict=True):
        for weight in (0.0, 0.5, 1.0):
            growth = chained(intervals[:count], weight)
            assert state.low * (1 - 1e-9) <= growth <= state.high * (1 + 1e-9)
    assert all(before.at < after.at for before, after in pairwise(states))


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 50), st.floats(-1e3, 1e6), st.floats(-1e6, 1e6)), max_size=8),
        max_size=4,
    )
)
def test_any_history_gives_an_index_within_its_band(lists: list[list[tuple[int, float, float]]]) -> None:
    samples = [
        [PortfolioPoint(DAY * time, value, pnl) for time, value, pnl in sorted(found)] for found in lists
    ]
    for state in portfolio_states(portfolio_intervals(samples)):
        assert 0 <= state.low <= state.value <= state.high
