"""Identities of records: stated ids, other keys, or what identifies a record; the same at every poll."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.batch import Batch
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.identities import IdentityRegister
from tests.support.arena_server import wire_decision, wire_row, wire_trade
from tests.support.builders import batch as batch_of
from tests.support.builders import board, key, trade
from tests.support.decoding import AT, INCEPTION, NOW, decoded

Json = dict[str, Any]


def trades(*records: Json, register: IdentityRegister | None = None) -> Batch:
    body = json.dumps({"trades": records}).encode()
    return decode_body("trades", body, fetched_at=NOW, roster=Roster(), identities=register)


def nameless(**values: Any) -> Json:
    """A trade without `id` and `trade_id`."""
    wire = wire_trade("m", "ETH", 10.0, exit_at=AT, number=1) | values
    return {field: value for field, value in wire.items() if field not in ("id", "trade_id")}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"id": "m_1"}, "m_1"),
        ({"id": 17}, "17"),
        ({"id": "m_1", "trade_id": "t"}, "m_1"),
        ({"trade_id": "crypto_000001"}, "crypto_000001"),
        ({"trade_id": 9}, "9"),
        ({"tradeId": "x"}, "x"),
        ({"id": "", "trade_id": "x"}, "x"),
        ({"id": None, "_id": "x"}, "x"),
    ],
)
def test_a_stated_id_is_kept_as_it_is(values: Json, expected: str) -> None:
    assert [found.id for found in trades(nameless() | values).trades] == [expected]


def test_nof1s_own_ids_are_never_changed() -> None:
    wire = [wire_trade(model, "ETH", 1.0, exit_at=AT, number=7) for model in ("gpt-5", "qwen3-max")]
    assert [found.id for found in trades(*wire).trades] == [record["id"] for record in wire]
    decisions = decoded("conversations", wire_decision("gpt-5", "s", at=AT)).decisions
    assert [found.id for found in decisions] == ["gpt-5_1761634797.301000"]


def test_a_trade_without_id_is_named_after_trader_coin_times_and_orders() -> None:
    (found,) = trades(nameless()).trades
    assert found.id == (
        "m_ETH_1761631197.051000_1761634797.301000_213881537577_214341494391_94208922751243_372512461843509"
        "_0.5_4000.0_4020.0"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"symbol": "BTC"},
        {"exit_time": AT + 1},
        {"entry_time": AT - 9},
        {"exit_oid": 5},
        {"exit_tid": 5},
        {"quantity": 0.25},
        {"orderId": "864"},
    ],
)
def test_trades_that_differ_in_what_identifies_them_are_two(values: Json) -> None:
    both = trades(nameless(), nameless() | values)
    assert len({found.id for found in both.trades}) == 2
    assert not both.rejects


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(4)), st.integers(1, 4))
def test_identities_are_the_same_whatever_else_a_poll_has_and_in_what_order(
    order: list[int], count: int
) -> None:
    records = [nameless(exit_time=AT - 10 * n, realized_net_pnl=float(n)) for n in range(4)]
    by_net = {found.net_usd: found.id for found in trades(*records).trades}
    later = trades(*(records[n] for n in order[:count])).trades
    assert {found.net_usd: found.id for found in later}.items() <= by_net.items()


def test_a_result_that_is_corrected_later_keeps_its_identity() -> None:
    first, second = (trades(nameless(realized_net_pnl=net)).trades[0] for net in (10.0, 9.5))
    assert first.id == second.id


def test_ids_numbered_per_trader_stay_apart_and_the_same_at_every_poll() -> None:
    register = IdentityRegister()
    one, other = nameless() | {"id": 17, "model_id": "a"}, nameless() | {"id": 17, "model_id": "b"}
    assert [found.id for found in trades(one, other, register=register).trades] == ["17", "b_17"]
    assert [found.id for found in trades(other, one, register=register).trades] == ["b_17", "17"]
    assert [found.id for found in trades(other, register=register).trades] == ["b_17"]


def test_the_owners_of_ids_are_known_after_a_restart() -> None:
    register = IdentityRegister()
    register.seed_from(
        board(Roster(), batch_of(Feed.TRADES, trades=(trade(id="17", account=key("a", "open")),)))
    )
    other = nameless() | {"id": 17, "model_id": "b"}
    assert [found.id for found in trades(other, register=register).trades] == ["b_17"]


def test_the_register_is_bounded() -> None:
    register = IdentityRegister()
    for number in range(60_000):
        register.resolve(str(number), key("a"))
    assert register.resolve("59999", key("b")) == "b_59999"
    assert register.resolve("1", key("b")) == "1"


def test_a_decision_without_id_is_named_after_trader_time_run_and_cycle() -> None:
    wire = wire_decision("m", "s", at=AT)
    del wire["id"]
    (found,) = decoded("conversations", wire).decisions
    assert found.id == "m_1761634797.301000_20251022131105_7"


def test_equal_records_are_one_and_contradictory_ones_are_not_silent() -> None:
    one = wire_trade("m", "ETH", 10.0, exit_at=AT, number=1)
    both = trades(one, one, one | {"realized_net_pnl": -500.0})
    assert [found.net_usd for found in both.trades] == [10.0]
    assert [reject.reason for reject in both.rejects] == [
        "contradicts another record of this body with the same identity"
    ]


def test_two_rows_of_one_account_and_time_that_differ_are_not_silent() -> None:
    one, other = (wire_row("m", equity, at=AT, inception=INCEPTION) for equity in (10_000.0, 11_000.0))
    both = decoded("account-totals", one, other, one)
    assert [row.equity_usd for row in both.accounts] == [10_000.0]
    assert len(both.rejects) == 1


def test_an_id_that_is_too_long_is_rejected() -> None:
    assert "longer than 200" in trades(nameless() | {"id": "x" * 201}).rejects[0].reason
