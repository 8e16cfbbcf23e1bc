"""The names at the right end of a chart's lines, shortened to fit and to stay distinct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from nof1tui.tui.chart.axes import spread_labels
from nof1tui.tui.chart.buckets import BucketedCurve
from nof1tui.tui.chart.spec import MIN_WIDTH_FOR_LABELS, ChartLayout, ChartSeries
from nof1tui.tui.table.layout import fit_text as cut_text

_MIN_NAME_WIDTH, _MIN_NARROW_NAME_WIDTH = 8, 6
"""Fewest cells of a name, and in a narrow chart."""


def label_width(series: Sequence[ChartSeries], chart_width: int) -> int:
    """Cells of the names at the right end, with the space before them."""
    if chart_width < MIN_WIDTH_FOR_LABELS or not series:
        return 0
    width = max(_MIN_NARROW_NAME_WIDTH if chart_width < 45 else _MIN_NAME_WIDTH, chart_width // 9)
    return max(map(cell_len, shorten_labels([one.label for one in series], width))) + 1


def shorten_labels(labels: Sequence[str], width: int) -> list[str]:
    """Labels of at most `width` cells. Words are dropped from the end; where two labels would become the
    same or the first word is too long, the end is cut; where that makes two the same, the middle.
    """
    heads = [_head(label, width) for label in labels]
    counts = Counter(heads)
    cut = [
        label
        if cell_len(label) <= width
        else cut_text(label, width)
        if counts[head] > 1
        else cut_text(head, width).rstrip()
        for label, head in zip(labels, heads, strict=True)
    ]
    for shorten in (_prefix, _without_middle):
        same = Counter(cut)
        cut = [
            shorten(label, width) if same[short] > 1 and label != short else short
            for label, short in zip(labels, cut, strict=True)
        ]
    return cut


def _prefix(label: str, width: int) -> str:
    """`Claude O`: the label cut without an ellipsis, which takes one cell; not within a number."""
    prefix = set_cell_size(label, width).rstrip()
    return cut_text(label, width) if label[len(prefix) :][:1].isdigit() else prefix


def _without_middle(label: str, width: int) -> str:
    """`trad…109`: the label without its middle, for labels that begin alike."""
    tail = ""
    for sign in reversed(label):
        if cell_len(sign + tail) > (width - 1) // 2:
            break
        tail = sign + tail
    begin = max(width - cell_len(tail), 1)
    return cut_text(label, begin).rstrip() + tail


def _head(label: str, width: int) -> str:
    """The first word, and the next ones that fit."""
    words = label.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) > width:
        words.pop()
    return " ".join(words)


def end_labels(
    layout: ChartLayout, series: Sequence[ChartSeries], cuts: Sequence[BucketedCurve], names: int
) -> dict[int, tuple[str, str]]:
    """Name and colour of lines by row of cells, near the lines' ends; the best ranked if not all fit."""
    if not names:
        return {}
    wanted: list[tuple[int, int, ChartSeries]] = []
    for one, columns in zip(series, cuts, strict=True):
        _, _, factor, offset = layout.traces[one.key]
        last = columns.last[columns.nearest_filled_column(layout.grid.columns - 1)]
        if last is not None:
            row = layout.scale.row_of(last * factor + offset) // layout.glyph_set.dots_down
            wanted.append((min(max(row, 0), layout.rows - 1), one.rank, one))
    wanted.sort(key=lambda end: end[1])
    wanted = sorted(wanted[: layout.rows], key=lambda end: end[:2])
    rows = spread_labels([row for row, _, _ in wanted], layout.rows)
    labels = dict(
        zip(
            [one.key for one in series], shorten_labels([one.label for one in series], names - 1), strict=True
        )
    )
    return {row: (f" {labels[one.key]}", one.color) for row, (_, _, one) in zip(rows, wanted, strict=True)}
