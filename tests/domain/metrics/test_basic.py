"""Basic figures by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics import basic
from nof1tui.domain.records import AccountKey, ExitPlan, Position, Trade

AT = datetime(2025, 10, 26, tzinfo=UTC)


def closed(net: float | None, *, fees: float = 1.0, gross: float = 0.0) -> Trade:
    return Trade(
        id=f"t{net}",
        account=AccountKey("s1", "gpt-5"),
        coin="BTC",
        exit_at=AT,
        fetched_at=AT,
        entry_at=AT - timedelta(hours=2),
        net_usd=net,
        gross_usd=gross,
        fees_usd=fees,
    )


def test_trade_stats_count_wins_by_net_and_sum_fees_exactly() -> None:
    stats = basic.trade_stats([closed(10.0), closed(-4.0), closed(0.0), closed(0.1), closed(0.2)])
    assert (stats.trades, stats.wins, stats.fees_usd) == (5, 3, 5.0)
    assert stats.win_rate_pct == 60.0
    assert stats.net_usd == pytest.approx(6.3)
    assert (stats.biggest_win_usd, stats.biggest_loss_usd) == (10.0, -4.0)
    assert stats.profit_factor == pytest.approx(10.3 / 4)


def test_a_trade_without_a_result_counts_as_a_trade_but_not_for_the_win_rate() -> None:
    stats = basic.trade_stats([closed(None), closed(5.0)])
    assert (stats.trades, stats.judged, stats.win_rate_pct) == (2, 1, 100.0)


def test_no_trades_have_no_win_rate_rather_than_zero() -> None:
    stats = basic.trade_stats([])
    assert stats.win_rate_pct is None
    assert stats.profit_factor is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], 0.0), ([11_000.0], 0.0), ([9_000.0], -0.1), ([20_000.0, 10_000.0, 15_000.0], -0.5)],
)
def test_drawdown_falls_from_a_peak_seeded_with_the_capital(values: list[float], expected: float) -> None:
    assert basic.max_drawdown(values, 10_000.0) == pytest.approx(expected)


def test_return_is_against_the_starting_capital() -> None:
    assert basic.return_pct(21_610.74, 10_000.0) == pytest.approx(116.1074)
    assert basic.return_pct(1.0, 0.0) is None


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=40))
def test_sharpe_is_mean_over_sample_deviation_annualised_by_365(returns: list[float]) -> None:
    value = basic.sharpe(returns)
    if value is None or abs(stdev(returns)) < 1e-9:
        return
    assert value == pytest.approx(mean(returns) / stdev(returns) * sqrt(365), rel=1e-6, abs=1e-6)


def test_sharpe_needs_two_returns_and_some_movement() -> None:
    assert basic.sharpe([0.1]) is None
    assert basic.sharpe([0.0, 0.0]) is None


def test_exposure_adds_sizes_gross_and_signed_sizes_net() -> None:
    positions = [
        Position("BTC", 0.1, mark_price=100_000.0, leverage=10),
        Position("ETH", -1.0, mark_price=4_000.0, leverage=20),
    ]
    exposed = basic.exposure(positions, 10_000.0)
    assert (exposed.gross, exposed.net, exposed.leverage) == (1.4, 0.6, 20)


def test_exposure_of_a_blown_up_account_is_unknown() -> None:
    assert basic.exposure([Position("BTC", 1.0, mark_price=1.0)], 0.0).gross is None


@pytest.mark.parametrize(
    ("mark", "expected"), [(3_720.0, 0.0), (4_265.0, 1.0), (3_992.5, 0.5), (1.0, 0.0), (9_999.0, 1.0)]
)
def test_gauge_runs_from_stop_to_target(mark: float, expected: float) -> None:
    position = Position("ETH", 4.87, mark_price=mark, exit_plan=ExitPlan(4_265.0, 3_720.0))
    assert basic.stop_target_progress(position) == pytest.approx(expected)


def test_gauge_of_a_short_runs_the_same_way_with_the_stop_above() -> None:
    position = Position(
        "ETH", -1.0, mark_price=110.0, exit_plan=ExitPlan(profit_target=80.0, stop_loss=120.0)
    )
    assert basic.stop_target_progress(position) == pytest.approx(0.25)


@pytest.mark.parametrize(("quantity", "liquidation", "expected"), [(1.0, 95.0, 5.0), (-1.0, 105.0, 5.0)])
def test_liquidation_distance_is_the_adverse_move_left(
    quantity: float, liquidation: float, expected: float
) -> None:
    position = Position("BTC", quantity, mark_price=100.0, liquidation_price=liquidation)
    assert basic.liquidation_distance_pct(position) == pytest.approx(expected)


def test_risk_multiple_is_profit_in_units_of_the_stated_risk() -> None:
    assert basic.risk_multiple(Position("BTC", 1.0, unrealized_usd=90.0, risk_usd=60.0)) == 1.5
    assert basic.risk_multiple(Position("BTC", 1.0, unrealized_usd=90.0, risk_usd=0.0)) is None


def test_equal_values_share_the_better_rank() -> None:
    assert basic.ranks([5.0, 9.0, 5.0, 1.0]) == [2, 1, 2, 4]
