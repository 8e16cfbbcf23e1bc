"""Views of stored records, from which rows of documents are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import Attribution, attribute_orders, executed_orders
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.views import CoinView, DecisionView, EventView, FlowView, TradeView
from nof1tui.domain.records import CapitalFlow, Decision, Price, Trade
from nof1tui.domain.roster import Roster

DescribeEvent = Callable[[Event], str]
"""Makes the `detail` of an event: its figures in words."""


def trade_views(trades: Iterable[Trade], roster: Roster) -> list[TradeView]:
    """One view per trade."""
    return [TradeView(trade, roster.trader(trade.account.trader)) for trade in trades]


def flow_views(flows: Iterable[CapitalFlow], roster: Roster) -> list[FlowView]:
    """One view per capital flow."""
    return [FlowView(flow, roster.trader(flow.account.trader)) for flow in flows]


def price_views(prices: Iterable[Price]) -> list[CoinView]:
    """One view per stored price."""
    return [CoinView(price.coin, price) for price in prices]


def event_views(events: Iterable[Event], roster: Roster, describe: DescribeEvent) -> list[EventView]:
    """One view per event, with its description."""
    return [
        EventView(event, roster.trader(event.account.trader) if event.account else None, describe(event))
        for event in events
    ]


def decision_views(
    decisions: Sequence[Decision], board: Board, near: Iterable[Decision] = ()
) -> list[DecisionView]:
    """Decisions with the orders of their signals; an order may be that of a decision `near` them."""
    trades = (trade for log in board.trades.values() for trade in log.trades)
    orders = executed_orders(trades, board.accounts.values())
    every = {its.id: its for its in (*near, *decisions)}
    by_decision: dict[str, list[Attribution]] = {decision_id: [] for decision_id in every}
    for attribution in attribute_orders(every.values(), orders):
        by_decision[attribution.decision.id].append(attribution)
    return [
        DecisionView(its, board.roster.trader(its.account.trader), tuple(by_decision[its.id]))
        for its in decisions
    ]
