"""Envelopes of other servers: empty lists as null, other keys, single objects, times in other units."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.endpoints import (
    ENVELOPE_KEY_BY_ENDPOINT,
    OTHER_ENVELOPE_KEYS,
    detect_endpoint,
    endpoint_of_name,
)
from tests.support.arena_server import wire_trade
from tests.support.decoding import AT, changes, decoded_body

TRADE = wire_trade("m", "ETH", 10.0, exit_at=AT, number=1)
OTHER = wire_trade("m", "BTC", 20.0, exit_at=AT - 60, number=2)
PRICE = {"symbol": "BTC", "price": 102_000, "timestamp": AT * 1_000}


def ids(batch: Batch) -> list[str]:
    assert not batch.rejects, batch.rejects
    return [trade.id for trade in batch.trades]


@pytest.mark.parametrize("endpoint", sorted(ENVELOPE_KEY_BY_ENDPOINT))
@pytest.mark.parametrize("nothing", [None, [], {}])
def test_null_and_empty_shapes_are_nothing(endpoint: str, nothing: Any) -> None:
    key = ENVELOPE_KEY_BY_ENDPOINT[endpoint]
    for body in ({key: nothing}, {key: nothing, "serverTime": AT * 1_000}, {"success": True, key: nothing}):
        batch = decoded_body(endpoint, body)
        assert (batch.size, batch.rejects) == (0, ())


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ({"trades": [TRADE, OTHER]}, None),
        ({"ok": {"a": [1]}, "trades": [TRADE, OTHER]}, None),
        ({"closedTrades": [TRADE, OTHER]}, ("envelope.closedTrades", "read as trades")),
        ({"data": [TRADE, OTHER], "serverTime": AT * 1_000}, ("envelope.data", "read as trades")),
        ({"data": {"trades": [TRADE, OTHER]}}, ("envelope.trades", "inside another object")),
        ({"result": {"items": [TRADE, OTHER]}}, ("envelope.items", "inside another object")),
        ([TRADE, OTHER], ("envelope.trades", "a list without an envelope")),
        ({"trades": {"a": TRADE, "b": OTHER}}, ("envelope.trades", "an object in place of a list")),
    ],
)
def test_records_are_found_in_other_shapes_and_marked(body: Any, mark: tuple[str, str] | None) -> None:
    batch = decoded_body("trades", body)
    assert ids(batch) == [TRADE["id"], OTHER["id"]]
    assert mark is None or mark in changes(batch)


@pytest.mark.parametrize("endpoint", sorted(OTHER_ENVELOPE_KEYS))
def test_every_other_key_of_an_endpoint_is_known(endpoint: str) -> None:
    for key in OTHER_ENVELOPE_KEYS[endpoint]:
        assert (f"envelope.{key}", f"read as {ENVELOPE_KEY_BY_ENDPOINT[endpoint]}") in changes(
            decoded_body(endpoint, {key: []})
        )


def test_a_single_object_is_one_record() -> None:
    batch = decoded_body("trades", {"trades": TRADE})
    assert ids(batch) == [TRADE["id"]]
    assert ("envelope.trades", "a single record") in changes(batch)


@pytest.mark.parametrize("prices", [{"BTC": PRICE}, [PRICE], PRICE, {"BTC": 102_000}])
def test_prices_are_read_by_coin_in_a_list_or_alone(prices: Any) -> None:
    batch = decoded_body("crypto-prices", {"prices": prices, "serverTime": AT * 1_000})
    assert [(price.coin, price.price) for price in batch.prices] == [("BTC", 102_000.0)]
    assert not batch.rejects


def test_the_contracts_key_is_preferred_to_the_others() -> None:
    assert ids(decoded_body("trades", {"data": [OTHER], "trades": [TRADE]})) == [TRADE["id"]]


@pytest.mark.parametrize(
    ("key", "value", "mark"),
    [
        ("serverTime", 1761634797301, None),
        ("serverTime", 1761634797.301, ("envelope.serverTime", "seconds, not milliseconds")),
        ("serverTime", "2025-10-28T06:59:57.301Z", ("envelope.serverTime", "Expected int, got str")),
        ("serverTime", "1761634797301", ("envelope.serverTime", "Expected int, got str")),
        ("server_time", 1761634797301, ("envelope.server_time", "read as serverTime")),
    ],
)
def test_the_time_of_a_body_is_read_in_any_unit(key: str, value: Any, mark: tuple[str, str] | None) -> None:
    batch = decoded_body("trades", {"trades": [], key: value})
    assert batch.made_at == datetime(2025, 10, 28, 6, 59, 57, 301000, tzinfo=UTC)
    assert changes(batch) == ({mark} if mark else set())


@pytest.mark.parametrize("value", [None, 0, -1, True, "soon", [], 1e300, "\ud800"])
def test_a_body_without_a_usable_time_has_none(value: Any) -> None:
    batch = decoded_body("trades", {"trades": [TRADE], "serverTime": value})
    assert (batch.made_at, ids(batch)) == (None, [TRADE["id"]])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"message": "gone", "positions": []}, "'message', 'positions' (gone)"),
        ({"error": "no such arena"}, "'error' (no such arena)"),
        ({"success": False, "error": {"code": 7}}, "'success', 'error'"),
        ({}, "no keys"),
        ({"trades": 5}, "'trades' has an unexpected shape"),
        ({"trades": "none"}, "'trades' has an unexpected shape"),
        ([1, 2], "not a JSON object"),
        ([], "not a JSON object"),
    ],
)
def test_an_unknown_envelope_names_what_was_found(body: Any, found: str) -> None:
    with pytest.raises(SourceMalformed) as caught:
        decoded_body("trades", body)
    assert found in str(caught.value)


def test_a_hostile_message_of_the_server_cannot_write_to_the_terminal() -> None:
    with pytest.raises(SourceMalformed) as caught:
        decoded_body("trades", {"error": "\x1b[2J" + "x" * 500})
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_one_bad_price_in_a_loose_body_costs_that_price_only() -> None:
    batch = decoded_body("crypto-prices", b'{"prices": {"A": {"price": NaN}, "B": {"price": 2.5}}}')
    assert [(price.coin, price.price) for price in batch.prices] == [("B", 2.5)]
    assert len(batch.rejects) == 1


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("account-totals", "account-totals"),
        ("account-totals-first", "account-totals"),
        ("analytics-gpt-5", "analytics"),
        ("tradesmen", None),
        ("leaderboard", None),
    ],
)
def test_the_endpoint_of_a_recorded_file_is_in_its_name(name: str, endpoint: str | None) -> None:
    assert endpoint_of_name(name) == endpoint


def test_the_endpoint_of_a_body_is_in_its_envelope() -> None:
    assert detect_endpoint(json.dumps({"trades": None}).encode()) == "trades"
    assert detect_endpoint(b'{"data": []}') is None
