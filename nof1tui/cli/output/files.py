"""Writes tables to CSV, JSON Lines and Parquet files; a file appears when it is complete."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nof1tui.domain.export.formats import csv_lines, json_line, json_safe
from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.figures.figure import TEXTUAL_UNITS, Figure
from nof1tui.errors import UserError

WriteRows = Callable[[Sequence[ExportRow]], None]
Figures = Sequence[Figure[Any]]


@contextmanager
def table_file(path: Path, figures: Figures) -> Iterator[WriteRows]:
    """A function that writes rows with the keys of these figures.

    The file appears when the block ends without an exception. Raises UserError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with FILE_FORMATS[path.suffix.lower()](part, figures) as write:
            yield write
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path} is not writable: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, figures: Figures) -> Iterator[WriteRows]:
    columns = [figure.key for figure in figures]
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(csv_lines([columns]))
        yield lambda rows: _write_text(file.write, csv_lines([row[name] for name in columns] for row in rows))


@contextmanager
def _json_lines(path: Path, figures: Figures) -> Iterator[WriteRows]:
    with path.open("x", encoding="utf-8", newline="") as file:
        yield lambda rows: _write_text(file.write, "".join(json_line(row) for row in rows))


def _write_text(write: Callable[[str], int], text: str) -> None:
    write(text)


@contextmanager
def _parquet(path: Path, figures: Figures) -> Iterator[WriteRows]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            "Parquet needs pyarrow, which is not installed: pip install 'nof1-tui[parquet]'\n"
            "CSV and JSON Lines (a FILE ending in .csv or .jsonl) do not need it."
        ) from error
    schema = pa.schema([(figure.key, _arrow_type(pa, figure)) for figure in figures])

    with path.open("xb") as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def write(rows: Sequence[ExportRow]) -> None:
            arrays = [
                pa.array([_arrow_value(field.type, row[field.name]) for row in rows], field.type)
                for field in schema
            ]
            writer.write_table(pa.table(arrays, schema=schema))

        yield write


def _arrow_type(pa: Any, figure: Figure[Any]) -> Any:
    """Numbers as doubles, counts as integers, times as UTC timestamps; the others are text."""
    match figure.unit:
        case "time":
            return pa.timestamp("us", tz="UTC")
        case "flag":
            return pa.bool_()
        case "count":
            return pa.int32()
        case "counter" | "bytes":
            return pa.int64()
        case unit:
            return pa.string() if unit in TEXTUAL_UNITS else pa.float64()


def _arrow_value(kind: Any, value: Any) -> Any:
    """The value for Arrow: texts sanitised for terminals, lists as JSON."""
    if str(kind) != "string":
        return value
    text = json_safe(value)
    return text if text is None or isinstance(text, str) else json.dumps(text)


FILE_FORMATS = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}
"""Writer by the suffix of the file's name."""
