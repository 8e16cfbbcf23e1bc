"""Writes the filtered table to two files, CSV and JSON, with the fields of `show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nof1tui.domain.export.documents import Document
from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import ExportRow, rows_of


@dataclass(frozen=True, slots=True)
class TableExport:
    """The views of a table's rows in the order shown, and the document that they are rows of."""

    document: Document
    views: Sequence[Any]
    as_of: datetime | None = None
    source: str | None = None

    @property
    def rows(self) -> list[ExportRow]:
        """The rows of `show --json`."""
        return rows_of(self.document, self.views)


def write_export(export: TableExport, folder: Path, now: datetime) -> Path:
    """Write `nof1-<kind>-<UTC time>.csv` and `.json`; returns the path of the CSV file.

    Raises FileExistsError where one of them exists, OSError where writing fails; then neither is left.
    """
    what, rows = export.document.what, export.rows
    stem = f"nof1-{what}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    document = {"what": what, "as_of": export.as_of, "source": export.source, "rows": rows}
    texts = {".csv": as_csv(export.document.keys(), rows), ".json": as_json(document) + "\n"}
    written = list[Path]()
    try:
        for suffix, text in texts.items():
            path = folder / f"{stem}{suffix}"
            with path.open("x", encoding="utf-8", newline="") as file:
                written.append(path)
                file.write(text)
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written[0]
