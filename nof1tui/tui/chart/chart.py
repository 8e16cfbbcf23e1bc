"""Widget that draws curves over time, each in its colour with its name at the end; rows are cached strips."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from nof1tui.tui.chart.plot import ChartLine, Plot
from nof1tui.tui.chart.raster import GLYPH_SETS
from nof1tui.tui.chart.spec import ChartMarker, ChartSeries, ChartSpec
from nof1tui.tui.style.cells import Palette
from nof1tui.tui.table.crop import crop_strips, needs_no_decoration
from nof1tui.tui.table.layout import strip_of

__all__ = ["LineChart"]


class LineChart(Widget):
    """Draws curves; a new point repaints only the rows that it changes."""

    DEFAULT_CSS = "LineChart { background: $background; color: $foreground; }"
    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        style: Literal["braille", "block", "ascii"] | str = "braille",
        empty: str = "No data yet.",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.style = style
        self.empty = empty
        self._plot = Plot()
        self._spec: ChartSpec | None = None
        self._tones: tuple[str, ...] = ()
        self._styles: list[Style] = []
        """The tones on the chart's background."""
        self._glyphs = dict(enumerate(GLYPH_SETS.get(style, GLYPH_SETS["braille"]).glyphs))
        self._strips: list[tuple[ChartLine, Strip]] = []
        self._palette: Palette | None = None
        self._stale = True

    def show(
        self,
        series: Sequence[ChartSeries],
        *,
        start: float | None = None,
        end: float | None = None,
        baseline: float | None = None,
        percent: bool = False,
        gap_s: float = 7_200.0,
        markers: Sequence[ChartMarker] = (),
        title: str = "",
    ) -> None:
        """Draw these curves from `start` to `end` (seconds; else from the first to the last point).

        A longer time than `gap_s` without a point is a gap. `baseline` is the starting capital: a muted
        line, and 0 % with `percent` of curves without a base; without both 0 % is a curve's first value.
        """
        drawn = tuple(one for one in series if len(one.times))
        self._spec = None
        if drawn:
            first = min(one.times[0] for one in drawn) if start is None else start
            last = max(one.times[-1] for one in drawn) if end is None else end
            self._spec = ChartSpec(drawn, first, last, baseline, percent, gap_s, tuple(markers), title)
        self._stale = True
        if self.is_attached and self.is_on_screen:
            self._refresh_changed()

    # Painting

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None
        self._stale = True

    def _refresh_changed(self) -> None:
        before = self._strips
        after = self._drawn()
        if len(before) != len(after) or not before:
            self.refresh()
            return
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, after, strict=True))
            if old[1] is not new[1]
        ]
        if changed:
            self.refresh(*changed)

    def _drawn(self) -> list[tuple[ChartLine, Strip]]:
        """The current rows with their strips; unchanged rows keep their strips."""
        width, height = self.size
        fits = len(self._strips) == height and (not height or self._strips[0][1].cell_length == width)
        if fits and not self._stale:
            return self._strips
        ground = self.rich_style
        cached = dict(self._strips) if fits and self._palette is not None else {}
        if self._palette is None:
            self._palette = Palette.of(self.app.theme_variables)
            self._tones = ()
        lines: list[ChartLine] = []
        tones: tuple[str, ...] = ()
        if self._spec is not None:
            lines = self._plot.render(
                self._spec, width, height, GLYPH_SETS.get(self.style, GLYPH_SETS["braille"])
            )
            tones = ("", "muted", *self._colors(self._spec)) if lines else ()
        if tones != self._tones:
            self._tones, cached = tones, {}
            self._styles = [ground + self._palette.style(tone) for tone in tones]
        if not lines:
            lines = _centred(self.empty if self._spec is None else "", width, height)
        self._strips = [
            (line, cached.get(line) or self._strip(line, self._palette, ground)) for line in lines
        ]
        self._stale = False
        return self._strips

    def _colors(self, spec: ChartSpec) -> list[str]:
        """The colours of the lines by line number."""
        ordered = sorted(spec.series, key=lambda one: self._plot.line_number(one.key))
        return [one.color for one in ordered]

    def _strip(self, line: ChartLine, palette: Palette, ground: Style) -> Strip:
        width = self.size.width
        text = line.bits.decode("latin-1").translate(self._glyphs)
        owners = array("H", line.owners)
        if line.markers:
            return strip_of(self._with_markers(line, text, owners), width, palette, ground)
        segments = [Segment(line.left, ground + palette.style("muted"))]
        start = owner = 0
        for cell, here in enumerate(owners):
            if here and here != owner:
                if owner:
                    segments.append(Segment(text[start:cell], self._styles[owner]))
                    start = cell
                owner = here
        label, tone = line.right
        segments += (
            Segment(text[start:], self._styles[owner] if owner else ground),
            Segment(label, ground + palette.style(tone)),
        )
        return Strip(segments).adjust_cell_length(width, ground)

    def _with_markers(self, line: ChartLine, text: str, owners: Sequence[int]) -> list[tuple[str, str]]:
        """The pieces of a line that has markers on it."""
        cells, tones = list(text), [self._tones[owner] for owner in owners]
        for cell, glyph, style in line.markers:
            cells[cell], tones[cell] = glyph[:1], style
        pieces = [(line.left, "muted")]
        at = 0
        for tone, run in groupby(tones):
            length = len(list(run))
            pieces.append(("".join(cells[at : at + length]), tone))
            at += length
        return [*pieces, line.right]

    def render_lines(self, crop: Region) -> list[Strip]:
        if not needs_no_decoration(self, crop):
            return super().render_lines(crop)
        return crop_strips(self, [strip for _, strip in self._drawn()[crop.y : crop.bottom]], crop)

    def render_line(self, y: int) -> Strip:
        return self._drawn()[y][1]


def _centred(text: str, width: int, height: int) -> list[ChartLine]:
    middle = height // 2
    indent = max((width - len(text)) // 2, 0)
    return [ChartLine(" " * indent + text if y == middle else "") for y in range(height)]
