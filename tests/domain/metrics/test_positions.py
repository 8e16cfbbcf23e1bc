"""Figures of open positions by example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics.positions import (
    margin_usd,
    position_figures,
    stop_distance_pct,
    target_distance_pct,
)
from nof1tui.domain.records import ExitPlan, Position
from tests.support.builders import position

LONG = Position("BTC", 0.1, mark_price=100_000.0, leverage=20.0, margin_usd=500.0)
SHORT = Position("ETH", -1.0, mark_price=4_000.0, leverage=8.0, margin_usd=500.0)


def test_exposure_and_leverage_of_an_account() -> None:
    figures = position_figures([LONG, SHORT], 10_000.0)
    assert (figures.gross.value, figures.net.value, figures.gross.n) == (1.4, 0.6, 2)
    assert figures.leverage_used.value == 14.0
    assert figures.leverage_highest.value == 20.0
    assert figures.margin_share_pct.value == 10.0


def test_a_flat_account_has_no_exposure_and_no_leverage() -> None:
    figures = position_figures([], 10_000.0)
    assert (figures.gross.value, figures.net.value, figures.gross.n) == (0.0, 0.0, 0)
    for figure in (figures.leverage_used, figures.leverage_highest, figures.nearest_stop_pct):
        assert (figure.value, figure.reason) == (None, "flat")


def test_unknown_figures_have_a_reason() -> None:
    unpriced = position_figures([Position("BTC", 1.0)], 10_000.0)
    assert unpriced.gross.reason == "a position has no price"
    assert unpriced.leverage_used.reason == "margin is unknown"
    assert unpriced.nearest_liquidation_pct.reason == "no liquidation price"
    assert position_figures([LONG], 0.0).gross.reason == "equity is not above zero"


def test_margin_follows_from_leverage_where_it_is_not_stated() -> None:
    assert margin_usd(Position("BTC", -2.0, mark_price=100.0, leverage=4.0)) == 50.0
    unknown = Position("BTC", 2.0, mark_price=100.0)
    assert margin_usd(unknown) is None
    assert position_figures([LONG, unknown], 10_000.0).margin_share_pct.reason == "margin is unknown"


@pytest.mark.parametrize(
    ("quantity", "stop", "target", "to_stop", "to_target"),
    [
        (1.0, 95.0, 120.0, 5.0, 20.0),
        (-1.0, 105.0, 80.0, 5.0, 20.0),
        (1.0, 101.0, 99.0, -1.0, -1.0),
        (-1.0, 100.0, 100.0, 0.0, 0.0),
        (1.0, None, None, None, None),
    ],
)
def test_distances_are_the_remaining_move_of_the_mark(
    quantity: float, stop: float | None, target: float | None, to_stop: float | None, to_target: float | None
) -> None:
    held = position(quantity=quantity, mark_price=100.0, exit_plan=ExitPlan(target, stop))
    assert stop_distance_pct(held) == to_stop
    assert target_distance_pct(held) == to_target


def test_a_position_without_plan_or_mark_has_no_distances() -> None:
    assert stop_distance_pct(position(exit_plan=None)) is None
    assert target_distance_pct(position(mark_price=None)) is None


def test_the_nearest_stop_and_liquidation_of_all_positions_count() -> None:
    near = position(mark_price=100.0, quantity=1.0, liquidation_price=97.0, exit_plan=ExitPlan(None, 99.0))
    far = position("BTC", mark_price=100.0, quantity=1.0, liquidation_price=50.0, exit_plan=None)
    figures = position_figures([far, near], 10_000.0)
    assert (figures.nearest_liquidation_pct.value, figures.nearest_stop_pct.value) == (3.0, 1.0)


@given(st.lists(st.integers(-20, 20).map(float), max_size=8), st.sampled_from([0.5, 2.0, 16.0]))
def test_twice_the_positions_in_twice_the_account_are_as_exposed(sizes: list[float], scale: float) -> None:
    held = [position(quantity=size, margin_usd=abs(size)) for size in sizes]
    larger = [position(quantity=size * scale, margin_usd=abs(size) * scale) for size in sizes]
    figures = position_figures(held, 5_000.0)
    assert position_figures(larger, 5_000.0 * scale) == figures
    assert figures.gross.value is not None and figures.net.value is not None
    assert abs(figures.net.value) <= figures.gross.value
