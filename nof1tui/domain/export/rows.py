"""Views as rows with stable keys, for JSON, CSV and other files.

Money in `*_usd`, percent in `*_pct` (12.5 is 12.5 %), durations in `*_s`, times in `*_at`; None for
unknown values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1tui.domain.export.documents import Document

ExportRow = dict[str, Any]


def row_of(document: Document, view: Any, *, full: bool = False) -> ExportRow:
    """The row of a view: plain values by the keys of the document, None where a value is missing."""
    return rows_of(document, (view,), full=full)[0]


def rows_of(document: Document, views: Iterable[Any], *, full: bool = False) -> list[ExportRow]:
    """The rows of these views, in order."""
    figures = document.figures(full=full)
    return [{figure.key: figure.value(view) for figure in figures} for view in views]
