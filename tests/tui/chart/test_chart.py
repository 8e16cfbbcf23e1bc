"""The chart widget: painted lines, and few repaints for one more point."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from nof1tui.tui.chart.chart import LineChart
from nof1tui.tui.chart.spec import ChartMarker, ChartSeries
from nof1tui.tui.style.theme import DARK, build_themes

START = 1_760_745_600.0


class ChartApp(App[None]):
    def __init__(self, style: str) -> None:
        super().__init__()
        self.chart = LineChart(style=style)
        for theme in build_themes():
            self.register_theme(theme)
        self.theme = DARK

    def compose(self) -> ComposeResult:
        yield self.chart


@asynccontextmanager
async def chart(
    style: str = "braille", size: tuple[int, int] = (80, 20)
) -> AsyncIterator[tuple[LineChart, Pilot[None]]]:
    app = ChartApp(style)
    async with app.run_test(size=size) as pilot:
        yield app.chart, pilot


def curve(key: int, values: Sequence[float], color: str = "#ff0000", rank: int = 0) -> ChartSeries:
    times = [START + 600 * place for place in range(len(values))]
    return ChartSeries(key, f"Line {key}", color, times, values, rank=rank)


def painted(widget: LineChart) -> list[str]:
    return [strip.text for strip in widget.render_lines(Region(0, 0, *widget.size))]


def color_at(widget: LineChart, glyphs: str) -> set[str]:
    """The colours of the cells with one of these characters."""
    return {
        str(segment.style.color.name)
        for strip in widget.render_lines(Region(0, 0, *widget.size))
        for segment in strip
        if segment.style and segment.style.color and set(segment.text) & set(glyphs)
    }


async def test_an_empty_chart_shows_a_message() -> None:
    async with chart() as (widget, pilot):
        await pilot.pause()
        assert any("No data yet." in line for line in painted(widget))


@pytest.mark.parametrize(("style", "signs"), [("braille", "⠒⠉⣀⠤"), ("block", "▀▄"), ("ascii", "'.")])
async def test_each_style_draws_with_its_own_characters(style: str, signs: str) -> None:
    async with chart(style) as (widget, pilot):
        widget.show([curve(1, [1.0] * 50)])
        await pilot.pause()
        assert any(sign in line for line in painted(widget) for sign in signs)
        assert "#ff0000" in color_at(widget, signs)


async def test_every_line_is_as_wide_as_the_widget() -> None:
    async with chart() as (widget, pilot):
        widget.show([curve(1, [1.0, 9.0, 3.0] * 30)], markers=[ChartMarker(START + 600, 5.0, "▲", "gain")])
        await pilot.pause()
        assert {len(line) for line in painted(widget)} == {80}
        assert any("▲" in line for line in painted(widget))


async def test_one_more_point_refreshes_few_lines_and_the_same_points_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with chart() as (widget, pilot):
        values = [100.0 + 10 * (place % 9) for place in range(400)]
        widget.show([curve(1, values)])
        await pilot.pause()
        refreshed: list[int] = []
        monkeypatch.setattr(widget, "refresh", lambda *regions, **_: refreshed.append(len(regions)))
        widget.show([curve(1, values)])
        assert refreshed == []
        for _ in range(9):
            values.append(values[-1] + 0.4)
            widget.show([curve(1, values)])
            await pilot.pause()
        assert sorted(refreshed)[len(refreshed) // 2] <= 2


async def test_a_changed_rank_recolours_shared_cells() -> None:
    async with chart() as (widget, pilot):
        lines = [curve(1, [5.0] * 50, "#ff0000", 0), curve(2, [5.0] * 50, "#00ff00", 1)]
        widget.show(lines)
        await pilot.pause()
        assert color_at(widget, "⠒⠉⣀⠤") == {"#ff0000"}
        widget.show([curve(1, [5.0] * 50, "#ff0000", 1), curve(2, [5.0] * 50, "#00ff00", 0)])
        await pilot.pause()
        assert color_at(widget, "⠒⠉⣀⠤") == {"#00ff00"}


async def test_another_theme_recolours_axes_and_labels() -> None:
    async with chart() as (widget, pilot):
        widget.show([curve(1, [1.0, 2.0] * 30)])
        await pilot.pause()
        before = color_at(widget, ".")
        pilot.app.theme = "nof1-light"
        await pilot.pause()
        assert color_at(widget, ".").isdisjoint(before)


@pytest.mark.parametrize("size", [(1, 1), (8, 2), (30, 4), (220, 70)])
async def test_any_size_is_drawn_or_left_empty(size: tuple[int, int]) -> None:
    async with chart(size=size) as (widget, pilot):
        widget.show([curve(1, [1.0, 5.0, 2.0])], baseline=3.0, title="Equity")
        await pilot.pause()
        assert len(painted(widget)) == size[1]


async def test_a_hidden_chart_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with chart() as (widget, pilot):
        drawn: list[Any] = []
        widget.display = False
        await pilot.pause()
        monkeypatch.setattr(widget._plot, "render", lambda *args: drawn.append(args) or [])
        widget.show([curve(1, [1.0, 2.0])])
        await pilot.pause()
        assert drawn == []
