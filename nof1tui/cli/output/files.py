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
from nof1tui.errors import UserError

WriteRows = Callable[[Sequence[ExportRow]], None]
_NUMBER_COLUMNS = frozenset(
    {
        *("quantity", "price", "leverage", "confidence", "sharpe_reported", "stop_loss", "profit_target"),
        *("stop_loss_before", "profit_target_before", "value", "before"),
    }
)
"""Columns of numbers, besides those with a unit in their name. All others are text."""
_NUMBER_SUFFIXES = ("_usd", "_pct", "_s", "_price")


@contextmanager
def table_file(path: Path, columns: Sequence[str]) -> Iterator[WriteRows]:
    """A function that writes rows. The file appears when the block ends without an exception.

    Raises UserError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with FILE_FORMATS[path.suffix.lower()](part, columns) as write:
            yield write
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path} is not writable: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[WriteRows]:
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(csv_lines([columns]))
        yield lambda rows: _write_text(
            file.write, csv_lines([row.get(name) for name in columns] for row in rows)
        )


@contextmanager
def _json_lines(path: Path, columns: Sequence[str]) -> Iterator[WriteRows]:
    with path.open("x", encoding="utf-8", newline="") as file:
        yield lambda rows: _write_text(
            file.write, "".join(json_line({name: row.get(name) for name in columns}) for row in rows)
        )


def _write_text(write: Callable[[str], int], text: str) -> None:
    write(text)


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[WriteRows]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            "Parquet needs pyarrow, which is not installed: pip install 'nof1-tui[parquet]'\n"
            "CSV and JSON Lines (a FILE ending in .csv or .jsonl) do not need it."
        ) from error
    schema = pa.schema([(name, _arrow_type(pa, name)) for name in columns])

    with path.open("xb") as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def write(rows: Sequence[ExportRow]) -> None:
            arrays = [
                pa.array([_arrow_value(field.type, row.get(field.name)) for row in rows], field.type)
                for field in schema
            ]
            writer.write_table(pa.table(arrays, schema=schema))

        yield write


def _arrow_type(pa: Any, name: str) -> Any:
    if name == "at" or name.endswith("_at"):
        return pa.timestamp("us", tz="UTC")
    if name in _NUMBER_COLUMNS or name.endswith(_NUMBER_SUFFIXES):
        return pa.float64()
    return {"answer_failed": pa.bool_(), "positions": pa.int32()}.get(name, pa.string())


def _arrow_value(kind: Any, value: Any) -> Any:
    """The value for Arrow: texts sanitised for terminals, lists as JSON."""
    if str(kind) != "string":
        return value
    text = json_safe(value)
    return text if text is None or isinstance(text, str) else json.dumps(text)


FILE_FORMATS = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}
"""Writer by the suffix of the file's name."""
