"""Exports: two files, never over another, never one alone, nothing in them that a terminal obeys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nof1tui.tui.table.export import TableExport, write_export

NOW = datetime(2025, 10, 28, 7, 4, 9, tzinfo=UTC)
ROW = {"trader": "qwen3-max", "coin": "BTC", "quantity": -0.18, "entry_at": NOW, "invalidation": None}


def test_both_files_hold_the_rows_as_show_prints_them(tmp_path: Path) -> None:
    path = write_export(TableExport("positions", [ROW], NOW, "demo"), tmp_path, NOW)
    assert path == tmp_path / "nof1-positions-20251028T070409Z.csv"
    header, line = path.read_text().splitlines()
    assert header.startswith("trader,coin,side,quantity")
    assert line.startswith("qwen3-max,BTC,,-0.18")
    document = json.loads(path.with_suffix(".json").read_text())
    assert document["source"] == "demo"
    assert document["as_of"] == "2025-10-28T07:04:09Z"
    assert document["rows"] == [{**ROW, "entry_at": "2025-10-28T07:04:09Z"}]


def test_columns_without_a_shape_are_those_of_the_rows(tmp_path: Path) -> None:
    path = write_export(TableExport("system", [{"feed": "trades", "state": "ok"}]), tmp_path, NOW)
    assert path.read_text() == "feed,state\ntrades,ok\n"


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_file_that_is_there_stays_and_no_half_export_is_left(tmp_path: Path, suffix: str) -> None:
    there = tmp_path / f"nof1-trades-20251028T070409Z{suffix}"
    there.write_text("precious")
    with pytest.raises(FileExistsError):
        write_export(TableExport("trades", [ROW]), tmp_path, NOW)
    assert there.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [there]


def test_hostile_text_is_made_plain(tmp_path: Path) -> None:
    row = {"trader": "=cmd()", "coin": "x\x1b[2J\u202ey\x07"}
    path = write_export(TableExport("positions", [row]), tmp_path, NOW)
    for file in tmp_path.iterdir():
        assert not set(file.read_text()) & {"\x1b", "\x07", "\u202e"}
    assert path.read_text().splitlines()[1].startswith("'=cmd(),xy,")
