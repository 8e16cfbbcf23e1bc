"""Record boundaries: right for any JSON in any chunking, and for much invalid JSON."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding import json_stream
from nof1tui.sources.decoding.json_stream import RecordStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='{}[],:"\\ aé\n', max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
LAYOUTS: list[dict[str, Any]] = [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}]


def records(body: bytes, step: int = 10**9, key: str = "trades") -> list[bytes]:
    stream = RecordStream(key)
    found = [raw for at in range(0, len(body), step) for _, raw in stream.feed(body[at : at + step])]
    left, _ = stream.finish()
    return found + [raw for _, raw in left]


@settings(max_examples=120)
@given(st.lists(VALUES, max_size=6), st.sampled_from(LAYOUTS), st.integers(1, 60), st.data())
def test_records_are_the_lists_elements_for_any_chunking(
    values: list[Any], layout: dict[str, Any], step: int, data: st.DataObject
) -> None:
    before = data.draw(st.dictionaries(st.sampled_from(["a", "serverTime"]), VALUES, max_size=2))
    body = json.dumps({**before, "trades": values, "after": [{"x": 1}, {"y": 2}]}, **layout).encode()
    eager, json_stream._STEP_BYTES = json_stream._STEP_BYTES, 1
    try:
        assert [json.loads(raw) for raw in records(body, step)] == values
    finally:
        json_stream._STEP_BYTES = eager


def test_records_are_returned_before_the_body_is_complete() -> None:
    body = json.dumps({"trades": [{"n": n, "text": "},{" * 9} for n in range(5_000)]}).encode()
    stream, early = RecordStream("trades"), 0
    for at in range(0, len(body) // 2, 65_536):
        early += len(list(stream.feed(body[at : at + 65_536])))
    assert 2_000 < early < 3_000


def test_a_bad_record_does_not_spoil_its_neighbours() -> None:
    good, bad = b'{"a": "}]", "b": [1, {}]}', b'{"a": NaN, "s": "\xff{"}'
    found = records(b'{"trades": [' + b",".join([good, bad, good]) + b'], "serverTime": 1}', step=7)
    assert found == [good, bad, good]


def test_a_byte_order_mark_is_ignored() -> None:
    assert records(b'\xef\xbb\xbf{"trades": [{}]}') == [b"{}"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_unicode_encodings_are_decoded(encoding: str) -> None:
    body = json.dumps({"trades": [{"a": "é"}]}, ensure_ascii=False).encode(encoding)
    assert [json.loads(raw) for raw in records(body)] == [{"a": "é"}]


def test_a_truncated_body_is_malformed_with_the_number_of_records() -> None:
    body = b'{"trades": [' + b",".join([b'{"a": 1}'] * 3) + b', {"a"'
    with pytest.raises(SourceMalformed, match="ends early, after 3 records"):
        records(body)


def test_unbounded_nesting_needs_little_time_and_stack() -> None:
    deep = b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert [len(raw) for raw in records(b'{"trades": [' + deep + b", {}]}", step=4_096)] == [len(deep), 2]


def test_an_unterminated_string_is_scanned_once() -> None:
    with pytest.raises(SourceMalformed, match="ends early"):
        records(b'{"trades": ["' + b"x" * 8_000_000, step=4_096)


def test_an_unterminated_record_is_not_held_beyond_the_limit() -> None:
    stream = RecordStream("trades")
    assert [raw for _, raw in stream.feed(b'{"trades": [{}, "')] == [b"{}"]
    tracemalloc.start()
    for _ in range(500):
        assert list(stream.feed(b"x" * 65_536)) == []
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000
    assert peak < 40_000_000
    with pytest.raises(SourceMalformed, match="ends early, after 1 records"):
        stream.finish()


def test_an_envelope_beyond_the_limit_is_malformed() -> None:
    with pytest.raises(SourceMalformed, match="no record ends within 8 MB, the limit, after 1 records"):
        records(b'{"trades": [{}], "after": "' + b"x" * 10_000_000, step=65_536)
    with pytest.raises(SourceMalformed, match="no record ends within 32 MB, the limit, after 0 records"):
        records(b'{"other": [{}], "after": "' + b"x" * 36_000_000, step=65_536)
    with pytest.raises(SourceMalformed, match="no record ends within 8 MB, the limit, after 1 records"):
        records(b'{"trades": [{}, }' + b"}" * 10_000_000, step=65_536)


NINE_MB = 9 * 1_048_576


def nine_megabytes(unit: bytes) -> bytes:
    return unit * (NINE_MB // len(unit) + 1)


OVERSIZED = {
    "a long text": b'{"text": "' + nine_megabytes(b"x") + b'"}',
    "a text of quotes and brackets": b'{"text": "' + nine_megabytes(b'}],\\"{[\\\\') + b'"}',
    "many keys": b'{"a": [' + nine_megabytes(b'{"b": 1}, ') + b"0]}",
    "deep nesting": b'{"a": ' + b"[" * (NINE_MB // 2) + b"]" * (NINE_MB // 2) + b"}",
    "a long number": b'{"a": ' + nine_megabytes(b"9") + b"}",
    "a bare text": b'"' + nine_megabytes(b'x\\"y') + b'"',
    "a bare number": nine_megabytes(b"1"),
    "invalid UTF-8": b'{"text": "' + nine_megabytes(b"\xff") + b'"}',
}


@pytest.mark.parametrize("fat", OVERSIZED.values(), ids=OVERSIZED)
@pytest.mark.parametrize(("before", "after"), [(0, 3), pytest.param(500, 0, marks=pytest.mark.slow)])
def test_a_record_over_eight_megabytes_is_skipped_and_its_neighbours_are_kept(
    fat: bytes, before: int, after: int
) -> None:
    good = [b'{"n": %d, "s": "},{"}' % number for number in range(before + after)]
    body = b'{"trades": [' + b", ".join([*good[:before], fat, *good[before:]]) + b'], "serverTime": 1}'
    stream = RecordStream("trades")
    found = [raw for at in range(0, len(body), 65_536) for _, raw in stream.feed(body[at : at + 65_536])]
    left, envelope = stream.finish()
    assert found + [raw for _, raw in left] == good
    assert set(envelope) == {"serverTime"}
    [skipped] = stream.take_oversized()
    assert skipped.size_bytes == len(fat)
    assert (skipped.beginning, len(skipped.beginning)) == (fat[:16_384], 16_384)
    assert stream.take_oversized() == []
    assert "has 9.0 MB, more than the limit of 8 MB" in skipped.describe(8 * 1_048_576)


@settings(max_examples=120)
@given(st.lists(VALUES, min_size=1, max_size=6), st.sampled_from(LAYOUTS), st.integers(1, 60))
def test_the_end_of_an_oversized_value_is_found_for_any_chunking(
    values: list[Any], layout: dict[str, Any], step: int
) -> None:
    """A limit of a few bytes: each longer value is skipped, each shorter one is kept."""
    body = json.dumps({"trades": values}, **layout).encode()
    whole = records(body)
    limit, json_stream.MAX_RECORD_BYTES = json_stream.MAX_RECORD_BYTES, 12
    eager, json_stream._STEP_BYTES = json_stream._STEP_BYTES, 1
    try:
        stream = RecordStream("trades")
        found = [raw for at in range(0, len(body), step) for _, raw in stream.feed(body[at : at + step])]
        assert found + [raw for _, raw in stream.finish()[0]] == [raw for raw in whole if len(raw) <= 12]
        sizes = [skipped.size_bytes for skipped in stream.take_oversized()]
        assert sizes == [len(raw) for raw in whole if len(raw) > 12]
    finally:
        json_stream.MAX_RECORD_BYTES, json_stream._STEP_BYTES = limit, eager
