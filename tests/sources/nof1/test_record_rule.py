"""The record rule: an unusable optional field never costs the record, and is never lost in silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.batch import Batch
from tests.support.arena_server import wire_decision, wire_position, wire_row, wire_trade
from tests.support.decoding import AT, INCEPTION, NOW, changes, decoded

Json = dict[str, Any]
MOMENT = datetime(2025, 10, 28, 6, 59, 57, 301000, tzinfo=UTC)


def samples() -> dict[str, Json]:
    held = wire_position("BTC", 0.13, mark=106_969.5, entry_time=AT - 7200.5)
    inception = {"model_id": "m", "inception_date": INCEPTION, "nav_since_inception": 10_000, "id": "x"}
    return {
        "account-totals": wire_row("m", 10_305.0, at=AT, inception=INCEPTION, positions=[held]),
        "trades": wire_trade("m", "ETH", 10.0, exit_at=AT, number=1),
        "conversations": wire_decision("m", "Holding.", at=AT),
        "crypto-prices": {"symbol": "BTC", "price": 114_101.5, "timestamp": AT * 1000},
        "analytics": {"id": "m", "model_id": "m", "updated_at": AT, "signals_breakdown_table": {"n": 1}},
        "since-inception-values": inception,
    }


def sample(endpoint: str, **values: Any) -> Batch:
    return decoded(endpoint, samples()[endpoint] | values)


def only(batch: Batch) -> Any:
    """The only record of a batch without rejects."""
    assert not batch.rejects, batch.rejects
    kinds = (batch.accounts, batch.trades, batch.decisions, batch.prices, batch.analytics, batch.inceptions)
    (record,) = (record for kind in kinds for record in kind)
    return record


@pytest.mark.parametrize(
    ("endpoint", "field", "value", "attribute", "expected"),
    [
        ("account-totals", "realized_pnl", "-12.5", "realized_usd", -12.5),
        ("account-totals", "realized_pnl", " 1e3 ", "realized_usd", 1_000.0),
        ("account-totals", "realized_pnl", "", "realized_usd", None),
        ("account-totals", "sharpe_ratio", "NaN", "sharpe_reported", None),
        ("account-totals", "since_inception_hourly_marker", "12", "hourly_marker", 12),
        ("account-totals", "since_inception_hourly_marker", 12.0, "hourly_marker", 12),
        ("account-totals", "timestamp", AT * 1_000, "observed_at", MOMENT),
        ("account-totals", "timestamp", AT * 1_000_000, "observed_at", MOMENT),
        ("account-totals", "timestamp", int(AT * 1_000) * 1_000_000, "observed_at", MOMENT),
        ("account-totals", "timestamp", "1761634797.301", "observed_at", MOMENT),
        ("account-totals", "timestamp", "2025-10-28T06:59:57.301Z", "observed_at", MOMENT),
        ("account-totals", "timestamp", "2025-10-28 06:59:57.301", "observed_at", MOMENT),
        ("account-totals", "timestamp", "2025-10-28T07:59:57.301000000+01:00", "observed_at", MOMENT),
        ("trades", "entry_time", "0001-01-01T00:00:00Z", "entry_at", None),
        ("trades", "entry_time", 0, "entry_at", None),
        ("trades", "entry_time", None, "entry_at", None),
        ("trades", "entry_price", 0, "entry_price", None),
        ("trades", "entry_oid", 0, "entry_oid", None),
        ("trades", "entry_oid", "213881537577", "entry_oid", 213_881_537_577),
        ("trades", "id", 17, "id", "17"),
        ("conversations", "id", 17, "id", "17"),
        ("conversations", "run_id", 20251022131105, "run_id", "20251022131105"),
        ("conversations", "cycle_id", "7", "cycle", 7),
        ("crypto-prices", "price", "114101.5", "price", 114_101.5),
        ("crypto-prices", "timestamp", 0, "observed_at", MOMENT),
        ("crypto-prices", "timestamp", AT, "observed_at", MOMENT),
        ("since-inception-values", "nav_since_inception", "50000", "capital_usd", 50_000.0),
    ],
)
def test_a_value_in_another_form_is_read(
    endpoint: str, field: str, value: Any, attribute: str, expected: object
) -> None:
    batch = sample(endpoint, **{field: value})
    assert getattr(only(batch), attribute) == expected
    if value not in (0, None) and field != "run_id":
        assert batch.coerced == 1
        assert any(name.endswith(f".{field}") for name, _ in changes(batch))


@pytest.mark.parametrize(
    ("endpoint", "field", "value", "attribute"),
    [
        ("account-totals", "realized_pnl", {"usd": 1}, "realized_usd"),
        ("account-totals", "realized_pnl", "lots", "realized_usd"),
        ("account-totals", "realized_pnl", True, "realized_usd"),
        ("account-totals", "since_inception_hourly_marker", 2**40, "hourly_marker"),
        ("account-totals", "since_inception_hourly_marker", 1.5, "hourly_marker"),
        ("trades", "quantity", [0.5], "quantity"),
        ("trades", "exit_oid", "0xabc", "exit_oid"),
        ("trades", "entry_time", "yesterday", "entry_at"),
        ("conversations", "inserted_at", "soon", "inserted_at"),
        ("conversations", "cycle_id", 2**70, "cycle"),
    ],
)
def test_an_unusable_optional_value_is_left_out_and_kept_beside_the_record(
    endpoint: str, field: str, value: Any, attribute: str
) -> None:
    batch = sample(endpoint, **{field: value})
    record = only(batch)
    assert getattr(record, attribute) is None
    assert json.loads(record.extra)[field] == value
    assert [change for name, change in changes(batch) if name.endswith(f".{field}")] != []


@pytest.mark.parametrize(
    ("endpoint", "field", "value", "attribute"),
    [
        ("trades", "entry_price", -4_000, "entry_price"),
        ("trades", "entry_time", AT + 60, "entry_at"),
        ("trades", "entry_time", 1e9, "entry_at"),
        ("conversations", "inserted_at", 1e9, "inserted_at"),
    ],
)
def test_a_value_that_cannot_be_true_is_left_out_and_marked(
    endpoint: str, field: str, value: float, attribute: str
) -> None:
    batch = sample(endpoint, **{field: value})
    assert getattr(only(batch), attribute) is None
    assert any(name.endswith(f".{field}") and "left out" in change for name, change in changes(batch))


@pytest.mark.parametrize(
    ("endpoint", "values", "reason"),
    [
        ("account-totals", {"timestamp": 0}, "timestamp"),
        ("account-totals", {"timestamp": None}, "timestamp: missing"),
        ("account-totals", {"timestamp": 1_199_145_600}, "between 2009 and 2100"),
        ("account-totals", {"model_id": None, "id": None}, "model_id"),
        ("account-totals", {"dollar_equity": None}, "dollar_equity"),
        ("trades", {"exit_time": 0}, "exit_time"),
        ("trades", {"model_id": ""}, "model_id"),
        ("trades", {"symbol": None}, "symbol"),
        ("conversations", {"timestamp": 0, "inserted_at": 0}, "timestamp"),
        ("conversations", {"model_id": None}, "model_id"),
        ("crypto-prices", {"price": 0}, "price: 0.0 is not above 0"),
        ("crypto-prices", {"price": -1}, "price: -1.0 is not above 0"),
        ("analytics", {"updated_at": None}, "updated_at"),
        ("since-inception-values", {"inception_date": 0}, "inception_date"),
    ],
)
def test_a_record_is_quarantined_without_what_identifies_or_dates_it(
    endpoint: str, values: Json, reason: str
) -> None:
    batch = sample(endpoint, **values)
    assert batch.size == 0
    (reject,) = batch.rejects
    assert reason in reject.reason


@pytest.mark.parametrize(
    ("endpoint", "field", "other", "attribute"),
    [
        ("account-totals", "dollar_equity", "dollarEquity", "equity_usd"),
        ("account-totals", "dollar_equity", "equity", "equity_usd"),
        ("account-totals", "model_id", "trader_id", "account"),
        ("account-totals", "timestamp", "updated_at", "observed_at"),
        ("trades", "exit_time", "exitTime", "exit_at"),
        ("trades", "realized_net_pnl", "net_pnl", "net_usd"),
        ("trades", "realized_gross_pnl", "gross_pnl", "gross_usd"),
        ("trades", "total_commission_dollars", "fees", "fees_usd"),
        ("trades", "symbol", "coin", "coin"),
        ("conversations", "cot_trace_summary", "cotTraceSummary", "summary"),
        ("conversations", "timestamp", "created_at", "at"),
        ("crypto-prices", "price", "mid", "price"),
        ("since-inception-values", "nav_since_inception", "initial_balance", "capital_usd"),
    ],
)
def test_a_field_under_another_key_is_read_and_marked(
    endpoint: str, field: str, other: str, attribute: str
) -> None:
    wire = samples()[endpoint]
    expected = getattr(only(decoded(endpoint, wire)), attribute)
    wire[other] = wire.pop(field)
    batch = decoded(endpoint, wire)
    assert getattr(only(batch), attribute) == expected
    assert any(change == f"read as {field}" for _, change in changes(batch))


def test_the_contracts_key_is_preferred_to_another_one() -> None:
    batch = sample("trades", net_pnl=5.0)
    assert only(batch).net_usd == 10.0
    assert json.loads(only(batch).extra)["net_pnl"] == 5.0


@pytest.mark.parametrize("value", ["none", 5, True])
def test_positions_of_an_unusable_shape_go_to_quarantine_and_the_row_stays(value: Any) -> None:
    batch = sample("account-totals", positions=value)
    assert [row.positions for row in batch.accounts] == [()]
    assert "neither a list nor an object" in batch.rejects[0].reason


def test_positions_are_read_from_an_object_a_list_or_alone() -> None:
    held = samples()["account-totals"]["positions"]["BTC"]
    expected = only(sample("account-totals")).positions
    assert len(expected) == 1
    for shape in ([held], {"1": held}, held):
        assert only(sample("account-totals", positions=shape)).positions == expected


def test_a_position_of_size_0_is_not_a_position() -> None:
    batch = sample("account-totals", positions={"ETH": wire_position("ETH", 0, mark=1.0)})
    assert only(batch).positions == ()
    assert ("position.quantity", "left out: 0 is not a position") in changes(batch)


def test_a_second_position_in_a_coin_goes_to_quarantine() -> None:
    held = [wire_position("ETH", 1.0, mark=4_000.0), wire_position("ETH", -2.0, mark=4_000.0)]
    batch = sample("account-totals", positions=held)
    assert [position.quantity for position in batch.accounts[0].positions] == [1.0]
    assert "a second position in one coin" in batch.rejects[0].reason


def test_a_decision_is_dated_by_its_insertion_where_it_has_no_time() -> None:
    batch = sample("conversations", timestamp=None, inserted_at=AT)
    assert only(batch).at == MOMENT
    assert ("decision.timestamp", "missing: inserted_at in its place") in changes(batch)


def test_signals_keep_what_can_be_used_in_any_shape() -> None:
    answers: list[Any] = [
        {"BTC": {"signal": "hold", "quantity": "0.5", "leverage": "20x"}},
        [{"coin": "BTC", "action": "hold", "quantity": 0.5}],
        {"BTC": {"signal": "hold", "quantity": 0.5, "leverage": [20]}},
    ]
    for answer in answers:
        (signal,) = only(sample("conversations", llm_response=answer)).signals
        assert (signal.coin, signal.action, signal.quantity, signal.leverage) == ("BTC", "hold", 0.5, None)


def test_numbers_as_text_in_the_tables_of_statistics_become_numbers() -> None:
    batch = sample("analytics", signals_breakdown_table={"total_signals": "12", "name": "x"})
    assert json.loads(only(batch).tables)["signals_breakdown_table"] == {"total_signals": 12.0, "name": "x"}
    assert ("analytics.signals_breakdown_table", "numbers as text") in changes(batch)


def test_flags_are_read_as_0_and_1() -> None:
    assert only(sample("trades", exit_crossed=1)).extra == only(sample("trades", exit_crossed=True)).extra
    assert only(sample("trades", exit_crossed="false")).extra == '{"exit_crossed":false}'


def test_prices_are_read_as_bare_numbers() -> None:
    batch = decoded("crypto-prices", prices={"BTC": 102_000, "ETH": "3100.5"})
    assert {price.coin: price.price for price in batch.prices} == {"BTC": 102_000.0, "ETH": 3_100.5}
    assert {price.observed_at for price in batch.prices} == {MOMENT}


ODD = st.sampled_from(
    [None, True, False, 0, -1, 1e308, 10**30, "", "null", "NaN", "1.5", "1,5", "0x1", [], {}, [[]], "\x00"]
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(samples())), st.data())
def test_no_optional_field_costs_the_record(endpoint: str, data: st.DataObject) -> None:
    needed = {"id", "model_id", "timestamp", "dollar_equity", "exit_time", "symbol", "price", "updated_at"}
    needed |= {"inception_date", "positions"}
    wire = samples()[endpoint]
    optional = sorted(wire.keys() - needed)
    for key in (
        data.draw(st.lists(st.sampled_from(optional), min_size=1, max_size=6, unique=True))
        if optional
        else ()
    ):
        wire[key] = data.draw(ODD)
    batch = decoded(endpoint, wire)
    assert batch.size == 1
    assert batch.rejects == ()
    assert batch.newest_at is not None
    assert batch.newest_at <= NOW
