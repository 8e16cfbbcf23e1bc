"""The side of positions and trades: from words, signs, prices and P&L; in doubt, what the money proves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.records import Position, Side, Trade
from nof1tui.sources.nof1.sides import (
    MIN_NET_MOVE,
    find_side,
    side_proven_by,
    signed_quantity,
)
from tests.support.decoding import AT, changes, decoded

UP, DOWN = 110.0, 90.0
"""Exit prices of an entry at 100."""


@pytest.mark.parametrize(
    ("words", "quantity", "proven", "closed", "side", "in_doubt"),
    [
        ((None,), 1.0, None, True, "long", False),
        ((None,), -1.0, None, True, "short", False),
        (("long", "long"), 1.0, "long", True, "long", False),
        (("short", "short"), -1.0, "short", True, "short", False),
        (("short",), 1.0, None, True, "short", False),
        (("SHORT",), 1.0, "short", True, "short", False),
        ((" Long ",), 1.0, None, True, "long", False),
        (("close_short",), 1.0, None, True, "short", False),
        (("short",), None, None, True, "short", False),
        ((None,), None, None, True, None, False),
        ((None,), 0.0, None, True, None, False),
        ((None,), 1.0, "short", True, "short", True),
        ((None,), -1.0, "long", True, "long", True),
        (("long",), 1.0, "short", True, "short", True),
        (("short",), 1.0, "long", True, "long", True),
        (("short",), -1.0, "long", True, "long", True),
        (("long",), -1.0, None, True, "short", True),
        (("long",), -1.0, "long", True, "long", True),
        (("long", "short"), 1.0, None, True, "long", True),
        (("long", "short"), 1.0, "short", True, "short", True),
        (("buy",), 1.0, None, True, "long", False),
        (("SELL",), -1.0, None, True, "short", False),
        (("SELL",), 1.0, None, True, None, True),
        (("SELL",), 1.0, "short", True, "short", False),
        (("sell",), 1.0, "long", True, "long", False),
        (("sell",), 1.0, None, False, "short", False),
        (("buy",), 1.0, None, False, "long", False),
        (("sell", "long"), 1.0, None, True, "long", False),
        (("market",), 1.0, None, True, "long", False),
    ],
)
def test_the_side_is_what_is_stated_unless_the_money_proves_another(
    words: tuple[str | None, ...],
    quantity: float | None,
    proven: Side | None,
    closed: bool,
    side: Side | None,
    in_doubt: bool,
) -> None:
    finding = find_side(words, quantity, proven, closed=closed)
    assert (finding.side, finding.doubt is not None) == (side, in_doubt)


@pytest.mark.parametrize(
    ("quantity", "exit_price", "pnl", "side"),
    [
        (2.0, UP, 20.0, "long"),
        (-2.0, UP, 20.0, "long"),
        (2.0, UP, -20.0, "short"),
        (2.0, DOWN, 20.0, "short"),
        (2.0, DOWN, 19.7, "short"),
        (2.0, DOWN, 9.0, None),
        (2.0, DOWN, 200.0, None),
        (2.0, 100.2, 0.4, None),
        (2.0, UP, 0.0, None),
        (2.0, UP, None, None),
        (None, UP, 20.0, None),
        (2.0, None, 20.0, None),
    ],
)
def test_money_proves_a_side_where_it_is_about_the_price_change(
    quantity: float | None, exit_price: float | None, pnl: float | None, side: Side | None
) -> None:
    assert side_proven_by(quantity, 100.0, exit_price, pnl, min_move=MIN_NET_MOVE) == side


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([None, "long", "short", "LONG", "Short", "buy", "sell", "?"]),
    st.sampled_from([None, 0.0, 1.5, -1.5]),
    st.sampled_from([None, "long", "short"]),
    st.booleans(),
)
def test_the_money_always_wins_and_a_contradiction_is_never_silent(
    word: str | None, quantity: float | None, proven: Side | None, closed: bool
) -> None:
    finding = find_side((word,), quantity, proven, closed=closed)
    if proven is not None:
        assert finding.side == proven
    stated = {"long": 1, "short": -1}.get((word or "").lower())
    shown = {"long": 1, "short": -1, None: 0}[finding.side]
    if (stated not in (None, shown)) or (quantity is not None and quantity < 0 and finding.side != "short"):
        assert finding.doubt is not None
    if quantity:
        assert signed_quantity(quantity, finding.side) == (shown or (1 if quantity > 0 else -1)) * 1.5


def trade(**values: Any) -> tuple[Trade, set[tuple[str, str]]]:
    wire = {
        "id": "m_1", "model_id": "m", "symbol": "ETH", "entry_price": 3_100, "exit_price": 3_000,
        "entry_time": AT - 60, "exit_time": AT,
    }  # fmt: skip
    batch = decoded("trades", wire | values)
    assert not batch.rejects
    return batch.trades[0], changes(batch)


def test_an_unsigned_short_trade_is_short() -> None:
    found, marks = trade(side="short", quantity=1.5, realized_net_pnl=149.1)
    assert (found.side, found.quantity) == ("short", -1.5)
    assert marks == {("trade.quantity", "unsigned, with the side in words")}


def test_a_trade_whose_words_contradict_its_money_is_kept_with_both() -> None:
    found, marks = trade(side="long", quantity=1.5, realized_net_pnl=149.1)
    assert (found.side, found.quantity, found.net_usd) == ("short", -1.5, 149.1)
    assert json.loads(found.extra or "") == {"side": "long", "quantity": 1.5}
    assert ("trade.side", "in doubt: words: long; quantity: positive; P&L: short") in marks


def test_a_sell_without_money_leaves_the_side_open() -> None:
    found, marks = trade(side="SELL", quantity=0.05, entry_price=None, realized_net_pnl=0)
    assert (found.side, found.quantity) == (None, 0.05)
    assert any(place == "trade.side" for place, _ in marks)


def position(**values: Any) -> tuple[Position, set[tuple[str, str]]]:
    held = {"symbol": "ETH", "quantity": 1.0, "entry_price": 3_100, "current_price": 3_000, "leverage": 5}
    row = {"id": "m_0", "model_id": "m", "timestamp": AT, "dollar_equity": 10_100}
    batch = decoded("account-totals", {**row, "positions": {"ETH": held | values}})
    assert not batch.rejects
    return batch.accounts[0].positions[0], changes(batch)


@pytest.mark.parametrize(
    ("values", "quantity", "marked"),
    [
        ({"side": "short", "unrealized_pnl": 100}, -1.0, "unsigned"),
        ({"side": "SHORT"}, -1.0, "unsigned"),
        ({"side": "sell"}, -1.0, "unsigned"),
        ({"direction": "short"}, -1.0, "read as side"),
        ({"side": "long", "unrealized_pnl": -100}, 1.0, None),
        ({"quantity": -1.0, "unrealized_pnl": 100}, -1.0, None),
        ({"unrealized_pnl": 100}, -1.0, "in doubt"),
        ({"side": "long", "unrealized_pnl": 100}, -1.0, "in doubt"),
        ({"quantity": -1.0, "unrealized_pnl": -100}, 1.0, "in doubt"),
        ({"quantity": -1.0, "side": "long", "unrealized_pnl": 2}, -1.0, "in doubt"),
        ({"current_price": 3_101, "unrealized_pnl": -1}, 1.0, None),
    ],
)
def test_a_position_has_the_sign_of_its_side(
    values: dict[str, Any], quantity: float, marked: str | None
) -> None:
    found, marks = position(**values)
    assert found.quantity == quantity
    assert found.side == ("short" if quantity < 0 else "long")
    assert marked is None or any(marked in change for _, change in marks)
    assert (marked is not None) == bool(marks)
