"""A board cache of version 0.1 is used or replaced, never reported."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import msgspec
import pytest

from nof1tui.domain.roster import Roster
from nof1tui.runtime.board_cache import BoardCache
from tests.support.builders import account_row, batch, board
from tests.support.paths import ROOT

WRITTEN = ROOT / "tests" / "support" / "written_by_0_1" / "board.cache"
STORE = "postgres://h/db"


def test_the_board_of_0_1_is_shown(roster: Roster, tmp_path: Path) -> None:
    path = Path(shutil.copy(WRITTEN, tmp_path))
    cached = BoardCache(path, store=STORE).load(roster)
    assert cached is not None
    assert sorted(account.trader for account in cached.accounts) == ["gpt-5", "grok-4"]
    assert [len(log.trades) for log in cached.trades.values()] == [1]


def test_a_cache_of_another_layout_is_replaced_without_a_warning(
    roster: Roster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "board.cache"
    content = msgspec.msgpack.decode(WRITTEN.read_bytes())
    content["accounts"] = [row | {"equity_usd": "10,500"} for row in content["accounts"]]
    path.write_bytes(msgspec.msgpack.encode(content))
    cache = BoardCache(path, store=STORE)
    with caplog.at_level(logging.INFO):
        assert cache.load(roster) is None
        cache.save(board(roster, batch(accounts=(account_row("gpt-5"),))))
        replaced = cache.load(roster)
    assert replaced is not None
    assert [account.trader for account in replaced.accounts] == ["gpt-5"]
    assert not caplog.records
