"""A curve in the cells of one line, and the gauge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.style.gauge import gauge
from nof1tui.tui.style.sparkline import forward_fill, resample, spark

HOUR = 3_600.0


@pytest.mark.parametrize(
    ("values", "style", "drawn"),
    [
        ([], "block", ""),
        ([None, None], "block", "  "),
        ([1.0, None, 2.0], "block", "▁ █"),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "braille", "▁▂▃▄▅▆▇█"),
        ([5.0, 5.0], "block", "▄▄"),
        ([0.0, 10.0], "ascii", "_#"),
        ([5.0], "ascii", "-"),
    ],
)
def test_higher_values_have_higher_bars(values: list[float | None], style: str, drawn: str) -> None:
    assert spark(values, style) == drawn


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False)), max_size=60))
def test_each_value_has_one_character_of_the_ramp(values: list[float | None]) -> None:
    drawn = spark(values)
    assert len(drawn) == len(values)
    known = [value for value in values if value is not None]
    for value, sign in zip(values, drawn, strict=True):
        assert (sign == " ") is (value is None)
        if value is not None and max(known) > min(known):
            assert value not in (max(known),) or sign == "█"
            assert value not in (min(known),) or sign == "▁"


def test_each_slice_has_its_last_value_and_a_pause_is_a_gap() -> None:
    times = [0.0, 0.5 * HOUR, 1.2 * HOUR, 3.1 * HOUR]
    assert resample(times, [1.0, 2.0, 3.0, 4.0], 0.0, 3.1 * HOUR, 5) == [None, 2.0, 3.0, None, 4.0]


def test_gaps_can_be_filled_with_the_value_before_them() -> None:
    assert forward_fill([None, 1.0, None, None, 2.0, None]) == [None, 1.0, 1.0, 1.0, 2.0, 2.0]


def test_without_width_there_are_no_values() -> None:
    assert resample([1.0], [1.0], 0.0, 2.0, 0) == []


def test_a_sliding_window_moves_by_whole_cells() -> None:
    """Between two slices only the last cell changes; no other cell moves."""
    times = [600.0 * place for place in range(400)]
    values = [float(place * 37 % 101) for place in range(400)]
    seen = [resample(times, values, end - 24 * HOUR, end, 24) for end in times[200:300]]
    moved = sum(new[:-2] != old[:-2] for new, old in zip(seen[1:], seen, strict=False))
    assert moved <= 20


points = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=80, unique=True).map(sorted)


@given(points, st.integers(1, 60))
def test_the_newest_value_is_in_the_last_cell_and_all_others_are_values_of_the_curve(
    times: list[float], width: int
) -> None:
    values = [float(place) for place in range(len(times))]
    sampled = resample(times, values, times[0], times[-1], width)
    assert len(sampled) == width
    assert sampled[-1] == values[-1]
    known = [value for value in sampled if value is not None]
    assert known == sorted(set(known))


@pytest.mark.parametrize(
    ("fraction", "width", "drawn"),
    [
        (0.0, 5, "●━━━━"),
        (0.5, 5, "━━●━━"),
        (1.0, 5, "━━━━●"),
        (-3.0, 5, "●━━━━"),
        (7.0, 5, "━━━━●"),
        (None, 5, "     "),
        (float("nan"), 3, "   "),
        (0.5, 1, "●"),
        (0.5, 0, ""),
        (0.5, -1, ""),
    ],
)
def test_the_gauge_has_its_mark_at_the_value(fraction: float | None, width: int, drawn: str) -> None:
    assert gauge(fraction, width) == drawn


def test_the_gauge_has_plain_characters() -> None:
    assert gauge(0.5, 5, ascii=True) == "--o--"
