"""Writes the filtered table to two files, CSV and JSON, with the fields of `show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import EXPORT_COLUMNS, ExportRow


@dataclass(frozen=True, slots=True)
class TableExport:
    """The rows of a table in the order shown, and what they are."""

    kind: str
    """`trades`, `positions`, …"""
    rows: Sequence[ExportRow]
    as_of: datetime | None = None
    source: str | None = None

    @property
    def columns(self) -> Sequence[str]:
        return EXPORT_COLUMNS.get(self.kind) or (tuple(self.rows[0]) if self.rows else ())


def write_export(export: TableExport, folder: Path, now: datetime) -> Path:
    """Write `nof1-<kind>-<UTC time>.csv` and `.json`; returns the path of the CSV file.

    Raises FileExistsError where one of them exists, OSError where writing fails; then neither is left.
    """
    stem = f"nof1-{export.kind}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    document = {"what": export.kind, "as_of": export.as_of, "source": export.source, "rows": export.rows}
    texts = {".csv": as_csv(export.columns, export.rows), ".json": as_json(document) + "\n"}
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
