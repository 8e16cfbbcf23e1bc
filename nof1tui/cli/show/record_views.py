"""Views of stored records, from which rows of `show` and `export` are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import Attribution, attribute_orders, executed_orders
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.views import CoinView, DecisionView, EventView, TradeView
from nof1tui.domain.records import Decision, Price, Trade
from nof1tui.domain.roster import Roster
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.style.identities import TraderIdentities


def trade_views(trades: Iterable[Trade], roster: Roster) -> list[TradeView]:
    """One view per trade."""
    return [TradeView(trade, roster.trader(trade.account.trader)) for trade in trades]


def price_views(prices: Iterable[Price]) -> list[CoinView]:
    """One view per stored price."""
    return [CoinView(price.coin, price) for price in prices]


def event_views(events: Iterable[Event], roster: Roster) -> list[EventView]:
    """Events with the description of the screen."""
    identities = TraderIdentities(roster)
    return [
        EventView(
            event,
            roster.trader(event.account.trader) if event.account else None,
            describe_event(event, identities).detail,
        )
        for event in events
    ]


def decision_views(decisions: Sequence[Decision], board: Board) -> list[DecisionView]:
    """Decisions with the orders of their signals."""
    trades = (trade for log in board.trades.values() for trade in log.trades)
    by_decision: dict[str, list[Attribution]] = {decision.id: [] for decision in decisions}
    for attribution in attribute_orders(decisions, executed_orders(trades, board.accounts.values())):
        by_decision[attribution.decision.id].append(attribution)
    return [
        DecisionView(its, board.roster.trader(its.account.trader), tuple(by_decision[its.id]))
        for its in decisions
    ]
