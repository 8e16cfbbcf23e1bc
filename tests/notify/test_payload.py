"""The JSON document of an alert and its schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.notify.payload import MAX_PAYLOAD_TEXT_CHARS, build_alert_payload, encode_alert
from tests.support.alerts import alert
from tests.support.paths import SCHEMAS

SCHEMA = json.loads((SCHEMAS / "alert.json").read_text("utf-8"))


def assert_matches_schema(payload: dict[str, Any]) -> None:
    jsonschema.validate(payload, SCHEMA)


def test_every_key_is_present_with_the_type_of_the_schema() -> None:
    payload = build_alert_payload(alert())
    assert_matches_schema(payload)
    assert (payload["trader"], payload["season"], payload["at"]) == (
        "gpt-5",
        "s1",
        "2025-10-26T04:19:30.250000Z",
    )
    assert payload["text"] == "deep: GPT 5: return_pct -20.31% < -20.00%"
    assert_matches_schema(
        build_alert_payload(
            alert(subject=Subject(feed=Feed.PRICES), observed_at=None, metric=None, value=None)
        )
    )


@given(st.text(max_size=2_000), st.text(max_size=50))
def test_hostile_text_is_one_plain_line_of_ascii_json(text: str, coin: str) -> None:
    sent = encode_alert(alert(message=text, rule=text, subject=Subject(AccountKey(text, text, text), coin)))
    assert sent.isascii() and b"\n" not in sent and b"\x1b" not in sent
    payload = json.loads(sent)
    assert_matches_schema(payload)
    assert all(len(value) <= MAX_PAYLOAD_TEXT_CHARS for value in payload.values() if isinstance(value, str))
