"""Decoding bodies of the nof1 API: documented shapes, quirks, invalid records."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.batch import Batch
from nof1tui.domain.records import AccountRow, Decision, ExitPlan, Trade
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.schema_drift import KnownDrift
from nof1tui.sources.nof1 import decoder
from nof1tui.sources.nof1.decoder import BodyDecoder, decode_body
from nof1tui.sources.nof1.endpoints import detect_endpoint
from nof1tui.sources.recording.files import find_recordings as recorded
from nof1tui.sources.recording.files import read_recording
from tests.support.arena_server import wire_decision, wire_position, wire_row, wire_trade
from tests.support.decoding import AT, INCEPTION, NOW, decoded


def row(**changes: Any) -> AccountRow:
    positions = changes.pop("held", [wire_position("BTC", 0.13, mark=106_969.5)])
    wire = wire_row("gpt-5", 10_305.0, at=AT, inception=INCEPTION, positions=positions)
    batch = decoded("account-totals", wire | changes)
    assert not batch.rejects, batch.rejects
    return batch.accounts[0]


def trade(**changes: Any) -> Trade:
    batch = decoded("trades", wire_trade("gpt-5", "ETH", 10.0, exit_at=AT, number=1) | changes)
    assert not batch.rejects, batch.rejects
    return batch.trades[0]


def decision(**changes: Any) -> Decision:
    batch = decoded("conversations", wire_decision("qwen3-max", "Holding.", at=AT) | changes)
    assert not batch.rejects, batch.rejects
    return batch.decisions[0]


def test_an_account_row_keeps_upstreams_figures_bit_by_bit() -> None:
    decoded_row = row(dollar_equity=13274.550869, cum_pnl_pct=32.746, sharpe_ratio=0.859)
    assert decoded_row.equity_usd == 13274.550869
    assert decoded_row.return_pct_reported == 32.746
    assert decoded_row.sharpe_reported == 0.859
    assert decoded_row.observed_at.timestamp() == pytest.approx(AT, abs=1e-6)
    assert decoded_row.account.trader == "gpt-5"


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"exit_plan": "N/A"}, "exit_plan", None),
        ({"exit_plan": {}}, "exit_plan", None),
        ({"exit_plan": {"profit_target": 2.2, "stop_loss": "1.5"}}, "exit_plan", ExitPlan(2.2, 1.5)),
        ({"liquidation_price": 0}, "liquidation_price", None),
        ({"leverage": 0}, "leverage", None),
        ({"tp_oid": -1}, "tp_oid", None),
        ({"entry_oid": 1_100_000_000_000_000}, "entry_oid", 1_100_000_000_000_000),
        ({"confidence": 0}, "confidence", 0.0),
        ({"quantity": "-7716"}, "quantity", -7716.0),
        ({"index_col": -1}, "extra", None),
        ({"slippage": 0.5, "brand_new": [1]}, "extra", '{"slippage":0.5,"brand_new":[1]}'),
        ({"exit_plan": [1]}, "extra", '{"exit_plan":[1]}'),
    ],
)
def test_a_position_with_the_contracts_quirks(changes: dict[str, Any], field: str, expected: object) -> None:
    held = wire_position("XRP", 100.0, mark=2.3) | changes
    (position,) = row(held=[held]).positions
    assert getattr(position, field) == expected


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"sharpe_ratio": None}, "sharpe_reported", None),
        ({"realized_pnl": "12.5"}, "realized_usd", 12.5),
        ({"since_inception_hourly_marker": 12.0}, "hourly_marker", 12),
        ({"timestamp": AT * 1000}, "observed_at", datetime(2025, 10, 28, 6, 59, 57, 301000, tzinfo=UTC)),
        ({"positions": None}, "positions", ()),
        ({"unknown": {"a": 1}}, "extra", '{"unknown":{"a":1}}'),
    ],
)
def test_an_account_row_with_the_contracts_quirks(
    change: dict[str, Any], field: str, expected: object
) -> None:
    assert getattr(row(**change), field) == expected


def test_sharpe_and_model_id_are_optional() -> None:
    wire = wire_row("buynhold_btc", 10_418.0, at=AT, inception=INCEPTION)
    del wire["sharpe_ratio"], wire["model_id"]
    (found,) = decoded("account-totals", wire).accounts
    assert (found.account.trader, found.sharpe_reported) == ("buynhold_btc", None)


def test_a_competition_is_part_of_the_account_key() -> None:
    assert row(competition="Monk Mode").account.slug == "gpt-5@Monk Mode"
    assert row(competition_id=2).account.competition == "2"


def test_a_position_without_a_quantity_goes_to_quarantine_and_the_row_stays() -> None:
    good, bad = wire_position("BTC", 0.1, mark=1.0), wire_position("ETH", 1, mark=1.0) | {"quantity": {}}
    batch = decoded(
        "account-totals", wire_row("gpt-5", 1.0, at=AT, inception=INCEPTION, positions=[good, bad])
    )
    assert [position.coin for position in batch.accounts[0].positions] == ["BTC"]
    assert "quantity" in batch.rejects[0].reason
    assert json.loads(batch.rejects[0].raw)["symbol"] == "ETH"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dollar_equity": None}, "dollar_equity"),
        ({"dollar_equity": "lots"}, "dollar_equity"),
        ({"timestamp": 0}, "timestamp"),
        ({"timestamp": -5e20}, "timestamp"),
        ({"model_id": " "}, "model_id"),
    ],
)
def test_an_invalid_record_is_rejected_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    bad = wire_row("gpt-5", 1.0, at=AT, inception=INCEPTION) | changes
    good = wire_row("qwen3-max", 2.0, at=AT, inception=INCEPTION)
    batch = decoded("account-totals", bad, good, 5, None, [])
    assert [found.account.trader for found in batch.accounts] == ["qwen3-max"]
    assert len(batch.rejects) == 4
    assert reason in batch.rejects[0].reason
    assert json.loads(batch.rejects[0].raw) == bad


def test_nan_costs_one_field_and_a_lone_surrogate_one_character() -> None:
    body = (
        b'{"trades": [{"id": "a", "exit_time": NaN, "symbol": "X", "model_id": "m"},'
        b'{"id": "b", "exit_time": 1761605381.192, "symbol": "X", "model_id": "m\\ud800"},'
        b'{"id": "c", "exit_time": 1761605381.192, "symbol": "X", "model_id": "m", "quantity": 1e999}]}'
    )
    batch = decode_body("trades", body, fetched_at=NOW, roster=Roster())
    assert [(found.id, found.account.trader, found.quantity) for found in batch.trades] == [
        ("b", "m?", None),
        ("c", "m", None),
    ]
    assert [reject.reason for reject in batch.rejects] == ["exit_time: not a finite number"]


def test_a_trade_keeps_the_reported_result_without_fillers() -> None:
    short = {"quantity": -2.2, "side": "short", "trade_type": "short"}
    found = trade(realized_net_pnl=-76.61359, total_commission_dollars=2.03359, **short)
    assert (found.net_usd, found.fees_usd, found.quantity, found.side) == (-76.61359, 2.03359, -2.2, "short")
    assert found.extra == '{"exit_crossed":true}'


def test_a_trimmed_trade_is_kept_with_its_missing_fields_empty() -> None:
    batch = decoded("trades", {"id": "t", "model_id": "gpt-5", "symbol": "SOL", "exit_time": 1762167605.595})
    assert batch.trades[0].net_usd is None
    assert not batch.rejects


@pytest.mark.parametrize(
    ("change", "reasoning"),
    [
        ({"cot_trace": "I think."}, "I think."),
        ({"cot_trace": {"BTC": {"signal": "hold"}}}, '{"BTC":{"signal":"hold"}}'),
        ({"cot_trace": None}, None),
        ({"cot_trace": 5}, "5"),
    ],
)
def test_reasoning_is_text_for_every_json_type(change: dict[str, Any], reasoning: str | None) -> None:
    texts = decision(**change).texts
    assert texts is not None
    assert texts.reasoning == reasoning


def test_an_answer_that_is_not_json_is_failed_with_its_text() -> None:
    found = decision(llm_response={"failed_json_response_raw_text": "First, I need"})
    assert found.answer_failed
    assert found.signals == ()
    assert found.texts is not None
    assert found.texts.answer == "First, I need"


def test_signals_of_another_shape_stay_in_the_answers_text() -> None:
    found = decision(llm_response={"BTC": {"signal": "buy_to_enter", "quantity": "0.5"}, "ETH": 7})
    assert [(signal.coin, signal.action, signal.quantity) for signal in found.signals] == [
        ("BTC", "buy_to_enter", 0.5)
    ]
    assert found.texts is not None
    assert '"ETH":7' in (found.texts.answer or "")


def test_prices_of_any_coin_are_decoded_and_a_bad_one_is_rejected() -> None:
    body = json.dumps(
        {
            "prices": {
                "BTC": {"price": 114101.5, "timestamp": 1761634822805},
                "XYZ:NVDA": {"price": 1},
                "BAD": {},
            },
            "serverTime": 1761634822805,
        }
    ).encode()
    batch = decode_body("crypto-prices", body, fetched_at=NOW, roster=Roster())
    assert {price.coin: price.price for price in batch.prices} == {"BTC": 114101.5, "XYZ:NVDA": 1.0}
    assert len({price.observed_at for price in batch.prices}) == 1
    assert len(batch.rejects) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"[]", "not a JSON object"),
        (b'{"trades": 5}', "trades"),
        (b'{"message": "gone", "positions": []}', "'message', 'positions'"),
        (b'{"trades": [', "not a JSON object"),
        (b"[" * 100_000, "not a JSON object"),
    ],
)
def test_a_wrong_envelope_is_malformed_as_a_whole(body: bytes, words: str) -> None:
    with pytest.raises(SourceMalformed, match=words):
        decode_body("trades", body, fetched_at=NOW, roster=Roster())


def test_schema_drift_is_reported_once() -> None:
    noticed = KnownDrift()

    def drift(*changes: dict[str, Any]) -> list[tuple[str, str, str]]:
        decoding = BodyDecoder("account-totals", NOW, Roster(), noticed)
        rows = [wire_row("m", 1.0, at=AT, inception=INCEPTION) | change for change in changes]
        decoding.feed(json.dumps({"accountTotals": rows, "surprise": 1}).encode())
        return [(item.field, item.change, item.sample) for item in decoding.finish().drift]

    first = drift({"funding": {"rate": 0.1}}, {"funding": 2}, {"dollar_equity": "7.5"})
    assert sorted(first) == [
        ("account.dollar_equity", "Expected float, got str", ""),
        ("account.funding", "new key", '{"rate": 0.1}'),
        ("envelope.surprise", "new key", ""),
    ]
    assert drift({"funding": 3}, {"dollar_equity": "8"}) == []


def test_a_malformed_body_reports_no_drift() -> None:
    noticed, body = KnownDrift(), json.dumps({"trades": [{"new": 1}]}).encode()
    broken = BodyDecoder("trades", NOW, Roster(), noticed)
    broken.feed(body[:-1])
    with pytest.raises(SourceMalformed):
        broken.finish()
    assert not noticed.keys


def test_the_number_of_records_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "MAX_BODY_REJECTS", 20)
    with pytest.raises(SourceMalformed, match="the limit of 20 cannot be decoded"):
        decoded("trades", *[{}] * 22)
    monkeypatch.setattr(decoder, "MAX_BODY_RECORDS", 5)
    with pytest.raises(SourceMalformed, match="more records than the limit of 5"):
        decoded("account-totals", *[wire_row("m", 1.0, at=AT, inception=INCEPTION)] * 6)


def test_the_endpoint_is_detected_from_the_envelope() -> None:
    assert detect_endpoint(b'{"serverTime": 1, "sinceInceptionValues": []}') == "since-inception-values"
    assert detect_endpoint(b'{"leaderboard": []}') is None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SAMPLES = {
    "account-totals": wire_row(
        "m", 1.0, at=AT, inception=INCEPTION, positions=[wire_position("B", 1, mark=2.0)]
    ),
    "trades": wire_trade("m", "B", 1.0, exit_at=AT, number=1),
    "conversations": wire_decision("m", "s", at=AT),
}


@settings(max_examples=150)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_any_mutation_of_a_record_is_decoded_or_rejected_and_never_lost(
    endpoint: str, data: st.DataObject
) -> None:
    record = json.loads(json.dumps(SAMPLES[endpoint]))
    target = record
    if endpoint == "account-totals" and data.draw(st.booleans()):
        target = record["positions"]["B"]
    for key in data.draw(st.lists(st.sampled_from(sorted(target)), min_size=1, max_size=4)):
        target[key] = data.draw(JSON_VALUES)
    batch = decoded(endpoint, record)
    kept = batch.size + len(batch.rejects)
    assert kept >= 1
    for found in batch.accounts:
        assert math.isfinite(found.equity_usd)


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_batch_or_malformed(body: bytes) -> None:
    with suppress(SourceMalformed):
        assert decode_body("trades", body, fetched_at=NOW, roster=Roster()).endpoint == "trades"


def test_the_recordings_decode_without_a_single_reject(recordings: Path, roster: Roster) -> None:
    rows: dict[object, AccountRow] = {}
    trades: set[str] = set()
    decisions: set[str] = set()
    for recording in recorded([recordings]):
        batch = read_recording(recording, roster)
        if not isinstance(batch, Batch):
            continue
        assert not batch.rejects, recording.path
        rows |= {(found.account, found.observed_at): found for found in batch.accounts}
        trades |= {found.id for found in batch.trades}
        decisions |= {found.id for found in batch.decisions}
    assert len(rows) == 21
    assert sum(len(found.positions) for found in rows.values()) == 81
    assert len(trades) == 269 + 2
    assert len(decisions) == 214
