"""The names at the right end of a chart's lines: shortened so that each fits and none is mistaken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from nof1tui.tui.chart.axes import spread_labels
from nof1tui.tui.chart.buckets import BucketedCurve
from nof1tui.tui.chart.spec import MIN_WIDTH_FOR_LABELS, ChartLayout, ChartSeries
from nof1tui.tui.table.layout import fit_text as cut_text

_MIN_NAME_WIDTH, _MIN_NARROW_NAME_WIDTH = 8, 6
"""Cells a name may take at least, and in a narrow chart."""


def label_width(series: Sequence[ChartSeries], width: int) -> int:
    """Cells for the names at the right end, the space before them included."""
    if width < MIN_WIDTH_FOR_LABELS or not series:
        return 0
    room = max(_MIN_NARROW_NAME_WIDTH if width < 45 else _MIN_NAME_WIDTH, width // 9)
    return max(map(cell_len, shorten_labels([one.label for one in series], room))) + 1


def shorten_labels(labels: Sequence[str], room: int) -> list[str]:
    """Labels of at most `room` cells: words are dropped from the end, or else, where two labels would
    become the same or the first word is too long, the rest is cut off; where even that makes two the
    same, the middle.
    """
    heads = [_head(label, room) for label in labels]
    counts = Counter(heads)
    cut = [
        label
        if cell_len(label) <= room
        else cut_text(label, room)
        if counts[head] > 1
        else cut_text(head, room).rstrip()
        for label, head in zip(labels, heads, strict=True)
    ]
    for otherwise in (_begun, _without_middle):
        same = Counter(cut)
        cut = [
            otherwise(label, room) if same[short] > 1 and label != short else short
            for label, short in zip(labels, cut, strict=True)
        ]
    return cut


def _begun(label: str, room: int) -> str:
    """`Claude O`: the sign that more is lost may cost the letter that tells two apart. No number is cut."""
    begun = set_cell_size(label, room).rstrip()
    return cut_text(label, room) if label[len(begun) :][:1].isdigit() else begun


def _without_middle(label: str, room: int) -> str:
    """`trad…109`: what stands at the end tells apart what begins alike."""
    tail = ""
    for sign in reversed(label):
        if cell_len(sign + tail) > (room - 1) // 2:
            break
        tail = sign + tail
    begin = max(room - cell_len(tail), 1)
    return cut_text(label, begin).rstrip() + tail


def _head(label: str, room: int) -> str:
    """As many words as fit, the first in any case."""
    words = label.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) > room:
        words.pop()
    return " ".join(words)


def end_labels(
    sheet: ChartLayout, series: Sequence[ChartSeries], cuts: Sequence[BucketedCurve], names: int
) -> dict[int, tuple[str, str]]:
    """Name and colour of lines by row of cells, near the lines' ends; the best ranked if not all fit."""
    if not names:
        return {}
    wanted: list[tuple[int, int, ChartSeries]] = []
    for one, columns in zip(series, cuts, strict=True):
        _, _, factor, offset = sheet.traces[one.key]
        last = columns.last[columns.nearest_filled_column(sheet.grid.columns - 1)]
        if last is not None:
            row = sheet.scale.row_of(last * factor + offset) // sheet.glyph_set.dots_down
            wanted.append((min(max(row, 0), sheet.rows - 1), one.rank, one))
    wanted.sort(key=lambda end: end[1])
    wanted = sorted(wanted[: sheet.rows], key=lambda end: end[:2])
    rows = spread_labels([row for row, _, _ in wanted], sheet.rows)
    labels = dict(
        zip(
            [one.key for one in series], shorten_labels([one.label for one in series], names - 1), strict=True
        )
    )
    return {row: (f" {labels[one.key]}", one.color) for row, (_, _, one) in zip(rows, wanted, strict=True)}
