"""Decoding Hyperliquid's bodies: exact decimals, rejects, malformed bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.hyperliquid.decoder import InfoDecoder, market_of
from nof1tui.sources.hyperliquid.schema import FillWire, FundingWire, OrderWire, StateWire
from tests.support.info_server import START, fill, position, state

D = Decimal


def reading(kind: str, body: Any) -> InfoDecoder:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InfoDecoder(kind, data, START)


def test_a_state_is_read_with_every_position_and_its_own_time() -> None:
    decoded = reading(
        "clearinghouseState",
        state("1000.5", position("BTC", "-0.25"), position("xyz:NVDA", "3.0"), at=START),
    ).parse_state()
    assert (decoded.at, decoded.value_usd) == (START, D("1000.5"))
    assert [(each.wire.coin, each.wire.szi) for each in decoded.positions] == [
        ("BTC", D("-0.25")),
        ("xyz:NVDA", 3),
    ]


def test_a_state_without_a_time_has_the_one_it_was_fetched_at() -> None:
    assert reading("clearinghouseState", state("1")).parse_state().at == START


def test_one_bad_position_does_not_affect_the_others() -> None:
    read = reading(
        "clearinghouseState",
        state("1", position("BTC", "NaN"), position("ETH", "1"), position("", "1"), position("SOL", "1e400")),
    )
    assert [each.wire.coin for each in read.parse_state().positions] == ["ETH"]
    assert [reject.reason.split(":")[0] for reject in read.rejects] == ["szi", "coin", "szi"]


def test_a_new_key_is_kept_and_reported_once() -> None:
    read = reading("clearinghouseState", state("1", position("BTC", "1", novelty=7), surprise=[1]))
    decoded = read.parse_state()
    assert (decoded.extra, decoded.positions[0].extra) == ('{"surprise":[1]}', '{"novelty":7}')
    assert {drift.field for drift in read.drift.take_new()} == {"state.surprise", "holding.novelty"}


def test_a_number_in_place_of_a_decimal_string_is_decoded() -> None:
    assert reading("userFillsByTime", [fill(1, "2", "0", at_s=0, px=7)]).parse_fills()[0].price == 7


@pytest.mark.parametrize(
    "change",
    [
        {"px": "NaN"},
        {"px": "0"},
        {"sz": "-1"},
        {"sz": None},
        {"side": "C"},
        {"time": "soon"},
        {"time": 5},
        {"time": -1},
        {"coin": ""},
        {"coin": "x" * 300},
        {"oid": 2**70},
        {"startPosition": "1e99"},
        {"fee": {}},
    ],
    ids=str,
)
def test_an_impossible_fill_is_rejected_with_the_reason(change: dict[str, Any]) -> None:
    read = reading("userFillsByTime", [fill(1, "1", "0", at_s=0) | change, fill(2, "1", "1", at_s=1)])
    assert [each.tid for each in read.parse_fills()] == [2]
    (reject,) = read.rejects
    assert reject.endpoint == "userFillsByTime"
    assert reject.reason
    assert '"tid"' in reject.raw


def test_a_fill_has_size_fee_and_liquidation() -> None:
    (liquidated,) = reading(
        "userFillsByTime",
        [fill(3, "-2", "5", at_s=0, closedPnl="-1.5", fee="-0.001", liquidation={"method": "market"})],
    ).parse_fills()
    assert (liquidated.signed_size, liquidated.end_position, liquidated.closed_pnl) == (-2, 3, D("-1.5"))
    assert (liquidated.fee, liquidated.liquidation) == (D("-0.001"), True)


@pytest.mark.parametrize(("user", "own"), [("0xAbC", True), ("0xdef", False)])
def test_only_the_wallet_that_was_liquidated_is_marked_so(user: str, own: bool) -> None:
    liquidation = {"liquidatedUser": user, "markPx": "100.0", "method": "market"}
    read = reading("userFillsByTime", [fill(3, "-2", "5", at_s=0, liquidation=liquidation)])
    read.wallet = "0xabc"
    assert read.parse_fills()[0].liquidation is own


def test_a_fee_in_another_token_counts_as_zero() -> None:
    (paid,) = reading("userFillsByTime", [fill(1, "1", "0", at_s=0, feeToken="HYPE", fee="3")]).parse_fills()
    assert paid.fee == 0


@pytest.mark.parametrize(
    ("read", "body", "message"),
    [
        (InfoDecoder.parse_state, None, "it is empty"),
        (InfoDecoder.parse_state, [], "a wallet's state"),
        (InfoDecoder.parse_state, {"assetPositions": []}, "marginSummary"),
        (InfoDecoder.parse_fills, {}, "a list of fills"),
        (InfoDecoder.parse_fills, None, "it is empty"),
        (InfoDecoder.parse_orders, "no", "a list of orders"),
        (InfoDecoder.parse_mids, [], "prices by coin"),
        (InfoDecoder.parse_portfolio, {"day": 1}, "a portfolio"),
        (InfoDecoder.parse_fills, b"<html>challenge</html>", "a list of fills"),
    ],
)
def test_a_wrong_body_is_malformed_with_the_reason(
    read: Callable[[InfoDecoder], object], body: Any, message: str
) -> None:
    with pytest.raises(SourceMalformed, match=message) as malformed:
        read(reading("kind", body))
    assert malformed.value.reject is not None


def test_spot_pairs_are_left_out_and_a_bad_price_is_rejected() -> None:
    read = reading("allMids", {"BTC": "1.5", "@107": "3", "PURR/USDC": "1", "ETH": "0", "SOL": "NaN"})
    assert read.parse_mids() == {"BTC": D("1.5")}
    assert len(read.rejects) == 2


@pytest.mark.parametrize(("coin", "market"), [("BTC", ""), ("xyz:NVDA", "xyz"), ("", "")])
def test_the_market_is_the_prefix_of_the_coin(coin: str, market: str) -> None:
    assert market_of(coin) == market


def test_recorded_bodies_are_decoded_whole(recordings: Path) -> None:
    """Every value of a recorded body is in what was decoded of it."""

    def body(name: str) -> bytes:
        return (recordings / "hyperliquid" / f"{name}.json").read_bytes()

    raw = json.loads(body("clearinghouseState"))
    assert _same(msgspec.json.decode(body("clearinghouseState"), type=StateWire), raw)
    read = InfoDecoder("clearinghouseState", body("clearinghouseState"), START)
    held = read.parse_state().positions
    for each, asset in zip(held, raw["assetPositions"], strict=True):
        assert _same(each.wire, asset["position"])
    for name, kind in (
        ("userFillsByTime", FillWire),
        ("frontendOpenOrders", OrderWire),
        ("userFunding", FundingWire),
    ):
        for item in json.loads(body(name)):
            assert _same(msgspec.json.decode(json.dumps(item).encode(), type=kind), item), name
    portfolio = InfoDecoder("portfolio", body("portfolio"), START).parse_portfolio()
    for period, item in json.loads(body("portfolio")):
        assert _same(portfolio[period], item)
    fills = InfoDecoder("userFillsByTime", body("userFillsByTime"), START)
    assert len(fills.parse_fills()) == 500
    assert read.rejects == fills.rejects == []
    assert fills.drift.new == {}


def _same(wire: msgspec.Struct, raw: dict[str, Any]) -> bool:
    """Whether everything in the raw object came through; decimals by value."""
    decoded = msgspec.json.decode(msgspec.json.encode(wire))
    return all(_equal(decoded.get(key), value) for key, value in raw.items())


def _equal(ours: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(ours, dict) and all(_equal(ours.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(ours) == len(expected) and all(map(_equal, ours, expected))
    try:
        return D(str(ours)) == D(str(expected))
    except ArithmeticError:
        return bool(ours == expected)


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1e308, "", "NaN", "-Infinity", "1,5", "1e999999", [], {}, [[]], {"a": {}}),
    *("\x1b]52;c;x\x07", "\u202e", "x" * 5_000, 2**63, "٣", "0x10", "1_000"),
)
GOOD: tuple[tuple[Callable[[InfoDecoder], object], Any], ...] = (
    (InfoDecoder.parse_state, state("1", position("BTC", "1"), position("ETH", "-2"))),
    (InfoDecoder.parse_fills, [fill(1, "1", "0", at_s=0), fill(2, "-1", "1", at_s=1)]),
    (
        InfoDecoder.parse_funding,
        [{"time": 1_770_000_000_000, "delta": {"coin": "BTC", "usdc": "1"}, "hash": "0x"}],
    ),
    (
        InfoDecoder.parse_orders,
        [{"coin": "BTC", "oid": 1, "side": "A", "orderType": "Stop Market", "triggerPx": "1"}],
    ),
    (InfoDecoder.parse_mids, {"BTC": "1", "ETH": "2"}),
    (
        InfoDecoder.parse_portfolio,
        [["day", {"accountValueHistory": [[1, "2"]], "pnlHistory": [[1, "0"]], "vlm": "0"}]],
    ),
    (InfoDecoder.parse_role, {"role": "user"}),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(len(GOOD))), st.randoms(use_true_random=False))
def test_any_body_is_decoded_rejected_or_malformed(which: int, chance: Random) -> None:
    read, body = GOOD[which]
    mutated = _mutated(json.loads(json.dumps(body)), chance)
    data = bytearray(json.dumps(mutated, ensure_ascii=False).encode("utf-8", "replace"))
    for _ in range(chance.choice([0, 0, 1, 3])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    asked = reading("kind", bytes(data))
    with suppress(SourceMalformed):
        read(asked)
    assert all(reject.reason for reject in asked.rejects)


def _mutated(value: Any, chance: Random) -> Any:
    """With one of its values in another shape."""
    if chance.random() < 0.2:
        return chance.choice(ODD)
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value))
        return {**value, key: _mutated(value[key], chance)}
    if isinstance(value, list) and value:
        place = chance.randrange(len(value))
        return [*value[:place], _mutated(value[place], chance), *value[place + 1 :]]
    return chance.choice(ODD)
