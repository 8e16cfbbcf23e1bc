"""Figures of trades and trading: statistics, turnover, time in market, excursions, costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.estimate import not_available
from nof1tui.domain.returns.activity import (
    MarketTime,
    TimeSpan,
    mean_equity,
    time_in_market,
    turnover,
    turnover_per_day,
)
from nof1tui.domain.returns.completeness import TradeCompleteness
from nof1tui.domain.returns.costs import cost_drag
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.excursions import ClosedPosition, closed_risk_multiple, excursions
from nof1tui.domain.returns.trades import TradeResult, net_result, trade_summary
from tests.support.return_facts import DAY, HOUR, at, exact

WEEK = TimeSpan(at("2026-02-01"), at("2026-02-09"))


def results(*nets: float | None) -> list[TradeResult]:
    return [TradeResult(net) for net in nets]


class TestTradeSummary:
    eight = trade_summary(results(120.0, -45.5, -30.25, 210.4, 0.0, -88.15, 15.0, -12.5))

    def test_13_trades(self) -> None:
        assert (self.eight.n, self.eight.wins, self.eight.losses, self.eight.flat) == (8, 3, 4, 1)
        assert self.eight.win_rate.value == exact(0.375)
        assert self.eight.profit_factor.value == exact(1.95804988662131)
        assert self.eight.payoff.value == exact(2.61073318216175)
        assert self.eight.expectancy.value == exact(21.125)
        assert self.eight.net_usd == exact(169.0)

    def test_few_trades_are_weak_and_have_a_wide_interval(self) -> None:
        assert self.eight.win_rate.marks == ("weak",)
        assert self.eight.win_rate.reason == "8 of 30 trades"
        interval = (self.eight.win_rate.ci_low, self.eight.win_rate.ci_high)
        assert interval == pytest.approx((0.13684428582359737, 0.6942576053973728), rel=1e-9)
        assert trade_summary(results(*[1.0, -1.0] * 15)).expectancy.marks == ()

    @pytest.mark.parametrize(
        ("nets", "profit_factor", "reason"),
        [
            ((5.0, 7.0), None, "none lost"),
            ((-5.0, 0.0), 0.0, None),
            ((0.0,), None, "none lost"),
            ((), None, "no complete trade"),
        ],
    )
    def test_without_losses_or_wins(
        self, nets: tuple[float, ...], profit_factor: float | None, reason: str | None
    ) -> None:
        factor = trade_summary(results(*nets)).profit_factor
        assert factor.value == profit_factor
        assert reason is None or factor.reason == reason

    @pytest.mark.parametrize(
        ("nets", "reason"), [((5.0,), "none lost"), ((-5.0,), "none won"), ((), "no complete trade")]
    )
    def test_payoff_needs_both(self, nets: tuple[float, ...], reason: str) -> None:
        assert trade_summary(results(*nets)).payoff.reason == reason

    def test_trades_with_an_unknown_part_are_counted_apart(self) -> None:
        summary = trade_summary([*results(10.0, -5.0, None), TradeResult(900.0, complete=False)])
        assert (summary.n, summary.incomplete) == (2, 2)
        assert summary.net_usd == 5.0
        assert summary.expectancy.value == 2.5

    def test_a_list_that_was_cut_marks_every_figure(self) -> None:
        cut = TradeCompleteness(complete=False, reasons=("exactly 100 rows",), rows=100)
        summary = trade_summary(results(*[1.0, -2.0] * 50), cut)
        for figure in (summary.win_rate, summary.profit_factor, summary.payoff, summary.expectancy):
            assert figure.marks == ("incomplete",)
            assert figure.reason == "of the last 100"

    def test_net_is_gross_less_fees_plus_funding(self) -> None:
        assert net_result(700.0, 31.2, 2.1) == exact(670.9)


class TestActivity:
    held = (
        TimeSpan(at("2026-02-01"), at("2026-02-02 06:00")),
        TimeSpan(at("2026-02-02"), at("2026-02-03")),
        TimeSpan(at("2026-02-05 12:00"), at("2026-02-06")),
    )
    unknown = (TimeSpan(at("2026-02-07"), at("2026-02-08")),)

    def test_14_turnover_and_time_in_market(self) -> None:
        whole = turnover([12_000, 11_800, 5_000, 5_200, 30_000, -29_400], 10_000)
        assert whole.value == exact(9.34)
        assert whole.n == 6
        assert turnover_per_day(whole, WEEK).value == exact(1.1675)
        time = time_in_market(self.held, WEEK, self.unknown)
        assert (time.hours, time.known_hours) == (60, 168)
        assert time.share.value == exact(0.357142857142857)

    def test_a_position_in_unknown_time_counts_in_neither(self) -> None:
        time = time_in_market([TimeSpan(at("2026-02-06"), at("2026-02-12"))], WEEK, self.unknown)
        assert (time.hours, time.known_hours) == (48, 168)

    def test_without_known_time_or_equity_the_figure_is_not_available(self) -> None:
        assert time_in_market([], WEEK, [WEEK]).share.reason == "no hour is known"
        assert MarketTime(0.0, 24.0).share.value == 0.0
        assert turnover([5.0], None).value is None
        assert turnover([5.0], 0.0).value is None
        assert turnover_per_day(not_available("x"), WEEK).reason == "x"

    def test_mean_equity_weighs_by_time(self) -> None:
        values = [Valuation(0.0, 50.0), Valuation(2 * HOUR, 100.0), Valuation(4 * HOUR, 200.0)]
        assert mean_equity(values, TimeSpan(0.0, 5 * HOUR)) == exact((100 + 200 + 200) / 5)
        assert mean_equity(values, TimeSpan(3 * HOUR, 5 * HOUR)) == exact(150.0)
        assert mean_equity(values, TimeSpan(6 * HOUR, 8 * HOUR)) == exact(200.0)
        assert mean_equity(values, TimeSpan(-5 * HOUR, -HOUR)) is None
        assert mean_equity([], TimeSpan(0.0, DAY)) is None

    @given(
        st.lists(st.tuples(st.integers(-10, 60), st.integers(1, 30)), max_size=8),
        st.lists(st.tuples(st.integers(-10, 60), st.integers(1, 30)), max_size=4),
    )
    def test_hours_are_those_counted_one_by_one(
        self, held: list[tuple[int, int]], unknown: list[tuple[int, int]]
    ) -> None:
        def spans(listed: list[tuple[int, int]]) -> list[TimeSpan]:
            return [TimeSpan(begin * HOUR, (begin + length) * HOUR) for begin, length in listed]

        def hours(listed: list[tuple[int, int]]) -> set[int]:
            return {hour for begin, length in listed for hour in range(begin, begin + length)} & set(
                range(48)
            )

        time = time_in_market(spans(held), TimeSpan(0.0, 48 * HOUR), spans(unknown))
        assert time.known_hours == pytest.approx(48 - len(hours(unknown)))
        assert time.hours == pytest.approx(len(hours(held) - hours(unknown)))


class TestExcursions:
    short = ClosedPosition("short", 0.5, 70_000, 68_600, net_usd=670.9)
    seen = (120.0, -310.5, -95.0, 640.25, 512.0)

    def test_15_mae_and_mfe(self) -> None:
        found = excursions(self.short, self.seen)
        assert self.short.entry_notional_usd == 35_000
        assert (found.mae_usd.value, found.mfe_usd.value) == (-310.5, 700.0)
        assert found.mae.value == exact(-0.00887142857142857)
        assert found.mfe.value == exact(0.02)
        assert found.edge_ratio.value == exact(2.25442834138486)
        assert found.kept.value == exact(0.958428571428571)
        assert found.mae.n == 5
        assert found.mae.marks == found.kept.marks == ("sampled",)

    def test_candles_tighten_what_rows_saw(self) -> None:
        found = excursions(self.short, self.seen, extremes=(68_000, 71_000))
        assert (found.mae_usd.value, found.mfe_usd.value) == (-500.0, 1_000.0)
        narrow = excursions(self.short, self.seen, extremes=(69_000, 70_100))
        assert (narrow.mae_usd.value, narrow.mfe_usd.value) == (-310.5, 700.0)

    def test_fewer_than_three_rows_are_not_enough(self) -> None:
        assert excursions(self.short, (1.0, 2.0)).mae_usd.reason == "needs 3 rows, has 2"

    def test_entry_and_exit_count_too(self) -> None:
        long = ClosedPosition("long", 2.0, 100.0, 90.0)
        found = excursions(long, (-5.0, -6.0, -7.0))
        assert (found.mae_usd.value, found.mfe_usd.value) == (-20.0, 0.0)
        assert found.edge_ratio.value == 0.0
        assert found.kept.reason == "net result unknown"
        assert (
            excursions(ClosedPosition("long", 1, 5, 6, 1.0), (1.0, 1.0, 1.0)).edge_ratio.reason
            == "never below entry"
        )

    def test_r_is_the_net_result_in_planned_risks(self) -> None:
        assert closed_risk_multiple(670.9, 350.0).value == exact(670.9 / 350)
        for risk in (None, 0.0, -5.0):
            assert closed_risk_multiple(670.9, risk).reason == "planned risk unknown"
        assert closed_risk_multiple(None, 5.0).reason == "net result unknown"


class TestCosts:
    def test_16_drag(self) -> None:
        drag = cost_drag(960.0, 182.4, -57.6, begin_usd=10_000, mean_equity_usd=10_400)
        assert drag.gross_return.value == exact(0.096)
        assert drag.net_return.value == exact(0.072)
        assert drag.fee_drag.value == exact(0.0175384615384615)
        assert drag.funding_drag.value == exact(0.00553846153846154)
        assert drag.drag.value == exact(0.0230769230769231)
        assert drag.fees_of_gross.value == exact(0.19)

    def test_what_is_unknown_is_not_available(self) -> None:
        drag = cost_drag(-5.0, 1.0, 0.0, begin_usd=None, mean_equity_usd=0.0)
        assert drag.net_return.value is None
        assert drag.fee_drag.value is None
        assert drag.fees_of_gross.reason == "gross P&L not above zero"
