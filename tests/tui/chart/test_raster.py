"""The raster: lines on dots become cells."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.chart.raster import (
    ASCII_GLYPHS,
    BLOCK_GLYPHS,
    BRAILLE_GLYPHS,
    GlyphSet,
    Raster,
    Trace,
    dot_spans,
)


def flat(values: list[int | None], **options: int) -> Trace:
    """A line without extremes, joined wherever it can be."""
    nothing = [None] * len(values)
    return Trace(values, nothing, nothing, [True] * len(values), **options)


def text(raster: Raster) -> list[str]:
    return ["".join(glyph for glyph, _ in raster.cells(row)) for row in range(raster.rows)]


@pytest.mark.parametrize(
    ("dots", "values", "drawn"),
    [
        (BRAILLE_GLYPHS, [0, 0, 0, 0], ["⠉⠉"]),
        (BRAILLE_GLYPHS, [3, 2, 1, 0], ["⡠⠊"]),
        (BRAILLE_GLYPHS, [0, 3], ["⢣"]),
        (BLOCK_GLYPHS, [0, 0, 1, 1], ["▀▄"]),
        (ASCII_GLYPHS, [0, 0, 1, 1], ["''.."]),
        (ASCII_GLYPHS, [0, 1], ["'."]),
    ],
)
def test_a_line_is_drawn_in_the_characters_of_its_style(
    dots: GlyphSet, values: list[int | None], drawn: list[str]
) -> None:
    raster = Raster(len(values) // dots.dots_across, 1, dots)
    raster.draw(1, flat(values))
    assert text(raster) == drawn


def test_a_steep_line_has_no_holes() -> None:
    raster = Raster(1, 5)
    raster.draw(1, flat([0, 19]))
    assert all(glyph != " " for row in range(5) for glyph, _ in raster.cells(row))


def test_a_gap_is_empty_and_a_joined_pause_is_bridged() -> None:
    torn = Trace([0, None, None, 0], [None] * 4, [None] * 4, [True, False, False, False])
    assert [x for x, _, _ in dot_spans(torn, 0, 4, 4)] == [0, 3]
    assert [x for x, _, _ in dot_spans(flat([0, None, None, 0]), 0, 4, 4)] == [0, 1, 2, 3]


@pytest.mark.parametrize(("high", "reaches"), [(10, 10), (6, 6), (7, 12), (12, 12)])
def test_an_extreme_is_drawn_only_where_it_is_visible(high: int, reaches: int) -> None:
    trace = Trace([12], [high], [12], [False])
    (drawn,) = dot_spans(trace, 0, 20, 5 if reaches == 12 else 1)
    assert drawn == (0, reaches, 12)


def test_a_dashed_line_leaves_out_every_second_stretch() -> None:
    drawn = [x for x, _, _ in dot_spans(flat([1] * 12, dash=3), 0, 4, 4)]
    assert drawn == [0, 1, 2, 6, 7, 8]


def test_later_lines_colour_the_cells_they_share() -> None:
    raster = Raster(2, 1)
    raster.draw(1, flat([0, 0, 0, 0]))
    raster.draw(2, flat([3, 3, None, None]))
    assert [owner for _, owner in raster.cells(0)] == [2, 1]


def test_another_order_of_lines_changes_only_colours() -> None:
    raster = Raster(2, 1)
    raster.draw(1, flat([0, 0, 0, 0]))
    raster.draw(2, flat([3, 3, None, None]))
    before = text(raster)
    raster.recolor((2, 1))
    assert text(raster) == before
    assert [owner for _, owner in raster.cells(0)] == [1, 1]


def test_wiping_keeps_the_columns_to_the_left() -> None:
    raster = Raster(3, 2)
    raster.draw(1, flat([0, 7, 0, 7, 0, 7]))
    left = [raster.cells(row)[:1] for row in range(2)]
    raster.clear(1)
    assert [raster.cells(row)[:1] for row in range(2)] == left
    assert all(cell == (" ", -1) for row in range(2) for cell in raster.cells(row)[1:])


HEIGHT = 20
values = st.lists(st.one_of(st.none(), st.integers(0, HEIGHT - 1)), min_size=8, max_size=40)


@given(st.lists(values, min_size=1, max_size=4), st.integers(0, 20), st.randoms(use_true_random=False))
def test_redrawing_the_end_equals_drawing_everything(
    lines: list[list[int | None]], column: int, chance: random.Random
) -> None:
    """Wiping, redrawing and reordering give the same cells as a new raster."""
    wide = 20
    again, fresh = Raster(wide, 5), Raster(wide, 5)
    order = list(range(len(lines)))
    for line in order:
        again.draw(line, flat(lines[line]))
    again.clear(column)
    for line in order:
        again.draw(line, flat(lines[line]), column * 2)
    chance.shuffle(order)
    again.recolor(order)
    for line in order:
        fresh.draw(line, flat(lines[line]))
    assert [again.cells(row) for row in range(5)] == [fresh.cells(row) for row in range(5)]


@given(values)
def test_no_line_leaves_the_grid(line: list[int | None]) -> None:
    drawn = list(dot_spans(flat(line), 0, HEIGHT, 4))
    assert all(0 <= top <= bottom < HEIGHT for _, top, bottom in drawn)
    assert [x for x, _, _ in drawn] == sorted({x for x, _, _ in drawn})
