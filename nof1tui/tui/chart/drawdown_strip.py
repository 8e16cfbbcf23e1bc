"""The strip under a trader's chart: the drawdown from the running peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nof1tui.domain.series.curve import Curve
from nof1tui.tui.chart.series import ChartStyle
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Palette

_LEFT, _RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)


@dataclass(frozen=True, slots=True)
class PlotArea:
    """Position of the plot above: first cell, width in cells, and the times at its edges."""

    left: int
    cells: int
    start: float
    end: float


def drawdown_by_slice(curve: Curve, area: PlotArea) -> list[float | None]:
    """Maximum drawdown from the running peak (a fraction ≤ 0), in two slices of time for each cell."""
    slices: list[float | None] = [None] * (2 * area.cells)
    peak, span = curve.base_usd, max(area.end - area.start, 1e-9)
    for time, value in curve.points():
        peak = max(peak, value)
        place = int((time - area.start) / span * len(slices))
        if not 0 <= place < len(slices):
            continue
        depth = value / peak - 1.0 if peak > 0 else 0.0
        known = slices[place]
        slices[place] = depth if known is None else min(known, depth)
    return slices


def _levels(depths: Sequence[float | None], deepest: float, full: int) -> list[int]:
    """Each depth in dots from the top, `full` for the deepest, at least one for any drawdown."""
    return [
        max(1, round(depth / deepest * full)) if depth is not None and depth < 0 and deepest < 0 else 0
        for depth in depths
    ]


def braille_bars(depths: Sequence[float | None], deepest: float, rows: int) -> list[str]:
    """Braille bars from the top, two slices in each cell; the deepest fills all rows."""
    levels = _levels(depths, deepest, rows * 4)
    pairs = list(zip(levels[::2], levels[1::2], strict=False))
    lines = []
    for row in range(rows):
        cells = []
        for left, right in pairs:
            bits = sum(_LEFT[dot] for dot in range(4) if left > row * 4 + dot)
            bits += sum(_RIGHT[dot] for dot in range(4) if right > row * 4 + dot)
            cells.append(chr(0x2800 + bits) if bits else " ")
        lines.append("".join(cells))
    return lines


def ascii_bars(depths: Sequence[float | None], deepest: float, rows: int) -> list[str]:
    """ASCII bars from the top, for terminals without braille."""
    levels = _levels(depths, deepest, rows * 2)
    pairs = [max(pair) for pair in zip(levels[::2], levels[1::2], strict=False)]
    return ["".join(" '#"[min(max(level - 2 * row, 0), 2)] for level in pairs) for row in range(rows)]


class DrawdownStrip(Widget):
    """Two rows: bars of the drawdown below their times, and the maximum drawdown at the end."""

    DEFAULT_CSS = "DrawdownStrip { height: 2; }"
    ROWS = 2

    def __init__(self, style: ChartStyle = "braille") -> None:
        super().__init__()
        self._bars = ascii_bars if style == "ascii" else braille_bars
        self._of: tuple[Curve, PlotArea] | None = None
        self.lines: list[str] = []
        self._deepest = ""

    def show(self, curve: Curve, area: PlotArea) -> None:
        """Draw this curve's drawdown below this area; does nothing when both are unchanged."""
        if self._of is not None and self._of[0] is curve and self._of[1] == area:
            return
        self._of = (curve, area)
        depths = drawdown_by_slice(curve, area)
        deepest = min((depth for depth in depths if depth is not None), default=0.0)
        self.lines = self._bars(depths, deepest, self.ROWS)
        self._deepest = fmt.pct(100.0 * deepest)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        palette, width = Palette.of(self.app.theme_variables), self.size.width
        if self._of is None or not y < len(self.lines):
            return Strip.blank(width, self.rich_style)
        area = self._of[1]
        available = width - area.left - area.cells - 1
        label = ("drawdown" if available >= 8 else "dd", self._deepest)[y]
        segments = [
            Segment(" " * area.left),
            Segment(self.lines[y], palette.style("loss")),
            Segment(f" {label}" if available >= len(label) else "", palette.style("muted")),
        ]
        return Strip(segments).apply_style(self.rich_style).crop_extend(0, width, self.rich_style)
