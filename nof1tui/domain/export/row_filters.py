"""The filter language over the rows of a document: its fields are the document's keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from nof1tui.domain.export.documents import Document
from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.figures.figure import Unit
from nof1tui.domain.filters.evaluate import RowValue
from nof1tui.domain.filters.fields import FieldKind, FilterField, FilterFields

_KINDS: Mapping[Unit, FieldKind] = MappingProxyType(
    {
        **dict.fromkeys(("usd", "ratio", "multiple", "fraction", "price", "coins"), "number"),
        **dict.fromkeys(("bytes", "count", "counter"), "number"),
        **dict.fromkeys(("pct", "pp"), "percent"),
        "seconds": "duration",
        "time": "moment",
        "id": "id",
        "choice": "id",
        "text": "text",
    }
)
"""Kind of a field by the unit of its figure; flags, lists and objects cannot be compared."""
_FLAGS = ("long", "short", "win", "loss", "acting")
_IDS = ("trader", "coin", "season", "competition")


def document_fields(document: Document) -> FilterFields:
    """The fields and flags that a filter over this document's rows may name."""
    return FilterFields(
        tuple(
            FilterField(figure.key, "id" if figure.key in _IDS else _KINDS[figure.unit], figure.aliases)
            for figure in document.figures()
            if figure.unit in _KINDS
        ),
        _FLAGS,
    )


class DocumentRowReader:
    """`RowReader` over rows of documents."""

    def text(self, row: ExportRow, /) -> str:
        """All texts of the row, separated by spaces."""
        return " ".join(value for value in row.values() if isinstance(value, str))

    def value(self, row: ExportRow, field: str, /) -> RowValue:
        value: Any = row.get(field)
        if field == "trader":
            return tuple(name for name in (value, row.get("name")) if name)
        if field == "coin" and value is None:
            return tuple(signal["coin"] for signal in row.get("signals") or ())
        if isinstance(value, bool) or not isinstance(value, str | int | float | datetime):
            return None
        return value

    def has_flag(self, row: ExportRow, flag: str, /) -> bool:
        match flag:
            case "long" | "short":
                return bool(row.get("side") == flag)
            case "win" | "loss":
                net_usd = row.get("net_usd")
                return net_usd is not None and (net_usd > 0) is (flag == "win")
            case _:
                return bool(row.get("acting_signals"))
