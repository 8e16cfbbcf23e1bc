"""`import`: recorded responses are stored, with a report."""

from __future__ import annotations

import gzip
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.arena_server import wire_decision, wire_position, wire_row, wire_trade
from tests.support.cli_types import Command

NOW = time.time()


def capture(folder: Path, name: str, body: dict[str, Any], moment: str = "2025-10-26T041905Z") -> Path:
    """A recorded response in the layout of `record`."""
    path = folder / moment / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(body).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with two traders' rows, trades and chat, one broken record and two useless files."""
    folder = tmp_path / "recorded"
    held = [wire_position("BTC", 0.1, mark=114_000.5), wire_position("ETH", -2, mark=4_000)]
    rows = [
        wire_row("gpt-5", 10_500, at=1761450000.5, inception=1760738409, positions=held),
        wire_row("qwen3-max", 9_500, at=1761450001.5, inception=1760738409),
    ]
    capture(folder, "account-totals.json", {"accountTotals": rows, "serverTime": 1761450005000})
    trades = [wire_trade("gpt-5", "BTC", 10.0, exit_at=1761440000.5 + i, number=i) for i in range(3)]
    broken = wire_trade("gpt-5", "BTC", 10.0, exit_at=1761440000.5, number=9) | {"exit_time": "yesterday"}
    body = {"trades": [*trades, broken], "serverTime": 1761450005000}
    capture(folder, "trades.json.gz", body)
    chat = [wire_decision("gpt-5", "Holding.", at=1761449000.25)]
    capture(folder, "conversations.json", {"conversations": chat})
    capture(folder, "leaderboard.json", {"leaderboard": []})
    capture(folder, "notes.json", {"something": "else"})
    return folder


def figures(out: str) -> dict[tuple[str, str], list[int]]:
    """The numbers of the report's table, by endpoint and kind."""
    lines = re.findall(r"^(\S+) +(\w+) +((?:[\d,]+ *)+)$", out, re.M)
    return {
        (endpoint, kind): [int(n.replace(",", "")) for n in rest.split()] for endpoint, kind, rest in lines
    }


def test_the_report_has_the_outcome_of_each_endpoints_records(on_store: Command, recorded: Path) -> None:
    result = on_store("import", str(recorded))
    assert result.code == 0
    assert figures(result.out) == {
        ("account-totals", "accounts"): [2, 2, 0, 0, 0],
        ("trades", "trades"): [3, 3, 0, 0, 1],
        ("conversations", "decisions"): [1, 1, 0, 0, 0],
    }
    assert "2 positions in the account rows." in result.out
    assert "notes.json" in result.out
    assert "the ranking is computed from account rows" in result.out
    assert "1 records could not be decoded; kept raw in nof1.quarantine" in result.err


def test_a_second_import_adds_nothing(on_store: Command, recorded: Path) -> None:
    on_store("import", str(recorded))
    before = json.loads(on_store("status", "--json").out)["store"]["rows"]
    result = on_store("import", str(recorded))
    assert figures(result.out)["trades", "trades"] == [3, 0, 3, 0, 1]
    assert figures(result.out)["account-totals", "accounts"] == [2, 0, 2, 0, 0]
    assert json.loads(on_store("status", "--json").out)["store"]["rows"] == before
    assert before["quarantine"] == 1


def test_single_files_are_imported_and_quiet_prints_errors_only(on_store: Command, recorded: Path) -> None:
    chat = next(recorded.rglob("conversations.json"))
    result = on_store("import", str(chat), "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")
    result = on_store("import", "--quiet", str(recorded))
    assert (result.code, result.out) == (0, "")
    assert len(result.err.splitlines()) == 1
    assert len(json.loads(on_store("show", "chat", "--json").out)["rows"]) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "there is no .json or .json.gz file under"),
        (["notes.json"], "none of the files is a recorded response"),
    ],
)
def test_a_folder_with_nothing_to_import_is_refused(
    on_store: Command, tmp_path: Path, names: list[str], expected: str
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    result = on_store("import", str(folder))
    assert result.code == 1
    assert expected in result.err


def test_damaged_files_are_skipped_with_the_reason(on_store: Command, recorded: Path) -> None:
    (recorded / "torn.json.gz").write_bytes(b"\x1f\x8b\x08\x00torn")
    (recorded / "half.json").write_text('{"trades": [')
    result = on_store("import", str(recorded))
    assert result.code == 0
    assert "cannot be read" in result.out
    assert "not a response of this API" in result.out
    assert "torn.json.gz" in result.out


def test_a_file_name_is_printed_without_control_characters(on_store: Command, recorded: Path) -> None:
    (recorded / "a\x1b]52;c;evil\x07.json").write_text("{}")
    assert "\x1b" not in on_store("import", str(recorded)).out


def test_the_real_recordings_are_imported_completely(on_store: Command, recordings: Path) -> None:
    result = on_store("import", str(recordings))
    assert result.code == 0
    assert figures(result.out)["account-totals", "accounts"] == [21, 21, 0, 0, 0]
    assert figures(result.out)["conversations", "decisions"][1] == 214
    assert figures(result.out)["trades", "trades"][1] == 269 + 2
    assert "81 positions in the account rows" in result.out
    assert "2 trades with missing fields" in result.out
    assert {row[1] for row in figures(on_store("import", str(recordings)).out).values()} == {0}

    moment = ("--json", "--as-of", "2025-10-26T04:19:00Z")
    first, second = json.loads(on_store("show", "leaderboard", *moment).out)["rows"][:2]
    assert (first["trader"], round(first["equity_usd"])) == ("qwen3-max", 16_887)
    assert (second["trader"], round(second["equity_usd"], 2)) == ("deepseek-chat-v3.1", 13_274.55)

    files = [*recordings.rglob("trades*.json"), *recordings.rglob("trades*.json.gz")]
    known: dict[str, dict[str, Any]] = {}
    for path in files:
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        known |= {t["id"]: t for t in json.loads(body)["trades"] if t["model_id"] == "deepseek-chat-v3.1"}
    totals = json.loads(on_store("show", "trades", "--json", "--trader", "deepseek-chat-v3.1").out)["totals"]
    nets = [trade["realized_net_pnl"] for trade in known.values()]
    assert totals["n"] == len(nets)
    assert totals["net_usd"] == pytest.approx(sum(nets), rel=1e-12)
    assert totals["fees_usd"] == pytest.approx(sum(t["total_commission_dollars"] for t in known.values()))
    assert totals["win_rate_pct"] == pytest.approx(100 * sum(net > 0 for net in nets) / len(nets))
