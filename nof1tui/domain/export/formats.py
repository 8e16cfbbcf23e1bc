"""Rows as JSON, JSON Lines and CSV: exact for programs, free of control sequences for terminals."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from nof1tui.domain.sanitisation import sanitise
from nof1tui.domain.time_expressions import iso


def as_json(document: Mapping[str, Any]) -> str:
    """One JSON document. Texts are exact but escaped to ASCII, so it holds no control characters."""
    return _printable(json.dumps(json_safe(document, str), indent=2, allow_nan=False))


def json_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON Lines, texts exact."""
    return _printable(json.dumps(json_safe(row, str), allow_nan=False)) + "\n"


def _printable(document: str) -> str:
    """The document with DEL escaped, the one control character that JSON does not escape."""
    return document.replace("\x7f", "\\u007f")


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Header and rows as CSV, sanitised; lists and objects as JSON.

    A text that begins like a formula gets a `'` prefix, so that spreadsheets do not evaluate it.
    """
    return csv_lines([columns]) + csv_lines([row.get(column) for column in columns] for row in rows)


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """These rows as CSV lines, sanitised."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_csv_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    cell = json_safe(value)
    if isinstance(cell, str) and cell.lstrip().startswith(_FORMULAS):
        return f"'{cell}"
    return json.dumps(cell) if isinstance(cell, list | dict | bool) else cell


_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Characters that begin a formula, full-width forms included; spreadsheets skip white space before them."""


def json_safe(value: Any, text: Callable[[str], str] = sanitise) -> Any:
    """The value as JSON types: texts passed through `text`, NaN and infinities as None, times as ISO 8601."""
    match value:
        case str():
            return text(value)
        case float():
            return value if isfinite(value) else None
        case datetime():
            return iso(value)
        case Mapping():
            return {text(str(key)): json_safe(item, text) for key, item in value.items()}
        case list() | tuple():
            return [json_safe(item, text) for item in value]
        case _:
            return value
