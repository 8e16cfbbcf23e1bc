"""An import believes no more than live answers: the same rules, with the file's own time as the present."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.roster import Roster
from nof1tui.sources.recording.files import RecordingReader, SkippedFile, find_recordings
from tests.support.arena_server import wire_row, wire_trade

CAPTURED = datetime(2025, 10, 26, 4, 19, 5, tzinfo=UTC)
AT = CAPTURED.timestamp()
INCEPTION = AT - 7_200


def write(folder: Path, name: str, body: Any, moment: datetime | None = CAPTURED) -> Path:
    path = (folder / moment.strftime("%Y-%m-%dT%H%M%SZ") if moment else folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(body).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def read(folder: Path, now: datetime = CAPTURED + timedelta(days=400)) -> list[Batch]:
    """The batches of all files of a folder, read by one reader."""
    reader = RecordingReader(Roster(), clock=lambda: now)
    found = [reader.read(recording) for recording in find_recordings([folder])]
    return [batch for batch in found if isinstance(batch, Batch)]


def row(equity: float, at: float = AT, **values: Any) -> dict[str, Any]:
    return wire_row("gpt-5", equity, at=at, inception=INCEPTION) | values


def trade(**values: Any) -> dict[str, Any]:
    return wire_trade("gpt-5", "ETH", 1.0, exit_at=AT - 60, number=1) | values


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("account-totals.json", {"accountTotals": [row(1e4, AT + 3_600)]}, "from the future"),
        ("trades.json", {"trades": [trade(exit_time=AT + 86_400)]}, "from the future"),
        ("trades.json", {"trades": [trade(exit_time=1_199_145_600)]}, "between 2009 and 2100"),
        ("crypto-prices.json", {"prices": {"BTC": {"price": 0}}}, "not above 0"),
        ("crypto-prices.json", {"prices": {"BTC": {"price": -5.0}}}, "not above 0"),
        ("account-totals.json", {"accountTotals": [row(1e300)]}, "implausible equity"),
        (
            "account-totals.json",
            {"accountTotals": [row(1e300, AT - 60 * n) for n in range(90)]},
            "implausible",
        ),
        ("account-totals.json", {"accountTotals": [row(0.0, realized_pnl=0)]}, "implausible equity"),
    ],
)
def test_what_cannot_be_true_is_quarantined(tmp_path: Path, name: str, body: Any, reason: str) -> None:
    write(tmp_path, name, body)
    (batch,) = read(tmp_path)
    assert batch.size == 0
    assert batch.rejects
    assert all(reason in reject.reason for reject in batch.rejects)


def test_contradictory_rows_are_quarantined(tmp_path: Path) -> None:
    write(tmp_path, "account-totals.json", {"accountTotals": [row(10_000.0), row(10_900.0)]})
    (batch,) = read(tmp_path)
    assert [found.equity_usd for found in batch.accounts] == [10_000.0]
    assert "contradicts" in batch.rejects[0].reason


def test_rows_are_compared_with_those_of_earlier_files(tmp_path: Path) -> None:
    write(tmp_path, "account-totals.json", {"accountTotals": [row(10_000.0)]})
    later = CAPTURED + timedelta(minutes=5)
    write(
        tmp_path,
        "account-totals.json",
        {"accountTotals": [row(90_000.0, later.timestamp(), realized_pnl=0)]},
        later,
    )
    first, second = read(tmp_path)
    assert (first.size, second.size) == (1, 0)
    assert "implausible equity: 90,000.00 USD, 10,000.00 USD at" in second.rejects[0].reason


@pytest.mark.parametrize(
    ("changed_at", "accepted"),
    [(AT + 60, True), (AT - 7_200, False), (315_532_800.0, True), (0.0, True)],
    ids=["newer", "older", "1980", "1970"],
)
def test_without_a_capture_time_the_file_itself_is_the_present(
    tmp_path: Path, changed_at: float, accepted: bool
) -> None:
    path = write(tmp_path, "trades.json", {"trades": [trade()]}, None)
    os.utime(path, (changed_at, changed_at))
    (batch,) = read(tmp_path)
    assert (batch.size == 1, len(batch.rejects) == 0) == (accepted, accepted)


def test_a_body_that_claims_to_be_from_the_future_does_not_vouch_for_its_records(tmp_path: Path) -> None:
    future = AT + 500 * 86_400
    body = {"trades": [trade(exit_time=future)], "serverTime": future * 1_000}
    write(tmp_path, "trades.json", body)
    write(tmp_path, "trades.json.gz", body, None)
    for batch in read(tmp_path):
        assert batch.size == 0
        assert "from the future" in batch.rejects[0].reason


def test_a_body_made_by_a_faster_clock_does(tmp_path: Path) -> None:
    body = {"trades": [trade(exit_time=AT + 1_200)], "serverTime": (AT + 1_260) * 1_000}
    write(tmp_path, "trades.json", body)
    assert [batch.size for batch in read(tmp_path)] == [1]


def test_a_file_of_another_envelope_is_known_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "trades-mine.json", {"data": [trade()]})
    write(tmp_path, "trades.json", [trade()])
    write(tmp_path, "notes.json", {"data": [trade()]})
    assert [batch.size for batch in read(tmp_path)] == [1, 1]
    reader = RecordingReader(Roster())
    skipped = [reader.read(recording) for recording in find_recordings([tmp_path])]
    assert [item.path.name for item in skipped if isinstance(item, SkippedFile)] == ["notes.json"]
