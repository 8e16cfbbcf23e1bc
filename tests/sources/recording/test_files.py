"""Recording and replay: recorded responses pass through the same source."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.sources.recording.files import SkippedFile, capture_time, find_recordings, read_recording
from nof1tui.sources.recording.transports import RecordingTransport, ReplayClock, ReplayTransport
from tests.support.arena_server import wire_row, wire_trade

FIRST = datetime(2025, 10, 26, 4, 19, 5, tzinfo=UTC)
ROW = wire_row("gpt-5", 10_305.0, at=FIRST.timestamp(), inception=FIRST.timestamp() - 7_200)


def record(folder: Path, name: str, payload: object, moment: datetime = FIRST) -> Path:
    path = folder / moment.strftime("%Y-%m-%dT%H%M%SZ") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(payload).encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def test_files_are_found_oldest_first_plain_or_compressed_and_only_once(tmp_path: Path) -> None:
    later = record(tmp_path, "trades.json.gz", {"trades": []}, FIRST + timedelta(days=1))
    first = record(tmp_path, "account-totals.lastHourlyMarker-129.json", {"accountTotals": [ROW]})
    record(tmp_path, "notes.txt", "not one")
    found = find_recordings([tmp_path, later])
    assert [item.path for item in found] == [first, later]
    assert [item.endpoint for item in found] == ["account-totals", "trades"]
    assert found[0].captured_at == FIRST
    assert isinstance(read_recording(found[1], Roster()), Batch)


def test_a_recorded_crash_to_zero_is_implausible_like_a_live_one(tmp_path: Path) -> None:
    at = FIRST.timestamp()
    rows = [wire_row("gpt-5", 10_305.0, at=at + 150 * n, inception=at - 7_200) for n in range(3)]
    rows[1]["dollar_equity"] = 0
    record(tmp_path, "account-totals.json", {"accountTotals": rows})
    batch = read_recording(find_recordings([tmp_path])[0], Roster())
    assert isinstance(batch, Batch)
    assert [row.equity_usd for row in batch.accounts] == [10_305.0, 10_305.0]
    assert "implausible equity: 0.00 USD" in batch.rejects[0].reason


def test_a_missing_path_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        find_recordings([tmp_path / "nothing-here"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("leaderboard.json", b'{"leaderboard": []}', "stale"),
        ("positions.json", b'{"message": "", "positions": []}', "deprecated"),
        ("index.json", b'{"files": []}', "response with records"),
        ("broken.json", b"{", "not a response of this API"),
        ("broken.json.gz", b"no gzip", "cannot be read"),
    ],
)
def test_a_file_without_records_is_skipped_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (found,) = find_recordings([path])
    skipped = read_recording(found, Roster())
    assert isinstance(skipped, SkippedFile)
    assert reason in skipped.reason


def test_without_a_capture_time_a_body_is_dated_by_its_server_time(tmp_path: Path) -> None:
    path = tmp_path / "trades.json"
    trade = wire_trade("gpt-5", "ETH", 1.0, exit_at=FIRST.timestamp(), number=1)
    path.write_text(json.dumps({"trades": [trade], "serverTime": FIRST.timestamp() * 1000}))
    (found,) = find_recordings([path])
    assert capture_time(path) is None
    batch = read_recording(found, Roster())
    assert isinstance(batch, Batch)
    assert batch.trades[0].fetched_at == FIRST


async def test_recordings_can_be_imported_and_replayed(tmp_path: Path) -> None:
    body = gzip.compress(json.dumps({"accountTotals": [ROW], "serverTime": 1}).encode())
    headers = {"Content-Encoding": "gzip"}
    inner = httpx.MockTransport(lambda request: httpx.Response(200, content=body, headers=headers))
    faults: list[OSError] = []
    transport = RecordingTransport(inner, tmp_path, clock=lambda: FIRST, on_error=faults.append)
    source = Nof1Source(make_client("http://arena.test/api", transport=transport), roster=Roster())
    live = await source.fetch(Feed.ACCOUNTS, Board(Roster()))
    await source.aclose()
    assert not faults
    (found,) = find_recordings([tmp_path])
    assert found.path == tmp_path / "2025-10-26T041905Z" / "account-totals.json"

    replay = Nof1Source(make_client("http://replay", transport=ReplayTransport(tmp_path)), roster=Roster())
    again = await replay.fetch(Feed.ACCOUNTS, Board(Roster()))
    assert [row.equity_usd for row in again.accounts] == [row.equity_usd for row in live.accounts]


async def test_a_full_disk_does_not_break_the_poll(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    inner = httpx.MockTransport(lambda request: httpx.Response(200, json={"trades": []}))
    faults: list[OSError] = []
    transport = RecordingTransport(inner, blocked, clock=lambda: FIRST, on_error=faults.append)
    source = Nof1Source(make_client("http://arena.test", transport=transport), roster=Roster())
    assert (await source.fetch(Feed.TRADES, Board(Roster()))).status == 200
    assert faults


async def test_a_replay_answers_with_what_was_known_at_its_clock(tmp_path: Path) -> None:
    later = FIRST + timedelta(hours=3)
    second = wire_row("gpt-5", 11_000.0, at=later.timestamp(), inception=FIRST.timestamp() - 7_200)
    record(tmp_path, "account-totals-first.json", {"accountTotals": [ROW]})
    record(
        tmp_path, "account-totals-last.json", {"accountTotals": [ROW | {"model_id": "other", "id": "o_2"}]}
    )
    record(tmp_path, "account-totals.json", {"accountTotals": [second]}, later)
    record(tmp_path, "trades.json", {"trades": []}, later)
    now = [FIRST]
    transport = ReplayTransport(tmp_path, lambda: now[0])
    assert transport.moments == [FIRST, later]
    async with httpx.AsyncClient(transport=transport, base_url="http://replay/api/") as client:
        assert (await client.get("trades")).status_code == 503
        assert len((await client.get("account-totals")).json()["accountTotals"]) == 2
        now[0] = later
        assert (await client.get("trades")).json() == {"trades": []}
        assert len((await client.get("account-totals")).json()["accountTotals"]) == 3
        recent = (await client.get("account-totals", params={"lastHourlyMarker": 5})).json()["accountTotals"]
        assert [row["dollar_equity"] for row in recent] == [11_000.0]


def test_a_folder_without_recordings_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no recorded responses"):
        ReplayTransport(tmp_path)


def test_the_replay_clock_runs_fast_and_shortens_gaps() -> None:
    now = [0.0]
    moments = [FIRST, FIRST + timedelta(seconds=60), FIRST + timedelta(days=3)]
    clock = ReplayClock(moments, speed=60.0, monotonic=lambda: now[0], max_gap_s=5.0)
    seen = []
    for now[0] in (0.0, 0.5, 1.0, 3.0, 6.0, 7.0):
        seen.append((clock() - FIRST).total_seconds())
    days = 3 * 86_400.0
    assert seen == [0.0, 30.0, 60.0, 180.0, days, days + 60.0]
