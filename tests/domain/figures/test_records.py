"""Figures of trades, coins, decisions and events, in the numbers of single records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nof1tui.domain.decisions.attribution import Attribution, ExecutedOrder
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.figures.trade import trade_totals
from nof1tui.domain.figures.views import CoinView, DecisionView, EventView, TradeView
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.metrics.crowding import crowding
from nof1tui.domain.records import AccountKey, ExitPlan, Feed, Price
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import check
from tests.support.builders import account_row, at, decision, key, position, trade


def test_a_closed_trade(roster: Roster) -> None:
    check("trade", TradeView(trade(7, net=-20.5), roster.trader("gpt-5")), [
        ("id", "gpt-5_0007", None, None),
        ("trader", "gpt-5", None, None),
        ("name", "GPT 5", None, None),
        ("season", "s1", None, None),
        ("coin", "BTC", None, None),
        ("side", "long", None, None),
        ("quantity", 0.12, None, None),
        ("entry_price", 114_000.0, None, None),
        ("exit_price", 114_110.0, None, None),
        ("entry_at", at(-90), None, None),
        ("exit_at", at(0), None, None),
        ("held_s", 5_400.0, None, None),
        ("gross_usd", -18.5, None, None),
        ("fees_usd", 2.0, None, None),
        ("net_usd", -20.5, None, None),
        ("entry_fee_usd", 1.0, None, None),
        ("exit_fee_usd", 1.0, None, None),
        ("fills", None, None, None),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("side", "quantity", "expected"),
    [
        ("short", 1.0, "short"),
        (None, -1.0, "short"),
        (None, 1.0, "long"),
        (None, 0.0, None),
        (None, None, None),
    ],
)
def test_the_side_of_a_trade_is_as_reported_else_that_of_its_quantity(
    roster: Roster, side: Any, quantity: Any, expected: Any
) -> None:
    view = TradeView(trade(side=side, quantity=quantity), roster.trader("gpt-5"))
    check("trade", view, [("side", expected, None, None)])


def test_a_trade_of_a_wallet_has_funding_fills_and_what_ended_it(roster: Roster) -> None:
    extra = json.dumps({"funding_usd": "-1.5", "fills": 4, "liquidated": True, "incomplete": True})
    view = TradeView(trade(account=AccountKey("hyperliquid", "w1"), extra=extra), roster.trader("w1"))
    check("trade", view, [
        ("funding_usd", -1.5, None, None),
        ("fills", 4, None, None),
        ("incomplete", True, None, None),
        ("closed_by", "a liquidation", None, None),
    ])  # fmt: skip


def test_totals_of_trades() -> None:
    trades = (trade(1, net=30.0), trade(2, net=-10.0), trade(3, net_usd=None, fees_usd=None))
    assert trade_totals(trade_stats(trades)) == {
        "n": 3, "win_rate_pct": 50.0, "fees_usd": 4.0, "net_usd": 20.0, "gross_usd": 38.5,
        "profit_factor": 3.0, "biggest_win_usd": 30.0, "biggest_loss_usd": -10.0,
    }  # fmt: skip


def test_a_coin_with_two_longs_and_a_short() -> None:
    """Equities of 10,000 each; 4,000 and 2,000 long, 1,000 short."""
    rows = [
        account_row(name, equity=10_000.0, positions=(position("ETH", size, mark_price=1_000.0),))
        for name, size in (("gpt-5", 4.0), ("qwen3-max", 2.0), ("grok-4", -1.0))
    ]
    its = crowding(rows)
    view = CoinView("ETH", Price("ETH", 1_001.0, at(1), at(1)), crowd=its.coins[0], crowding=its)
    check("coin", view, [
        ("coin", "ETH", None, None),
        ("price", 1_001.0, None, None),
        ("observed_at", at(1), None, None),
        ("exposure_gross", 7_000 / 30_000, 3, None),
        ("exposure_net", 5_000 / 30_000, 3, None),
        ("longs", ["gpt-5", "qwen3-max"], None, None),
        ("shorts", ["grok-4"], None, None),
        ("alone", "grok-4", None, None),
        ("holders", 3, None, None),
    ])  # fmt: skip
    assert default_catalogue().get("coin", "holdings").value(view)[2] == {
        "trader": "grok-4", "competition": None, "side": "short", "notional_usd": -1_000.0, "share": -0.1,
    }  # fmt: skip


def test_a_coin_without_price_and_positions() -> None:
    check("coin", CoinView("XRP"), [
        ("price", None, None, "no price yet"),
        ("exposure_gross", 0.0, None, None),
        ("exposure_net", 0.0, None, None),
        ("longs", [], None, None),
        ("alone", None, None, None),
        ("holders", 0, None, None),
        ("holdings", [], None, None),
    ])  # fmt: skip


def test_a_decision_with_the_order_that_its_signal_caused(roster: Roster) -> None:
    its = decision(3)
    order = ExecutedOrder(key(), "BTC", "open", "long", at(0.5), 99, ("t1",), 12.5)
    linked = DecisionView(its, roster.trader("gpt-5"), (Attribution(its, its.signals[0], (order,)),))
    check("decision", linked, [
        ("id", "gpt-5_3", None, None),
        ("at", at(0), None, None),
        ("summary", "I hold my long; the plan stands.", None, None),
        ("acting_signals", 0, None, None),
        ("answer_failed", False, None, None),
        ("reasoning", "the reasoning", None, None),
        ("prompt", "the prompt", None, None),
        ("answer", '{"BTC":{"signal":"hold"}}', None, None),
    ])  # fmt: skip
    signals = default_catalogue().get("decision", "signals")
    (signal,) = signals.value(linked)
    assert (signal["coin"], signal["signal"], signal["quantity"]) == ("BTC", "hold", 0.12)
    assert signal["caused"] == [
        {
            "act": "open", "side": "long", "at": at(0.5), "to_fill_s": 30.0, "order": 99,
            "trades": ["t1"], "net_usd": 12.5,
        }
    ]  # fmt: skip
    (unlinked,) = signals.value(DecisionView(its, roster.trader("gpt-5")))
    assert unlinked == signal | {"caused": None}


def test_a_decision_without_its_long_texts(roster: Roster) -> None:
    view = DecisionView(decision(texts=None), roster.trader("gpt-5"))
    check("decision", view, [(name, None, None, None) for name in ("reasoning", "prompt", "answer")])


def test_an_event_of_a_plan(roster: Roster) -> None:
    event = Event(
        "plan:1", at(3), "plan", key(), "ETH", "long", 2.0, 4_000.0, 8.0, value=3.0, before=5.0,
        other=key("grok-4"), plan=ExitPlan(110.0, 95.0), plan_before=ExitPlan(110.0, 90.0), net_usd=1.0,
    )  # fmt: skip
    check("event", EventView(event, roster.trader("gpt-5"), "stop 90 → 95"), [
        ("id", "plan:1", None, None),
        ("at", at(3), None, None),
        ("kind", "plan", None, None),
        ("trader", "gpt-5", None, None),
        ("name", "GPT 5", None, None),
        ("coin", "ETH", None, None),
        ("side", "long", None, None),
        ("quantity", 2.0, None, None),
        ("price", 4_000.0, None, None),
        ("leverage", 8.0, None, None),
        ("net_usd", 1.0, None, None),
        ("other", "grok-4", None, None),
        ("detail", "stop 90 → 95", None, None),
        ("value", 3.0, None, None),
        ("before", 5.0, None, None),
        ("stop_loss", 95.0, None, None),
        ("profit_target", 110.0, None, None),
        ("stop_loss_before", 90.0, None, None),
        ("profit_target_before", 110.0, None, None),
    ])  # fmt: skip


def test_an_event_of_a_feed_has_no_account() -> None:
    event = Event("down:prices", at(3), "down", None, feed=Feed.PRICES, reason="timeout")
    absent = ("trader", "name", "season", "competition", "coin", "side", "stop_loss", "other")
    check("event", EventView(event), [
        *((name, None, None, None) for name in absent),
        ("feed", "prices", None, None),
        ("reason", "timeout", None, None),
    ])  # fmt: skip


def test_an_account_that_the_roster_does_not_have_is_named_by_its_id() -> None:
    event = Event("joined:x", at(3), "joined", AccountKey("s1", "x", "c2"))
    check("event", EventView(event), [("name", "x", None, None), ("competition", "c2", None, None)])
