"""Text of the detail page: one figure of one row explained."""

from __future__ import annotations

from nof1tui.domain.figures.explanation import Explanation, describe_need
from nof1tui.domain.figures.figure import Figure, Reading
from nof1tui.tui.columns.stats import basis_text
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import cell_text
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.style.units import painter
from nof1tui.tui.text.details import field_line, heading

_SOURCES = {
    "reported": "reported by the API",
    "computed": "computed from stored records",
    "chain": "from the chain",
    "collector": "measured by the collector",
    "config": "from the settings",
}


def explanation_parts(explained: Explanation) -> list[TextPart]:
    """The value and its basis, the figure's definition, and the figures that its formula takes."""
    figure = explained.figure
    parts = [
        *field_line("Value", _text(figure, explained.reading), "bold"),
        *field_line("Based on", basis_text(figure, explained.reading) or fmt.UNKNOWN),
        *field_line("As of", f"{fmt.day_and_time(explained.observed_at)} UTC"),
        *heading(f"{figure.title} ({figure.key})"),
        f"{figure.description}\n\n",
    ]
    facts = {
        "Formula": figure.formula,
        "Source": _SOURCES[figure.source],
        "Needs": describe_need(figure),
        "Reported as": figure.reported_as,
    }
    for name, fact in facts.items():
        if fact:
            parts += field_line(name, fact)
    if explained.inputs:
        parts += heading("Inputs")
        for its, reading in explained.inputs:
            parts += [(f"{its.key:<26}", "$muted"), (f"{_text(its, reading):>14}", "bold")]
            parts.append((f"  {basis_text(its, reading)}\n", "$muted"))
    return parts


def _text(figure: Figure[object], reading: Reading) -> str:
    if isinstance(reading, list | tuple):
        return fmt.sanitise_line(", ".join(map(str, reading)), 60) or fmt.UNKNOWN
    return cell_text(painter(figure)(reading))
