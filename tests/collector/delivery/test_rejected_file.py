"""The file of rejected records: each once, on disk, bounded, readable whatever is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nof1tui.collector.delivery import backlog, outbox, rejected_file, sink_writer, spool
from nof1tui.collector.delivery.envelope import PIECE_BYTES, Envelope
from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.domain.batch import Batch
from nof1tui.domain.records import AccountKey, Feed, Trade
from tests.support.envelopes import AT, prices

HUGE = Envelope(
    Batch(
        Feed.TRADES, "t", AT, trades=(Trade("\ud800", AccountKey("s", "a"), "BTC", AT, AT, entry_oid=2**70),)
    )
)


@pytest.mark.parametrize("envelope", [prices(1), HUGE])
def test_records_are_read_as_they_were_with_the_reason(tmp_path: Path, envelope: Envelope) -> None:
    file = RejectedFile(tmp_path / "new")
    assert file.append(envelope, "too much")
    [line] = RejectedFile(tmp_path / "new").read()
    assert (line.reason, line.records, line.feed) == ("too much", 1, envelope.batch.feed.value)
    assert line.envelope == envelope
    assert (file.path.stat().st_mode & 0o777, file.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_same_records_are_kept_once_also_by_another_process(tmp_path: Path) -> None:
    assert RejectedFile(tmp_path).append(prices(1), "first")
    other = RejectedFile(tmp_path)
    assert not other.append(prices(1), "again")
    assert other.append(prices(2), "second")
    assert [line.reason for line in other.read()] == ["first", "second"]
    assert other.record_count == RejectedFile(tmp_path).record_count == 2


def test_a_count_follows_what_another_process_writes_and_removes(tmp_path: Path) -> None:
    watching, writing = RejectedFile(tmp_path), RejectedFile(tmp_path)
    assert watching.record_count == 0
    writing.append(prices(1), "one")
    writing.append(prices(2), "two")
    assert watching.record_count == 2
    assert watching.remove(lambda line: line.reason == "one") == 1
    assert writing.record_count == 1
    assert [line.reason for line in writing.read()] == ["two"]
    assert RejectedFile(tmp_path / "missing").remove(lambda line: True) == 0


def test_beyond_its_limit_records_are_listed_without_content(tmp_path: Path) -> None:
    size = _appended_size(tmp_path / "measured")
    file = RejectedFile(tmp_path, max_bytes=size)
    file.append(prices(1), "reason")
    file.append(prices(2), "reason")
    assert [line.envelope for line in file.read()] == [prices(1), None]
    assert file.record_count == 2


def _appended_size(folder: Path) -> int:
    file = RejectedFile(folder)
    file.append(prices(1), "reason")
    return file.path.stat().st_size


def test_damaged_lines_are_counted_and_cost_no_other(tmp_path: Path) -> None:
    file = RejectedFile(tmp_path)
    file.append(prices(1), "good")
    with file.path.open("ab") as appended:
        appended.write(b'{"at": 1}\n\xff\n[]\n')
    assert [line.reason.split(":")[0] for line in file.read()] == ["good", *["damaged line"] * 3]
    assert file.record_count == 4


def test_records_are_on_disk_on_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = list[int]()
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    file = RejectedFile(tmp_path)
    file.append(prices(1), "reason")
    size = file.path.stat().st_size
    file.remove(lambda line: True)
    assert synced == [size, 0]


def test_limits_are_those_of_the_docs() -> None:
    megabyte = 1_048_576
    assert 64 * megabyte == backlog.BACKLOG_BYTES
    assert 16 * megabyte == rejected_file.MAX_REJECTED_BYTES
    assert (256 * megabyte, 8 * megabyte) == (spool.DEFAULT_SPOOL_BYTES, spool.SEGMENT_BYTES)
    assert megabyte == PIECE_BYTES
    assert (outbox.SPOOL_AFTER_S, outbox.ADOPT_EVERY_S) == (2.0, 60.0)
    assert (sink_writer.SLOW_STORE_S, sink_writer.WRITE_TIMEOUT_S) == (5.0, 60.0)
