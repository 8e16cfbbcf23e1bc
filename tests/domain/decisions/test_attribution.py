"""Attribution of orders to signals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1tui.domain.decisions.attribution import (
    Attribution,
    asks_for_order,
    attribute_orders,
    executed_orders,
    find_cause,
    position_entry_order,
    trade_entry_order,
    trade_exit_order,
)
from nof1tui.domain.records import AccountRow, Decision, Signal, Trade
from tests.support.builders import account_row, at, decision, position, trade

SECOND = timedelta(seconds=1)


def decided(
    action: str, coin: str = "BTC", number: int = 1, minutes: float = 0.0, trader: str = "gpt-5"
) -> Decision:
    return decision(number, trader, minutes, signals=(Signal("XRP", "hold"), Signal(coin, action)))


def acting(links: tuple[Attribution, ...]) -> list[Attribution]:
    return [each for each in links if asks_for_order(each.signal)]


def attributed(
    decisions: list[Decision], trades: list[Trade], rows: list[AccountRow] | None = None
) -> list[Attribution]:
    return acting(attribute_orders(decisions, executed_orders(trades, rows or [])))


@pytest.mark.parametrize(
    ("action", "side", "caused"),
    [
        ("buy_to_enter", "long", True),
        ("sell_to_enter", "short", True),
        ("buy_to_enter", "short", False),
        ("sell_to_enter", "long", False),
        ("close_position", "long", False),
        ("hold", "long", False),
    ],
)
def test_an_entry_order_is_attributed_to_a_signal_on_its_side(action: str, side: str, caused: bool) -> None:
    opened = trade(entry_at=at(0) + 5 * SECOND, exit_at=at(600), side=side)
    found = attribute_orders([decided(action)], executed_orders([opened]))
    assert [order.trades for link in found for order in link.orders] == ([(opened.id,)] if caused else [])


def test_an_order_may_be_stamped_before_its_decision() -> None:
    closed = trade(exit_at=at(0) - 8.6 * SECOND, entry_at=at(-90))
    (only,) = attributed([decided("close_position")], [closed])
    assert [order.oid for order in only.orders] == [closed.exit_oid]
    assert only.to_fill_s == pytest.approx(-8.6)


@pytest.mark.parametrize(
    ("lag_s", "caused"), [(-61, False), (-60, True), (0, True), (300, True), (301, False)]
)
def test_orders_too_far_away_in_time_have_another_cause(lag_s: float, caused: bool) -> None:
    closed = trade(exit_at=at(0) + lag_s * SECOND, entry_at=at(-90))
    assert bool(attributed([decided("close_position")], [closed])[0].orders) is caused


def test_an_order_has_one_cause_the_nearest_signal() -> None:
    opened = trade(entry_at=at(2) + 4 * SECOND, exit_at=at(600))
    refused, filled = decided("buy_to_enter", number=1), decided("buy_to_enter", number=2, minutes=2)
    by_id = {link.decision.id: link for link in attributed([refused, filled], [opened])}
    assert by_id[refused.id].orders == ()
    assert by_id[refused.id].to_fill_s is None
    assert by_id[filled.id].to_fill_s == 4.0


def test_signals_of_other_accounts_and_coins_do_not_match() -> None:
    closed = trade(exit_at=at(0), entry_at=at(-90))
    others = [decided("close_position", "ETH"), decided("close_position", trader="qwen3-max")]
    assert not any(link.orders for link in attributed(others, [closed]))


def test_an_open_position_is_attributed_by_its_order_and_time() -> None:
    row = account_row(positions=(position("ETH", -2.0, entry_at=at(0) + 9 * SECOND, entry_oid=77),))
    (only,) = attributed([decided("sell_to_enter", "ETH")], [], [row])
    assert [(order.oid, order.side, order.trades) for order in only.orders] == [(77, "short", ())]


def test_trades_closed_by_one_order_share_it_with_the_sum_of_their_results() -> None:
    parts = [trade(n, exit_at=at(0), entry_at=at(-90), net=net) for n, net in ((1, 10.0), (2, -4.0))]
    (only,) = attributed([decided("close_position")], parts)
    assert [(order.trades, order.net_usd) for order in only.orders] == [((parts[0].id, parts[1].id), 6.0)]


def test_a_position_and_the_trade_that_closed_part_of_it_share_the_order_that_opened_both() -> None:
    part = trade(entry_at=at(0), entry_oid=5, exit_at=at(60))
    rest = account_row(positions=(position("BTC", 1.0, entry_at=at(0) + 3 * SECOND, entry_oid=5),))
    opened = [order for order in executed_orders([part], [rest]) if order.effect == "open"]
    assert [(order.at, order.trades) for order in opened] == [(at(0), (part.id,))]


def test_entering_the_other_side_closes_the_position() -> None:
    closed = trade(side="short", exit_at=at(0), entry_at=at(-90))
    assert attributed([decided("buy_to_enter")], [closed])[0].orders[0].effect == "close"


def test_trades_and_positions_have_a_cause() -> None:
    entered, left = decided("buy_to_enter", number=1), decided("close_position", number=2, minutes=90)
    closed = trade(entry_at=at(0), exit_at=at(90))
    entry = trade_entry_order(closed)
    assert entry is not None
    assert find_cause(entry, [entered, left]) == (entered, entered.signals[1])
    assert find_cause(trade_exit_order(closed), [entered, left]) == (left, left.signals[1])
    assert find_cause(trade_exit_order(closed), [entered]) is None
    open_position_row = position_entry_order(entered.account, position("BTC", 1.0, entry_at=at(0)))
    assert open_position_row is not None
    assert find_cause(open_position_row, [entered, left]) == (entered, entered.signals[1])
    assert position_entry_order(entered.account, position(entry_at=None)) is None
