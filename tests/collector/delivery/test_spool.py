"""The spool: order, truncated files, corruption, limits, locks of files."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nof1tui.collector.delivery.envelope import (
    HEADER_STRUCT,
    CorruptEnvelope,
    Envelope,
    decode_envelope,
    encode_envelope,
    parse_header,
)
from nof1tui.collector.delivery.rejected_file import REJECTED_FILE
from nof1tui.collector.delivery.spool import CORRUPT_SUFFIX, Spool, SpoolFull
from nof1tui.collector.delivery.spool_folders import SPOOL_SUFFIX
from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    ExitPlan,
    Feed,
    Position,
    Signal,
)
from tests.support.envelopes import AT, prices
from tests.support.paths import ROOT

GPT = AccountKey("s1", "gpt-5", "main")


def everything() -> Envelope:
    content = Position(
        "ETH", -2.5, 4_000.25, exit_plan=ExitPlan(3_500.0, None, "if it … \u202e breaks"), oid=7
    )
    row = AccountRow(GPT, AT, AT, 0.1 + 0.2, positions=(content,), extra='{"a": 1}')
    decision = Decision(
        "gpt-5_1", GPT, AT, AT, "hold", (Signal("BTC", "hold"),), texts=DecisionTexts("p" * 9_000, "r", "{}")
    )
    reject = Reject("trades", '{"id": NaN}', "no exit time", AT)
    batch = Batch(
        Feed.ACCOUNTS, "account-totals", AT, accounts=(row,), decisions=(decision,), rejects=(reject,)
    )
    return Envelope(batch, (Event("opened:1", AT, "opened", GPT, "ETH", "short", 2.5),))


def drain(spool: Spool) -> list[Envelope]:
    envelopes = []
    while (spooled := spool.read_oldest()) is not None:
        envelopes.append(spooled.envelope)
        spool.remove(spooled)
    return envelopes


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SPOOL_SUFFIX}"))


def test_an_envelope_is_decoded_unchanged() -> None:
    packed = encode_envelope(everything())
    assert (
        decode_envelope(parse_header(packed[: HEADER_STRUCT.size]), packed[HEADER_STRUCT.size :])
        == everything()
    )


def test_envelopes_are_read_in_order_and_leave_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(5):
        spool.append(prices(number))
    assert (spool.record_count, len(files(tmp_path))) == (5, 1)
    assert drain(spool) == [prices(number) for number in range(5)]
    assert (spool.record_count, spool.size_bytes, files(tmp_path)) == (0, 0, [])


def test_an_envelope_appended_during_a_drain_is_read_last(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(prices(0))
    spool.append(prices(1))
    first = spool.read_oldest()
    assert first is not None
    assert first.envelope == prices(0)
    spool.remove(first)
    spool.append(prices(2))
    assert drain(spool) == [prices(1), prices(2)]


def test_the_next_process_adopts_the_files_of_the_previous_one(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.append(prices(0))
    first.append(everything())
    first.close()
    second = Spool(tmp_path)
    assert second.adopt_orphans() == 4
    second.append(prices(9))
    assert drain(second) == [prices(0), everything(), prices(9)]
    assert files(tmp_path) == []


def test_a_file_in_use_is_not_adopted(tmp_path: Path) -> None:
    owner, other = Spool(tmp_path), Spool(tmp_path)
    owner.append(prices(0))
    assert other.adopt_orphans() == 0
    assert other.read_oldest() is None
    assert drain(owner) == [prices(0)]


@pytest.mark.parametrize("cut", [1, HEADER_STRUCT.size - 1, HEADER_STRUCT.size, HEADER_STRUCT.size + 20])
def test_a_truncated_envelope_is_moved_to_a_corrupt_file(tmp_path: Path, cut: int) -> None:
    first = Spool(tmp_path)
    first.append(prices(0))
    whole = files(tmp_path)[0].stat().st_size
    first.append(prices(1))
    first.close()
    path = files(tmp_path)[0]
    os.truncate(path, whole + cut)
    second = Spool(tmp_path)
    assert second.adopt_orphans() == 1
    assert second.corrupt_envelopes == 1
    assert path.with_suffix(CORRUPT_SUFFIX).stat().st_size == cut
    assert drain(second) == [prices(0)]


def test_an_envelope_with_a_wrong_checksum_is_moved_and_the_rest_is_read(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.append(prices(0))
    first.append(prices(1))
    first.close()
    path = files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[HEADER_STRUCT.size + 3] ^= 0xFF
    path.write_bytes(data)
    second = Spool(tmp_path)
    second.adopt_orphans()
    assert drain(second) == [prices(1)]
    assert second.corrupt_envelopes == 1
    assert len(list(tmp_path.glob(f"*{CORRUPT_SUFFIX}"))) == 1


@given(data=st.binary(max_size=300), place=st.integers(0, 300))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_in_a_file_end_the_reading_without_invented_envelopes(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, place: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    first = Spool(folder)
    first.append(prices(0))
    first.append(prices(1))
    first.close()
    path = files(folder)[0]
    content = path.read_bytes()
    path.write_bytes(content[:place] + data + content[place + len(data) :])
    second = Spool(folder)
    second.adopt_orphans()
    assert all(envelope in (prices(0), prices(1)) for envelope in drain(second))


def test_an_invalid_envelope_raises_corrupt_envelope() -> None:
    packed = encode_envelope(prices(0))
    head = parse_header(packed[: HEADER_STRUCT.size])
    with pytest.raises(CorruptEnvelope):
        decode_envelope(head, packed[HEADER_STRUCT.size : -1])
    with pytest.raises(CorruptEnvelope):
        parse_header(b"")
    with pytest.raises(CorruptEnvelope):
        parse_header(b"\x00" * HEADER_STRUCT.size)


def test_a_full_spool_refuses_envelopes_and_keeps_the_stored_ones(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=2 * len(encode_envelope(prices(0))) + 4)
    spool.append(prices(0))
    spool.append(prices(1))
    with pytest.raises(SpoolFull):
        spool.append(prices(2))
    assert drain(spool) == [prices(0), prices(1)]
    spool.append(prices(3))
    assert drain(spool) == [prices(3)]


def test_a_rejected_envelope_is_written_to_a_file(tmp_path: Path) -> None:
    Spool(tmp_path).set_aside(everything(), "check constraint")
    line = json.loads((tmp_path / REJECTED_FILE).read_text("utf-8"))
    assert line["reason"] == "check constraint"
    assert line["parcel"]["batch"]["accounts"][0]["equity_usd"] == 0.1 + 0.2


def test_appended_envelopes_survive_kill_9(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path[:0] = [sys.argv[2]]\n"
        "from pathlib import Path\n"
        "from tests.support.envelopes import prices\n"
        "from nof1tui.collector.delivery.spool import Spool\n"
        "spool, number = Spool(Path(sys.argv[1])), 0\n"
        "while True:\n"
        "    spool.append(prices(number)); number += 1\n"
        "    print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 20:
            pass
        writer.send_signal(signal.SIGKILL)
        printed = writer.stdout.read().split()
    spool = Spool(tmp_path)
    spool.adopt_orphans()
    envelopes = drain(spool)
    promised = int(printed[-1]) if printed else 20
    assert envelopes == [prices(number) for number in range(len(envelopes))]
    assert len(envelopes) >= promised


@pytest.mark.parametrize("seed", range(30))
def test_one_wrong_byte_loses_at_most_one_envelope(tmp_path: Path, seed: int) -> None:
    first = Spool(tmp_path)
    first.append(*map(prices, range(20)))
    first.close()
    path = files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[random.Random(seed).randrange(len(data))] ^= 0xFF
    path.write_bytes(data)
    second = Spool(tmp_path)
    second.adopt_orphans()
    envelopes = drain(second)
    assert len(envelopes) >= 19
    assert second.lost_records == second.corrupt_envelopes == 20 - len(envelopes)


def test_a_full_disk_does_not_affect_later_envelopes(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(prices(0))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (files(tmp_path)[0].stat().st_size + 60, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            spool.append(prices(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    spool.append(prices(1))
    spool.append(prices(2))
    assert drain(spool) == [prices(0), prices(1), prices(2)]


def test_adopting_files_does_not_remove_another_envelope(
    tmp_path: Path,
) -> None:
    left, own = Spool(tmp_path), Spool(tmp_path)
    left.append(prices(1))
    own.append(prices(0))
    first = own.read_oldest()
    assert first is not None
    assert first.envelope == prices(0)
    left.close()
    assert own.adopt_orphans() == 1
    own.remove(first)
    assert drain(own) == [prices(1)]


def test_files_are_removed_as_they_are_written_to_the_store(tmp_path: Path) -> None:
    spool = Spool(tmp_path, file_bytes=1)
    for number in range(4):
        spool.append(prices(number))
    assert len(files(tmp_path)) == 4
    first = spool.read_oldest()
    assert first is not None
    spool.remove(first)
    assert len(files(tmp_path)) == 3


def test_an_unreadable_file_does_not_block_the_others(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.append(prices(0))
    first.close()
    (tmp_path / f"0{SPOOL_SUFFIX}").mkdir()
    second = Spool(tmp_path)
    assert second.adopt_orphans() == 1
