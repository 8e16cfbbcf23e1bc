"""Which columns fit, how spare width is shared, and how a line is laid out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from nof1tui.tui.style.cells import Cell, CellLike, Palette
from nof1tui.tui.table.layout import (
    MAX_COLUMN_GAP,
    Column,
    Layout,
    fit_columns,
    fit_pieces,
    fit_text,
    row_strip,
    strip_of,
)

PALETTE = Palette({"gain": "#00ff00", "loss": "#ff0000"})
GROUND = Style(bgcolor="#101010")


def column(key: str, width: int, **options: object) -> Column[str]:
    return Column(key, key.title(), width, lambda row: Cell(row), **options)  # type: ignore[arg-type]


NAME = column("name", 10, justify="left", grows=True, max_width=20)
RANK, FEES, SPARK = column("rank", 2), column("fees", 8, drop_order=1), column("spark", 14, drop_order=2)


def widths(layout: Layout[str]) -> dict[str, int]:
    return {one.key: one.width for one in layout.columns}


@pytest.mark.parametrize(
    ("width", "visible", "hidden"),
    [
        (40, {"rank": 2, "name": 11, "fees": 8, "spark": 14}, 0),
        (37, {"rank": 2, "name": 10, "fees": 8, "spark": 14}, 0),
        (36, {"rank": 2, "name": 16, "spark": 14}, 1),
        (27, {"rank": 2, "name": 20}, 2),
        (13, {"rank": 2, "name": 10}, 2),
        (12, {"rank": 2, "name": 9}, 2),
        (4, {"rank": 2}, 3),
        (1, {"rank": 1}, 3),
    ],
)
def test_columns_are_dropped_in_order_and_the_name_is_narrowed_last(
    width: int, visible: dict[str, int], hidden: int
) -> None:
    layout = fit_columns((RANK, NAME, FEES, SPARK), width)
    assert {key: min(size, visible.get(key, 0)) for key, size in widths(layout).items()} == visible
    assert layout.hidden == hidden


def test_spare_width_goes_to_growing_columns_up_to_their_maximum_and_then_to_all() -> None:
    growing = replace(SPARK, grows=True, max_width=20)
    columns = (RANK, NAME, FEES, growing)
    assert widths(fit_columns(columns, 45)) == {"rank": 2, "name": 13, "fees": 8, "spark": 17}
    wide = fit_columns(columns, 65)
    assert (widths(wide)["name"], wide.gap) == (20, 4)
    widest = fit_columns(columns, 400)
    assert widths(widest) == {"rank": 2, "name": 20, "fees": 8, "spark": 20}
    assert widest.gap == MAX_COLUMN_GAP


def test_a_column_without_a_maximum_takes_all_spare_width() -> None:
    layout = fit_columns((RANK, replace(NAME, max_width=None)), 100)
    assert widths(layout)["name"] == 100 - 2 - 2 - 1
    assert layout.gap == 1


def test_a_sized_column_is_drawn_at_its_final_width() -> None:
    sized = replace(SPARK, grows=True, max_width=30, read_at_width=lambda row, width: Cell(row * width))
    layout = fit_columns((RANK, sized), 40)
    (cell,) = [one.render("x") for one in layout.columns if one.key == "spark"]
    assert isinstance(cell, Cell)
    assert len(cell.text) == widths(layout)["spark"] == 30


specs = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 9), st.booleans(), st.one_of(st.none(), st.integers(1, 40))),
    min_size=1,
    max_size=12,
)


@given(specs, st.integers(0, 260))
def test_a_line_is_exactly_as_wide_as_the_table_at_any_width(
    spec: list[tuple[int, int, bool, int | None]], width: int
) -> None:
    columns = [
        column(f"c{place}", size, drop_order=drop_order, grows=grows, max_width=max_width)
        for place, (size, drop_order, grows, max_width) in enumerate(spec)
    ]
    layout = fit_columns(columns, width)
    strip = row_strip([Cell("日本 text" * 3, "gain")] * len(layout.columns), layout, PALETTE, GROUND)
    assert strip.cell_length == width
    assert cell_len(strip.text) == width
    assert len(layout.columns) + layout.hidden == len(columns)


@given(specs)
def test_a_wider_table_never_hides_more(spec: list[tuple[int, int, bool, int | None]]) -> None:
    columns = [
        column(f"c{place}", size, drop_order=drop_order, grows=grows, max_width=max_width)
        for place, (size, drop_order, grows, max_width) in enumerate(spec)
    ]
    hidden = [fit_columns(columns, width).hidden for width in range(1, 120, 3)]
    assert hidden == sorted(hidden, reverse=True)


def test_the_column_under_a_cell_is_found_with_its_gap() -> None:
    layout = fit_columns((RANK, NAME, FEES), 60)
    found = [one.key if (one := layout.column_at(x)) else None for x in range(60)]
    assert found[0] == "rank"
    assert found.count("name") == widths(layout)["name"] + layout.gap
    assert [key for place, key in enumerate(found) if place == 0 or key != found[place - 1]] == [
        "rank",
        "name",
        "fees",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "width", "justify", "text"),
    [
        (Cell("+1.5%"), 8, "right", "   +1.5%"),
        (Cell("name"), 8, "left", "name    "),
        (Cell("a long name"), 6, "left", "a lon…"),
        (Cell("日本語"), 5, "left", "日本…"),
        (Cell("日本語"), 4, "left", "日… "),
        (Cell("Claude Sonnet 4.5"), 15, "left", "Claude Sonnet… "),
        ((Cell("▌", "gain"), Cell("DeepSeek")), 5, "left", "▌Dee…"),
        ((Cell("ab"), Cell("cd")), 2, "left", "ab"),
        (Cell("x"), 0, "left", ""),
        (Cell(""), 3, "right", "   "),
    ],
)
def test_a_cell_is_cut_or_padded_to_its_column(cell: CellLike, width: int, justify: str, text: str) -> None:
    assert "".join(part for part, _ in fit_pieces(cell, width, justify)) == text


@given(st.text(max_size=20), st.integers(0, 12))
def test_a_cut_text_has_exactly_its_width(text: str, width: int) -> None:
    printable = "".join(char for char in text if char.isprintable())
    assert cell_len(fit_text(printable, width)) == width


def test_blanks_join_a_neighbour_unless_they_are_visible() -> None:
    joined = strip_of([("  ", ""), ("+1", "gain"), ("  ", ""), ("-1", "loss")], 10, PALETTE, GROUND)
    assert [segment.text for segment in joined] == ["  +1  ", "-1", "  "]
    seen = strip_of([("+1", "gain reverse"), ("  ", ""), ("-1", "loss")], 6, PALETTE, GROUND)
    assert [segment.text for segment in seen] == ["+1", "  -1"]


def test_every_part_of_a_line_has_the_background() -> None:
    strip = strip_of([("ab", "gain"), ("  ", ""), ("cd", "loss")], 12, PALETTE, GROUND)
    assert {segment.style.bgcolor for segment in strip if segment.style} == {GROUND.bgcolor}
