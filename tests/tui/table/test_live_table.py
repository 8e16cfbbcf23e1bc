"""The table: rows by key, a highlight that stays on its row, and only what changed is painted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.live_table import Column, LiveTable
from tests.support.scenes import until


class Row(NamedTuple):
    key: str
    value: float


def rows(*values: float) -> list[Row]:
    return [Row(chr(ord("a") + place), value) for place, value in enumerate(values)]


COLUMNS = (
    Column[Row](
        "key",
        "Key",
        8,
        lambda row: Cell(row.key),
        justify="left",
        sort_key=lambda row: row.key,
        grows=True,
        tooltip="What it is called",
    ),
    Column[Row]("value", "Value", 8, lambda row: Cell(f"{row.value:g}"), sort_key=lambda row: row.value),
    Column[Row]("twice", "Twice", 8, lambda row: Cell(f"{2 * row.value:g}"), drop_order=1),
)


class TableApp(App[None]):
    CSS = "LiveTable { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.table = LiveTable[Row](COLUMNS, key=lambda row: row.key, empty="Nothing yet.")
        self.heard: list[tuple[str, str | None]] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_live_table_highlighted(self, event: LiveTable.Highlighted) -> None:
        self.heard.append((type(event).__name__, event.row.key if event.row else None))

    def on_live_table_selected(self, event: LiveTable.Selected) -> None:
        self.heard.append(("Selected", event.row.key))


Table = tuple[LiveTable[Row], Pilot[None], TableApp]


@asynccontextmanager
async def table(
    shown: Sequence[Row] = (), size: tuple[int, int] = (40, 8)
) -> AsyncIterator[tuple[LiveTable[Row], Pilot[None], TableApp]]:
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        app.table.focus()
        app.table.show_rows(shown)
        await pilot.pause()
        yield app.table, pilot, app


def lines(widget: LiveTable[Row]) -> list[str]:
    return [strip.text.rstrip() for strip in widget.render_lines(Region(0, 0, *widget.size))]


def keys(widget: LiveTable[Row]) -> str:
    return "".join(row.key for row in widget.shown)


def count_lines(widget: LiveTable[Row], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of lines of each refresh from now on."""
    seen: list[int] = []
    refresh = widget.refresh

    def count(*regions: Region, **options: Any) -> Any:
        seen.append(sum(region.height for region in regions) if regions else widget.size.height)
        return refresh(*regions, **options)

    monkeypatch.setattr(widget, "refresh", count)
    return seen


async def test_an_empty_table_shows_the_reason() -> None:
    async with table() as (widget, _, _):
        assert [line.strip() for line in lines(widget) if line.strip()][1:] == ["Nothing yet."]
        assert widget.highlighted is None
        assert widget.highlighted_key is None


async def test_rows_are_below_their_titles() -> None:
    async with table(rows(1, 2)) as (widget, _, _):
        head, first, second, *_ = lines(widget)
        assert head.split() == ["Key", "Value", "Twice"]
        assert first.split() == ["a", "1", "2"]
        assert second.split() == ["b", "2", "4"]
        assert first.index("1") == head.index("Value") + 4


@pytest.mark.parametrize(
    ("after", "stays"),
    [
        ("cab", "b"),
        ("b", "b"),
        ("ac", "c"),
        ("a", "a"),
    ],
)
async def test_the_highlight_stays_on_its_row_or_moves_to_the_nearest(after: str, stays: str) -> None:
    async with table(rows(1, 2, 3)) as (widget, pilot, _):
        await pilot.press("down")
        assert widget.highlighted_key == "b"
        widget.show_rows([Row(key, 0) for key in after])
        assert widget.highlighted_key == stays


async def test_a_row_that_returns_to_an_empty_table_is_highlighted_again() -> None:
    async with table(rows(1)) as (widget, _, _):
        widget.show_rows([])
        assert widget.highlighted is None
        widget.show_rows(rows(1))
        assert widget.highlighted_key == "a"


@pytest.mark.parametrize(
    ("pressed", "key"),
    [
        (["down"], "b"),
        (["j", "j"], "c"),
        (["down", "k"], "a"),
        (["G"], "t"),
        (["end", "home"], "a"),
        (["up"], "a"),
        (["ctrl+d"], "e"),
        (["pagedown", "ctrl+u"], "d"),
        (["pagedown"], "h"),
        (["G", "pageup"], "m"),
        (["G", "down"], "t"),
    ],
)
async def test_keys_move_the_highlight(pressed: list[str], key: str) -> None:
    async with table(rows(*range(20))) as (widget, pilot, _):
        await pilot.press(*pressed)
        assert widget.highlighted_key == key


async def test_the_highlight_is_always_in_view_and_the_header_stays() -> None:
    async with table(rows(*range(20))) as (widget, pilot, _):
        await pilot.press("G")
        await pilot.pause()
        assert lines(widget)[0].split()[0] == "Key"
        assert lines(widget)[-1].split()[0] == "t"


async def test_the_scroll_position_stays_when_rows_change_places() -> None:
    async with table(rows(*range(20))) as (widget, pilot, _):
        await pilot.press(*["down"] * 12)
        await pilot.pause()
        top = widget.scroll_offset.y
        assert top > 0
        widget.show_rows(rows(*range(20, 0, -1)))
        await pilot.pause()
        assert widget.scroll_offset.y == top


