"""`collect` and `record` against a local arena."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.arena_server import ArenaServer, ArenaState, wire_row, wire_trade
from tests.support.cli_types import Command

NOW = time.time()


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArenaServer]:
    state = ArenaState(
        rows=[wire_row("gpt-5", 10_500.0, at=NOW - 5, inception=NOW - 7_200)],
        trades=[wire_trade("gpt-5", "BTC", 10.0, exit_at=NOW - 60, number=1)],
        conversations=[],
        prices={"BTC": 114_000.5},
    )
    with ArenaServer(state) as served:
        monkeypatch.setenv("NOF1_API_URL", served.url)
        yield served


def test_one_round_is_logged_line_by_line_and_the_store_becomes_live(
    on_store: Command, arena: ArenaServer
) -> None:
    result = on_store("collect", "--once")
    assert (result.code, result.out) == (0, "")
    lines = result.err.splitlines()
    assert all(" INFO " in line for line in lines)
    assert any("trades: 1 read, stored 1 events, 1 trades" in line for line in lines)
    assert on_store("status").code == 0


def test_a_round_is_logged_as_json_lines(on_store: Command, arena: ArenaServer) -> None:
    events = [
        json.loads(line) for line in on_store("collect", "--once", "--log-format", "json").err.splitlines()
    ]
    by_feed = {event["feed"]: event for event in events if "feed" in event}
    assert by_feed["trades"]["read"] == 1
    assert by_feed["trades"]["stored"] == {"events": 1, "trades": 1}


def test_a_refused_round_fails_with_the_reason(on_store: Command, arena: ArenaServer) -> None:
    arena.state.status = 429
    result = on_store("collect", "--once")
    assert result.code == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("nof1-tui: not everything was collected: accounts, ")
    assert last.count("429: the server asks to slow down") == 1


def test_recorded_responses_can_be_imported(
    on_store: Command, arena: ArenaServer, tmp_path: Path, empty_database_url: str
) -> None:
    folder = tmp_path / "kept" / "answers"
    assert on_store("record", str(folder), "--once").code == 0
    names = {path.name for path in folder.rglob("*.json")}
    assert {"account-totals.json", "trades.json", "crypto-prices.json"} <= names
    result = on_store("import", str(folder), "--database-url", empty_database_url)
    assert result.code == 0
    rows = json.loads(on_store("status", "--json", "--database-url", empty_database_url).out)["store"]["rows"]
    assert (rows["account_snapshots"], rows["trades"], rows["prices"]) == (1, 1, 1)


def test_a_folder_that_cannot_be_created_is_refused_before_any_request(
    on_store: Command, arena: ArenaServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    result = on_store("record", str(tmp_path / "file" / "kept"), "--once")
    assert result.code == 2
    assert "could not be created" in result.err
    assert not arena.requests
