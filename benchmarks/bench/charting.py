"""The chart alone on a terminal: draws curves and appends points on command."""

from __future__ import annotations

import json
import sys
import time
from array import array
from typing import Any

from textual.app import App, ComposeResult

from bench.sample import walk
from bench.ticking import Bench
from nof1tui.tui.chart.chart import LineChart
from nof1tui.tui.chart.spec import ChartSeries
from nof1tui.tui.style.theme import DARK, THEME_COLORS, build_themes
from nof1tui.tui.terminal import frame_diff

GAP_S = 7_200.0


def sample_series(count: int, points: int) -> list[ChartSeries]:
    """Curves as a chart takes them, best rank first."""
    walks = sorted((walk(number, points) for number in range(count)), key=lambda one: -one[1][-1])
    return [
        ChartSeries(place, f"Model {place}", THEME_COLORS[DARK].lines[place % 8], *one, rank=place)
        for place, one in enumerate(walks)
    ]


class ChartApp(App[None]):
    """One chart over the whole terminal."""

    def __init__(self) -> None:
        super().__init__()
        for theme in build_themes():
            self.register_theme(theme)
        self.theme = DARK

    def compose(self) -> ComposeResult:
        yield LineChart()

    def on_mount(self) -> None:
        frame_diff.install(self)


class ChartBench(Bench):
    """Draws the arena's curves; `grow` lets one or all of them grow by a point."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__({**settings, "app": "bare", "accounts": 1, "points": 2})
        self.app = ChartApp()
        self._series = sample_series(settings["accounts"], settings["points"])
        self._end = self._series[0].times[-1]
        self.deeds |= {"draw": self._draw, "grow": self._grow, "forget": self._forget}

    @property
    def _chart(self) -> LineChart:
        return self.app.query_one(LineChart)

    async def _draw(self) -> dict[str, Any]:
        start = time.process_time()
        self._show()
        await self._painted()
        return {"cpu_ms": 1_000 * (time.process_time() - start)}

    async def _forget(self) -> dict[str, Any]:
        """Draw as if for the first time; only the drawing is measured, not the sending."""
        chart = self._chart
        fresh = type(chart._plot)()
        chart._plot, chart._strips, chart._stale = fresh, [], True
        start = time.process_time()
        chart._drawn()
        return {"cpu_ms": 1_000 * (time.process_time() - start)}

    async def _grow(self, lines: float) -> dict[str, Any]:
        self._end += 130.0
        for place, one in enumerate(self._series[: int(lines)]):
            value = one.values[-1] * (1.0004 if place % 2 else 0.9996)
            self._series[place] = ChartSeries(
                one.key,
                one.label,
                one.color,
                one.times + array("d", (self._end,)),
                one.values + array("d", (value,)),
                rank=one.rank,
            )
        return await self._draw()

    def _show(self) -> None:
        self._chart.show(self._series, baseline=10_000.0, gap_s=GAP_S)


if __name__ == "__main__":
    ChartBench(json.loads(sys.argv[1])).run()
