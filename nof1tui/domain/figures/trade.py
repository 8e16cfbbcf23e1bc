"""Figures of a closed trade."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from nof1tui.domain.figures.figure import declare, figures_in
from nof1tui.domain.figures.identity import identity_figures
from nof1tui.domain.figures.shapes import SIDES
from nof1tui.domain.figures.views import TradeView
from nof1tui.domain.fills.to_trades import RoundTripDetails, round_trip_details
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import WALLET_SEASON

_fact = partial(declare, TradeView, "trade", source="reported", feed=Feed.TRADES)
_money = partial(_fact, signed=True, best="high")
_of_wallet = partial(declare, TradeView, "trade", group="chain", source="chain", feed=Feed.TRADES)


@_fact("id", "Id", nullable=False)
def id(view: TradeView) -> str:  # noqa: A001
    """Trade id."""
    return view.trade.id


@_fact("text", "Coin", nullable=False)
def coin(view: TradeView) -> str:
    """Coin or market."""
    return view.trade.coin


@_fact("choice", "Side", choices=SIDES)
def side(view: TradeView) -> str | None:
    """Side as reported, else by the sign of the quantity."""
    return trade_side(view.trade)


@_fact("coins", "Qty", aliases=("qty",))
def quantity(view: TradeView) -> float | None:
    """Size in coins; a short is below 0."""
    return view.trade.quantity


@_fact("price", "Entry", aliases=("entry",))
def entry_price(view: TradeView) -> float | None:
    """Average price of entry."""
    return view.trade.entry_price


@_fact("price", "Exit", aliases=("exit",))
def exit_price(view: TradeView) -> float | None:
    """Average price of exit."""
    return view.trade.exit_price


@_fact("time", "Opened", aliases=("opened",))
def entry_at(view: TradeView) -> datetime | None:
    """Time of entry."""
    return view.trade.entry_at


@_fact("time", "Closed", aliases=("closed", "at"), nullable=False)
def exit_at(view: TradeView) -> datetime:
    """Time of exit."""
    return view.trade.exit_at


@partial(_fact, source="computed")("seconds", "Held", inputs=("entry_at", "exit_at"), aliases=("held",))
def held_s(view: TradeView) -> float | None:
    """Holding time.

    Formula: exit − entry
    """
    return view.trade.held_s


@_money("usd", "Gross", aliases=("gross",))
def gross_usd(view: TradeView) -> float | None:
    """Gross P&L."""
    return view.trade.gross_usd


@_fact("usd", "Fees", aliases=("fees",), best="low")
def fees_usd(view: TradeView) -> float | None:
    """Fees of entry and exit."""
    return view.trade.fees_usd


@_money("usd", "Net", aliases=("net",))
def net_usd(view: TradeView) -> float | None:
    """Net P&L as reported; it may differ from gross P&L less fees."""
    return view.trade.net_usd


@_fact("usd", "Entry fee")
def entry_fee_usd(view: TradeView) -> float | None:
    """Fee of the entry."""
    return view.trade.entry_fee_usd


@_fact("usd", "Exit fee")
def exit_fee_usd(view: TradeView) -> float | None:
    """Fee of the exit."""
    return view.trade.exit_fee_usd


@_of_wallet("usd", "Funding", signed=True)
def funding_usd(view: TradeView) -> float | None:
    """Funding of a wallet's trade; above 0: received."""
    details = _details(view)
    return details.funding_usd if details else None


@_of_wallet("count", "Fills")
def fills(view: TradeView) -> int | None:
    """Fills of a wallet's trade."""
    details = _details(view)
    return details.fills if details else None


@_of_wallet("flag", "Incomplete")
def incomplete(view: TradeView) -> bool | None:
    """Whether fills of a wallet's trade are missing."""
    details = _details(view)
    return details.incomplete if details else None


@_of_wallet("text", "Closed by")
def closed_by(view: TradeView) -> str | None:
    """What ended a wallet's trade, if not an order."""
    details = _details(view)
    return details.closed_by if details else None


def _details(view: TradeView) -> RoundTripDetails | None:
    """Details of a trade made from fills; None for a trade of an arena."""
    return round_trip_details(view.trade) if view.trade.account.season == WALLET_SEASON.slug else None


def trade_totals(stats: TradeStats) -> dict[str, float | int | None]:
    """Sums over trades, as `totals` and `by_trader` of `show trades --json` (`shapes.TOTALS`)."""
    return {
        "n": stats.trades,
        "win_rate_pct": stats.win_rate_pct,
        "fees_usd": stats.fees_usd,
        "net_usd": stats.net_usd,
        "gross_usd": stats.gross_usd,
        "profit_factor": stats.profit_factor,
        "biggest_win_usd": stats.biggest_win_usd,
        "biggest_loss_usd": stats.biggest_loss_usd,
    }


FIGURES = (*identity_figures(TradeView, "trade"), *figures_in(vars()))
