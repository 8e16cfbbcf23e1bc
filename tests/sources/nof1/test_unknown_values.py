"""Values that mean "unknown" in other servers' records: read as unknown, and marked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nof1tui.domain.batch import Batch
from tests.support.arena_server import wire_decision, wire_position, wire_row, wire_trade
from tests.support.decoding import AT, INCEPTION, changes, decoded


def row_with(position: dict[str, Any]) -> Batch:
    return decoded(
        "account-totals", wire_row("m", 10_305.0, at=AT, inception=INCEPTION, positions=[position])
    )


@pytest.mark.parametrize(
    ("field", "attribute"),
    [("entry_time", "entry_at"), ("exit_price", "exit_price"), ("exit_tid", "exit_tid")],
)
def test_a_0_that_means_unknown_is_marked(field: str, attribute: str) -> None:
    batch = decoded("trades", wire_trade("m", "ETH", 10.0, exit_at=AT, number=1) | {field: 0})
    (trade,) = batch.trades
    assert getattr(trade, attribute) is None
    assert changes(batch) == {(f"trade.{field}", "0 taken as unknown")}


def test_zeros_of_a_position_are_marked_but_for_those_of_the_contract() -> None:
    zeros = {"entry_price": 0, "entry_time": 0, "sl_oid": 0, "liquidation_price": 0, "leverage": 0}
    batch = row_with(wire_position("BTC", 1.0, mark=5.0) | zeros)
    (held,) = batch.accounts[0].positions
    assert (held.entry_price, held.entry_at, held.sl_oid, held.liquidation_price) == (None,) * 4
    assert {place for place, _ in changes(batch)} == {
        "position.entry_price", "position.entry_time", "position.sl_oid",
    }  # fmt: skip


def test_a_nan_inside_a_position_costs_that_field_only_and_names_it() -> None:
    held = wire_position("BTC", 0.5, mark=5.0) | {"leverage": float("inf")}
    batch = row_with(held)
    (found,) = batch.accounts[0].positions
    assert (found.quantity, found.leverage) == (0.5, None)
    assert "position.leverage" in {place for place, _ in changes(batch)}


def test_an_answer_sent_as_text_of_json_is_read_and_marked() -> None:
    wire = wire_decision("m", "Holding.", at=AT)
    batch = decoded("conversations", wire | {"llm_response": json.dumps(wire["llm_response"])})
    (found,), (expected,) = batch.decisions, decoded("conversations", wire).decisions
    assert (found.signals, found.texts) == (expected.signals, expected.texts)
    assert ("decision.llm_response", "JSON as text") in changes(batch)