async def test_sorting_by_key_by_call_and_by_click() -> None:
    async with table(rows(2, 3, 1)) as (widget, pilot, _):
        widget.sort_by("value")
        assert keys(widget) == "cab"
        widget.sort_reverse()
        assert keys(widget) == "bac"
        assert widget.sorted_by == ("value", True)
        await pilot.click(LiveTable, offset=(2, 0))
        assert keys(widget) == "abc"
        widget.sort_next()
        assert widget.sorted_by == ("value", True)
        widget.sort_next()
        assert keys(widget) == "abc"
        assert widget.sorted_by == (None, False)


async def test_the_sort_applies_to_later_rows() -> None:
    async with table(rows(2, 3, 1)) as (widget, _, _):
        widget.sort_by("value", True)
        widget.show_rows(rows(1, 2, 3))
        assert keys(widget) == "cba"


async def test_messages_report_the_highlight_and_the_selection() -> None:
    async with table(rows(1, 2)) as (_, pilot, app):
        await pilot.press("down", "enter")
        await pilot.click(LiveTable, offset=(2, 1))
        await pilot.click(LiveTable, offset=(2, 1))
        await pilot.pause()
        assert app.heard == [
            ("Highlighted", "a"),
            ("Highlighted", "b"),
            ("Selected", "b"),
            ("Highlighted", "a"),
            ("Selected", "a"),
        ]


async def test_a_click_below_the_rows_does_nothing() -> None:
    async with table(rows(1, 2)) as (widget, pilot, _):
        await pilot.click(LiveTable, offset=(2, 6))
        assert widget.highlighted_key == "a"


async def test_a_title_has_a_tooltip() -> None:
    async with table(rows(1)) as (widget, pilot, _):
        await pilot.hover(LiveTable, offset=(2, 0))
        assert str(widget.tooltip) == "What it is called"
        await pilot.hover(LiveTable, offset=(2, 1))
        assert widget.tooltip is None


async def test_columns_are_dropped_as_the_table_narrows_and_come_back() -> None:
    async with table(rows(1)) as (widget, pilot, _):
        assert widget.hidden_columns == 0
        await pilot.resize_terminal(20, 8)
        await until(pilot, lambda: widget.hidden_columns == 1)
        assert "Twice" not in lines(widget)[0]
        await pilot.resize_terminal(40, 8)
        await until(pilot, lambda: widget.hidden_columns == 0)


async def test_the_scrollbar_covers_no_column() -> None:
    async with table(rows(*range(20)), size=(26, 8)) as (widget, pilot, _):
        await pilot.pause()
        assert widget.show_vertical_scrollbar
        assert all(len(line) <= 25 for line in lines(widget))
        assert lines(widget)[1].split() == ["a", "0", "0"] or widget.hidden_columns == 1


async def test_other_columns_can_be_shown_and_the_sort_is_kept_if_possible() -> None:
    async with table(rows(2, 3, 1)) as (widget, _, _):
        widget.sort_by("value")
        widget.set_columns(COLUMNS[:2])
        assert widget.sorted_by == ("value", False)
        widget.set_columns(COLUMNS[:1])
        assert widget.sorted_by == (None, False)
        assert lines(widget)[0].split() == ["Key"]


@pytest.mark.parametrize(
    ("after", "painted"),
    [
        ((1, 2, 3, 4), 0),
        ((1, 9, 3, 4), 1),
        ((9, 2, 3, 9), 2),
        ((9, 9, 9, 9), 4),
    ],
)
async def test_only_rows_that_changed_are_painted(
    monkeypatch: pytest.MonkeyPatch, after: tuple[float, ...], painted: int
) -> None:
    async with table(rows(1, 2, 3, 4)) as (widget, pilot, _):
        seen = count_lines(widget, monkeypatch)
        widget.show_rows(rows(*after))
        await pilot.pause()
        assert sum(seen) == painted


async def test_a_move_of_the_highlight_paints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with table(rows(1, 2, 3, 4)) as (widget, pilot, _):
        seen = count_lines(widget, monkeypatch)
        await pilot.press("down")
        await pilot.pause()
        assert sum(seen) == 2


async def test_of_a_thousand_rows_only_the_visible_ones_are_rendered() -> None:
    rendered: list[Row] = []

    def render(row: Row) -> Cell:
        rendered.append(row)
        return Cell(f"{row.value:g}")

    async with table(size=(40, 10)) as (widget, pilot, _):
        widget.set_columns((Column[Row]("value", "Value", 8, render),))
        widget.show_rows([Row(str(place), place) for place in range(1_000)])
        await pilot.pause()
        rendered.clear()
        widget.show_rows([Row(str(place), place + 0.5) for place in range(1_000)])
        await pilot.pause()
        assert [row.key for row in rendered] == [str(place) for place in range(9)]


async def test_a_hidden_table_renders_nothing_and_shows_the_newest_rows_when_it_is_back() -> None:
    async with table(rows(1)) as (widget, pilot, _):
        widget.display = False
        await pilot.pause()
        widget.show_rows(rows(7))
        widget.display = True
        await pilot.pause()
        assert lines(widget)[1].split() == ["a", "7", "14"]


async def test_a_highlight_set_by_key_comes_into_view_and_an_unknown_key_changes_nothing() -> None:
    async with table(rows(*range(20))) as (widget, pilot, _):
        widget.highlight("s")
        await pilot.pause()
        assert widget.highlighted_key == "s"
        assert any(line.startswith(" s") for line in lines(widget))
        widget.highlight("unknown")
        assert widget.highlighted_key == "s"
