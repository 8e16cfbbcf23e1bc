"""What drawing the chart costs: a whole frame of many long curves, and one point more.

The baseline draws every point into a canvas of styled text, the straightforward way.
"""

from __future__ import annotations

import io
import time
from dataclasses import replace

from bench.charting import sample_series
from bench.report import Figure, arguments, middle, show
from bench.terminal import program
from rich.console import Console
from rich.text import Text

from nof1tui.tui.chart.spec import ChartSeries

SIZE = (180, 40)
SERIES = 32
MOST_FRAME_MS, MOST_POINT_MS, MOST_POINT_BYTES = 25.0, 8.0, 200.0
MOST_BYTES = 1.2
"""Times the minimum, where every curve has a point more."""


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    figures: list[Figure] = []
    for points in (400,) if smoke else (400, 2_000, 10_000):
        figures += measure(points, repeats=2 if smoke else 12)
    show("The chart, 180x40, 32 curves", "every point into styled text; the least bytes", figures)


def measure(points: int, repeats: int) -> list[Figure]:
    place = f"{points:,} points"
    series = sample_series(SERIES, points)
    plain = middle([_plainly(series, *SIZE) for _ in range(max(1, repeats // 6))])
    with program("charting", SIZE, accounts=SERIES, points=points) as chart:
        chart.step("draw")
        frames = [chart.step("forget", watched=False).figures["cpu_ms"] for _ in range(repeats)]
        chart.step("draw")
        figures = [Figure(f"{place}: a frame", middle(frames), plain, goal=MOST_FRAME_MS)]
        for lines, words in ((1, "a point more in one curve"), (SERIES, "a point more in every curve")):
            chart.step(f"grow {lines}")
            steps = [chart.step(f"grow {lines}") for _ in range(repeats)]
            costs = [step.figures["cpu_ms"] for step in steps]
            sizes = [float(len(step.data)) for step in steps]
            least = [float(step.minimum) for step in steps]
            figures.append(Figure(f"{place}: {words}", middle(costs), plain, goal=MOST_POINT_MS))
            size = Figure(f"{place}: {words}", middle(sizes), middle(least), "B", goal_ratio=MOST_BYTES)
            figures.append(replace(size, goal=MOST_POINT_BYTES, goal_ratio=None) if lines == 1 else size)
    return figures


def _plainly(series: list[ChartSeries], width: int, height: int) -> float:
    """Milliseconds to draw the curves point by point and to render them."""
    start = time.process_time()
    low = min(min(one.values) for one in series)
    high = max(max(one.values) for one in series)
    first, last = series[0].times[0], series[0].times[-1]
    bits = [[0] * width for _ in range(height)]
    colors = [[""] * width for _ in range(height)]
    across, down = (2 * width - 1) / (last - first), (4 * height - 1) / (high - low)
    masks = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
    for one in series:
        for at, value in zip(one.times, one.values, strict=True):
            x, y = int((at - first) * across), int((high - value) * down)
            bits[y // 4][x // 2] |= masks[x % 2][y % 4]
            colors[y // 4][x // 2] = one.color
    text = Text()
    for bit_row, color_row in zip(bits, colors, strict=True):
        for bit, color in zip(bit_row, color_row, strict=True):
            text.append(chr(0x2800 + bit), color)
        text.append("\n")
    Console(file=io.StringIO(), width=width + 1, force_terminal=True, color_system="truecolor").print(text)
    return 1_000 * (time.process_time() - start)


if __name__ == "__main__":
    main()
