"""Figures explained, as text and as the documents of `show WHAT --explain`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from nof1tui.cli.output.figure_columns import figure_text
from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.domain.export import command_documents
from nof1tui.domain.export.formats import json_safe
from nof1tui.domain.figures.board_views import View
from nof1tui.domain.figures.explanation import Explanation, describe_need, explain
from nof1tui.domain.figures.figure import Figure, Reading
from nof1tui.domain.figures.views import DecisionView, EventView, TradeView
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.tui.style import format as fmt

_COLUMNS = (
    PrintedColumn("Key", lambda figure: figure.key, align_right=False),
    PrintedColumn("Unit", lambda figure: figure.unit, align_right=False),
    PrintedColumn("Source", lambda figure: figure.source, 50, align_right=False),
    PrintedColumn("Description", lambda figure: figure.description, align_right=False, wraps=True),
)


def print_figures(figures: Sequence[Figure[Any]]) -> None:
    """Print key, unit, source and description of each figure."""
    Printer().print_table(_COLUMNS, figures)


def print_explanations(figure: Figure[Any], views: Iterable[View]) -> None:
    """Print the definition, then value, basis and inputs of each view."""
    printer = Printer()
    printer.print_line(f"{figure.title} ({figure.key}): {figure.description}")
    facts = {
        "Formula": figure.formula,
        "Source": figure.source,
        "Needs": describe_need(figure),
        "Reported": figure.reported_as,
    }
    for name, fact in facts.items():
        if fact:
            printer.print_line(f"{name:<9} {fact}")
    for view in views:
        for line in _lines(explain(figure, view)):
            printer.print_line(line)


def _lines(explained: Explanation) -> list[str]:
    basis, at = explained.basis, explained.observed_at
    parts = [basis.basis_text if basis else "", f"as of {fmt.moment(at)}" if at else ""]
    value = _text(explained.figure, explained.reading)
    lines = ["", f"{_name(explained.view)}  {value}  {' · '.join(part for part in parts if part)}".rstrip()]
    width = max((len(its.key) for its, _ in explained.inputs), default=0)
    return [*lines, *(f"  {its.key:<{width}}  {_text(its, reading)}" for its, reading in explained.inputs)]


def _text(figure: Figure[Any], reading: Reading) -> str:
    return json.dumps(json_safe(reading)) if figure.members else figure_text(figure, reading)


def _name(view: View) -> str:
    """The account's name, the coin and the record's id, as far as the view has them."""
    trader, identity = getattr(view, "trader", None), _record_id(view)
    return " · ".join(part for part in (trader and trader.name, view.subject.coin, identity) if part)


def _record_id(view: View) -> str | None:
    match view:
        case TradeView():
            return view.trade.id
        case DecisionView():
            return view.decision.id
        case EventView():
            return view.event.id
    return None


def figures_document(figures: Iterable[Figure[Any]]) -> dict[str, Any]:
    """The document of `--explain list`."""
    return {"what": "figures", "rows": [_figure_row(figure) for figure in figures]}


def explain_document(figure: Figure[Any], views: Iterable[View]) -> dict[str, Any]:
    """The figure, and a row for each view."""
    return {"figure": _figure_row(figure), "rows": [_row(explain(figure, view)) for view in views]}


def _figure_row(figure: Figure[Any]) -> dict[str, Any]:
    values = ((member, getattr(figure, member.key)) for member in command_documents.FIGURE)
    return {member.key: (value or None) if member.nullable else value for member, value in values}


def _row(explained: Explanation) -> dict[str, Any]:
    account, basis = explained.view.subject.account, explained.basis or FigureValue(None)
    return {
        "trader": account.trader if account else None,
        "season": account.season if account else None,
        "competition": (account.competition or None) if account else None,
        "coin": explained.view.subject.coin,
        "id": _record_id(explained.view),
        "value": _value(explained.reading),
        "n": basis.n,
        "counted": basis.counted or None,
        "ci_low": basis.ci_low,
        "ci_high": basis.ci_high,
        "reason": basis.reason,
        "marks": list(basis.marks),
        "observed_at": explained.observed_at,
        "inputs": {its.key: _value(reading) for its, reading in explained.inputs},
    }


def _value(reading: Reading) -> Any:
    return reading.value if isinstance(reading, FigureValue) else reading
