"""The collector against a local server with the API's contract, quirks included."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nof1tui.store.embedded import lease as server
from tests.support.arena_server import (
    ArenaServer,
    ArenaState,
    wire_decision,
    wire_position,
    wire_row,
    wire_trade,
)
from tests.support.embedded_server import is_server_running
from tests.support.program import PROGRAM, run

HOUR = 3600.0
NOW = time.time()
INCEPTION = {
    "gpt-5": NOW - 48 * HOUR - 600,
    "qwen3-max": NOW - 48 * HOUR - 60,
    "brand-new-model": NOW - 5 * HOUR,
}


def quirky_state() -> ArenaState:
    """Two days of hourly rows with the quirks of section 4 of the contract."""
    rows = []
    for trader, inception in INCEPTION.items():
        hour = inception + HOUR - 30
        while hour < NOW:
            equity = 10_000.0 + (hour - inception) / HOUR * (7.5 if trader == "gpt-5" else -3.25)
            rows.append(wire_row(trader, equity, at=hour, inception=inception))
            hour += HOUR
    newest = {
        "gpt-5": [
            wire_position("BTC", 0.1, mark=114_000.5),
            wire_position("NEWCOIN", -5, mark=2.5, leverage=0),
        ],
        "qwen3-max": [wire_position("ETH", 1.5, mark=4_100, exit_plan="N/A", liquidation_price=0)],
        "brand-new-model": [],
    }
    for trader, positions in newest.items():
        changes: dict[str, Any] = {"sharpe_ratio": None} if trader == "gpt-5" else {}
        row = wire_row(
            trader, 12_345.67, at=NOW - 5, inception=INCEPTION[trader], positions=positions, **changes
        )
        if trader == "brand-new-model":
            del row["sharpe_ratio"]
        rows.append(row)
    return ArenaState(
        rows=sorted(rows, key=lambda row: row["timestamp"]),
        trades=[
            wire_trade("gpt-5", "BTC", 10.5 * (-1) ** i, exit_at=NOW - 60 * i, number=i) for i in range(1, 21)
        ],
        conversations=[
            wire_decision("gpt-5", "Holding on.", at=NOW - 100.25),
            wire_decision("qwen3-max", "As object.", at=NOW - 90.5, cot_trace={"BTC": {"signal": "hold"}}),
            wire_decision(
                "grok-4", "Broken.", at=NOW - 80, llm_response={"failed_json_response_raw_text": "I think …"}
            ),
        ],
        prices={"BTC": 114_000.5, "ETH": 4_100.25, "NEWCOIN": 2.5},
        inceptions=[
            {"id": f"i{i}", "model_id": trader, "inception_date": at, "nav_since_inception": 10000}
            for i, (trader, at) in enumerate(INCEPTION.items())
        ],
    )


@pytest.fixture
def arena(home: dict[str, str]) -> Iterator[ArenaServer]:
    with ArenaServer(quirky_state()) as served:
        home["NOF1_API_URL"] = served.url
        yield served


@pytest.fixture
def running_store(home: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """The store's server runs between the commands, as with a monitor beside them."""
    lease = server.acquire_lease(tmp_path / "data" / "nof1-tui")
    yield
    lease.release()


def show(home: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = run(home, "show", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    parsed = json.loads(done.stdout)
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.usefixtures("running_store")
def test_the_store_has_every_served_record(home: dict[str, str], arena: ArenaServer) -> None:
    done = run(home, "collect", "--once")
    assert done.returncode == 0, done.stderr

    board = {row["trader"]: row for row in show(home, "leaderboard")["rows"]}
    assert set(board) == set(INCEPTION)
    assert all(row["equity_usd"] == 12_345.67 for row in board.values())
    assert board["gpt-5"]["sharpe_reported"] is None
    assert board["gpt-5"]["trades"] == 20
    assert board["gpt-5"]["win_rate_pct"] == 50.0

    positions = {row["coin"]: row for row in show(home, "positions")["rows"]}
    assert positions["NEWCOIN"]["leverage"] is None
    assert positions["NEWCOIN"]["side"] == "short"
    assert positions["ETH"]["stop_loss"] is None
    assert positions["ETH"]["liquidation_price"] is None
    assert positions["BTC"]["mark_price"] == 114_000.5

    assert {row["coin"]: row["price"] for row in show(home, "prices")["rows"]} == arena.state.prices
    assert len(show(home, "trades")["rows"]) == 20
    assert [row["summary"] for row in show(home, "chat")["rows"]] == ["Broken.", "As object.", "Holding on."]


@pytest.mark.usefixtures("running_store")
def test_rows_of_the_running_hour_are_updated_and_nothing_is_stored_twice(
    home: dict[str, str], arena: ArenaServer
) -> None:
    assert run(home, "collect", "--once").returncode == 0
    assert run(home, "collect", "--once").returncode == 0
    before = json.loads(run(home, "status", "--json").stdout)["store"]["rows"]
    assert before["account_snapshots"] == len(arena.state.rows)

    running = next(row for row in reversed(arena.state.rows) if row["model_id"] == "qwen3-max")
    running["timestamp"] += 3.5
    running["dollar_equity"] = 13_000.25
    assert run(home, "collect", "--once").returncode == 0
    after = json.loads(run(home, "status", "--json").stdout)["store"]["rows"]
    assert after["account_snapshots"] == before["account_snapshots"] + 1
    leader = show(home, "leaderboard")["rows"][0]
    assert (leader["trader"], leader["equity_usd"]) == ("qwen3-max", 13_000.25)


@pytest.mark.usefixtures("running_store")
def test_a_record_that_cannot_be_decoded_goes_to_quarantine_alone(
    home: dict[str, str], arena: ArenaServer
) -> None:
    arena.state.rows[0]["dollar_equity"] = {"not": "a number"}
    assert run(home, "collect", "--once").returncode == 0
    rows = json.loads(run(home, "status", "--json").stdout)["store"]["rows"]
    assert rows["quarantine"] == 1
    assert rows["account_snapshots"] == len(arena.state.rows) - 1


def test_collecting_once_from_a_refusing_server_fails_with_a_plain_reason(
    home: dict[str, str], arena: ArenaServer
) -> None:
    arena.state.status = 429
    done = run(home, "collect", "--once")
    assert done.returncode == 1
    assert "429" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_collector_within_two_seconds_and_leaves_no_server(
    home: dict[str, str], arena: ArenaServer, ending: signal.Signals, tmp_path: Any
) -> None:
    collector = subprocess.Popen(
        [*PROGRAM, "collect"], env=home, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert collector.stderr is not None
        lines = []
        while "trades" not in (line := collector.stderr.readline()):
            lines.append(line)
            assert line, lines
        collector.send_signal(ending)
        started = time.monotonic()
        collector.wait(timeout=5)
        assert time.monotonic() - started < 2.0
        assert "Traceback" not in collector.stderr.read()
    finally:
        collector.kill()
        collector.wait()
        collector.stderr.close()
    assert not is_server_running(tmp_path / "data" / "nof1-tui")
