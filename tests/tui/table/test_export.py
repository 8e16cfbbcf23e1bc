"""Exports: two files, never overwritten, never one alone, without control characters."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from nof1tui.domain.export.documents import TRADES
from nof1tui.domain.figures.views import TradeView
from nof1tui.domain.records import AccountKey, Trade
from nof1tui.domain.roster import TraderInfo
from nof1tui.tui.table.export import TableExport, write_export

NOW = datetime(2025, 10, 28, 7, 4, 9, tzinfo=UTC)
GPT = TraderInfo("gpt-5", "GPT 5")
TRADE = TradeView(Trade("t1", AccountKey("s1", "gpt-5"), "BTC", NOW, NOW, quantity=-0.18), GPT)


def test_both_files_have_the_rows_as_show_prints_them(tmp_path: Path) -> None:
    path = write_export(TableExport(TRADES, [TRADE], NOW, "demo"), tmp_path, NOW)
    assert path == tmp_path / "nof1-trades-20251028T070409Z.csv"
    header, line = path.read_text().splitlines()
    assert header.startswith("id,trader,coin,side,quantity")
    assert line.startswith("t1,gpt-5,BTC,short,-0.18")
    document = json.loads(path.with_suffix(".json").read_text())
    assert document["source"] == "demo"
    assert document["as_of"] == "2025-10-28T07:04:09Z"
    (row,) = document["rows"]
    assert list(row) == list(TRADES.keys())
    assert (row["quantity"], row["exit_at"], row["net_usd"]) == (-0.18, "2025-10-28T07:04:09Z", None)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_an_existing_file_is_kept_and_no_partial_export_is_left(tmp_path: Path, suffix: str) -> None:
    there = tmp_path / f"nof1-trades-20251028T070409Z{suffix}"
    there.write_text("precious")
    with pytest.raises(FileExistsError):
        write_export(TableExport(TRADES, [TRADE]), tmp_path, NOW)
    assert there.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [there]


def test_hostile_text_is_made_plain(tmp_path: Path) -> None:
    hostile = replace(TRADE.trade, id="=cmd()", coin="x\x1b[2J\u202ey\x07")
    path = write_export(TableExport(TRADES, [TradeView(hostile, GPT)]), tmp_path, NOW)
    for file in tmp_path.iterdir():
        assert not set(file.read_text()) & {"\x1b", "\x07", "\u202e"}
    assert path.read_text().splitlines()[1].startswith("'=cmd(),gpt-5,xy,")
