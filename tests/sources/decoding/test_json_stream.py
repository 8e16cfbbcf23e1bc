"""Record boundaries: right for any JSON in any chunking, and for much invalid JSON."""

from __future__ import annotations

import json
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


def test_an_unterminated_record_is_rejected_at_the_limit() -> None:
    with pytest.raises(SourceMalformed, match="no record ends within 8 MB, the limit, after 1 records"):
        records(b'{"trades": [{}, "' + b"x" * 10_000_000, step=65_536)
