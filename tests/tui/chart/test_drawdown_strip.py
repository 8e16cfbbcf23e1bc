"""The strip of drawdowns under a trader's chart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.series.curve import Curve
from nof1tui.tui.chart.drawdown_strip import PlotArea, ascii_bars, braille_bars, drawdown_by_slice


def curve(*values: float, capital: float = 100.0) -> Curve:
    return Curve.of(capital, enumerate(values))


def ground(cells: int, end: float) -> PlotArea:
    return PlotArea(0, cells, 0.0, end)


@pytest.mark.parametrize(
    ("values", "fallen"),
    [
        ((100.0, 110.0, 99.0, 121.0), [0.0, 0.0, -0.1, 0.0]),
        ((90.0, 80.0), [-0.1, -0.2, None, None]),
        ((), [None, None, None, None]),
    ],
)
def test_each_slice_has_the_maximum_drawdown_from_the_running_peak(
    values: tuple[float, ...], fallen: list[float | None]
) -> None:
    assert drawdown_by_slice(curve(*values), ground(2, 4.0)) == pytest.approx(fallen)


def test_a_slice_with_several_values_keeps_the_largest_drawdown() -> None:
    assert drawdown_by_slice(curve(100.0, 50.0, 100.0, 100.0), ground(1, 4.0)) == [-0.5, 0.0]


def test_the_peak_includes_the_time_before_the_range() -> None:
    assert drawdown_by_slice(curve(200.0, 100.0, 100.0), PlotArea(0, 1, 1.0, 3.0)) == [-0.5, -0.5]


def test_bars_start_at_the_top_and_the_largest_fills_all_rows() -> None:
    assert braille_bars([0.0, None, -0.2, -0.2], -0.2, 2) == [" ⣿", " ⣿"]
    assert braille_bars([-0.1, -0.2], -0.2, 1) == ["⢻"]
    assert ascii_bars([-0.05, -0.05, -0.2, -0.2], -0.2, 2) == ["'#", " #"]


def test_the_smallest_drawdown_is_visible() -> None:
    assert braille_bars([-1e-9, -0.9], -0.9, 2)[0].strip() != ""


depths = st.lists(st.one_of(st.none(), st.floats(-1, 0)), min_size=2, max_size=60).filter(
    lambda found: len(found) % 2 == 0
)


@given(depths, st.integers(1, 4))
def test_the_strip_has_one_cell_for_two_slices_and_every_row(found: list[float | None], rows: int) -> None:
    deepest = min((depth for depth in found if depth is not None), default=0.0)
    for draw in (braille_bars, ascii_bars):
        lines = draw(found, deepest, rows)
        assert [len(line) for line in lines] == [len(found) // 2] * rows
