"""Columns of the tables of `show`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from nof1tui.cli.output.figure_columns import TEXT_LIMIT, figure_column
from nof1tui.cli.output.tables import PrintedColumn
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.figures.board_views import View
from nof1tui.domain.figures.figure import Figure
from nof1tui.domain.figures.views import AccountView, DecisionView
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.tui.style import format as fmt

_ALWAYS = 100.0
# fmt: off
SHOW_COLUMNS: Mapping[str, Mapping[str, float]] = {
    "leaderboard": {
        "rank": _ALWAYS, "name": _ALWAYS, "equity_usd": _ALWAYS, "return_pct": _ALWAYS, "change_24h_pct": 90,
        "unrealized_usd": 80, "positions": 70, "leverage": 30, "exposure_gross": 35, "max_drawdown_pct": 60,
        "sharpe": 20, "win_rate_pct": 25, "trades": 50, "fees_usd": 15, "observed_at": 10,
    },
    "positions": {
        "name": _ALWAYS, "coin": _ALWAYS, "side": _ALWAYS, "quantity": 80, "entry_price": 70,
        "mark_price": 75, "leverage": 65, "notional_usd": 60, "unrealized_usd": _ALWAYS,
        "liquidation_price": 40, "stop_loss": 50, "profit_target": 50, "confidence": 20, "entry_at": 10,
    },
    "trades": {
        "exit_at": _ALWAYS, "name": _ALWAYS, "coin": _ALWAYS, "side": _ALWAYS, "quantity": 50,
        "entry_price": 40, "exit_price": 40, "held_s": 60, "gross_usd": 20, "fees_usd": 30,
        "net_usd": _ALWAYS,
    },
    "prices": {"coin": _ALWAYS, "price": _ALWAYS, "observed_at": _ALWAYS},
    "stats": {
        "rank": _ALWAYS, "name": _ALWAYS, "return_pct": _ALWAYS, "excess_pct": 45, "volatility_pct": 40,
        "sharpe": 90, "sortino": 55, "max_drawdown_pct": 85, "var95_pct": 30, "beta": 35, "win_rate_pct": 75,
        "profit_factor": 80, "expectancy_usd": 50, "hold_median_s": 25, "fee_share_pct": 20, "trades": 60,
        "n": 60,
    },
    "coins": {
        "coin": _ALWAYS, "price": _ALWAYS, "exposure_gross": _ALWAYS, "exposure_net": _ALWAYS,
        "longs": _ALWAYS, "shorts": _ALWAYS, "alone": 50, "observed_at": 10,
    },
    "events": {"at": _ALWAYS, "name": _ALWAYS, "kind": _ALWAYS, "detail": _ALWAYS, "net_usd": 60},
    "chat": {"at": _ALWAYS, "name": _ALWAYS, "summary": _ALWAYS},
}
"""Figures of each table, each with its drop order: the lowest number is left out first."""
_WRAPPED = frozenset({"longs", "shorts", "detail", "summary"})
# fmt: on


def printed_columns(what: str) -> tuple[PrintedColumn, ...]:
    """The columns of a table; cells are read from views."""
    figures = {figure.key: figure for figure in DOCUMENTS[what].figures()}
    return tuple(_column(what, figures[key], drop_order) for key, drop_order in SHOW_COLUMNS[what].items())


def _column(what: str, figure: Figure[Any], drop_order: float) -> PrintedColumn:
    column = figure_column(figure, drop_order, wraps=figure.key in _WRAPPED)
    if figure.key == "name":
        return replace(column, cell=model_text)
    if what == "chat" and figure.key == "summary":
        return replace(column, title="Decision", cell=decision_text)
    return column


def is_muted(view: View) -> bool:
    """Whether a row is printed dim: that of a benchmark."""
    return isinstance(view, AccountView) and view.leaderboard_row.is_benchmark


def model_text(view: Any) -> str:
    """The display name, with the competition where there is one; the feed or coin of an event without."""
    account = view.account
    if account is None:
        return sanitise_line(view.event.feed or view.event.coin or fmt.UNKNOWN, TEXT_LIMIT)
    competition = f" @{sanitise_line(account.competition, 24)}" if account.competition else ""
    return sanitise_line(view.trader.name, TEXT_LIMIT) + competition


def decision_text(view: DecisionView) -> str:
    """The signals that ask for an order, then the summary."""
    its = view.decision
    signals = [f"[{signal.coin} {signal.action}]" for signal in its.signals if signal.action != "hold"]
    failed = ["[malformed response]"] if its.answer_failed else []
    return sanitise_line(" ".join([*signals, *failed, its.summary or fmt.UNKNOWN]))


def render_full_chat(view: DecisionView) -> str:
    """A decision followed by its long texts."""
    parts = [f"── {fmt.moment(view.decision.at)} · {model_text(view)}", decision_text(view)]
    for key in ("reasoning", "answer", "prompt"):
        text = getattr(view.decision.texts, key, None)
        if text:
            parts += [f"· {key}", sanitise(text).rstrip()]
    return "\n".join(parts) + "\n"


def render_totals(totals: Mapping[str, Any]) -> str:
    """Totals of the trades that match: `17 trades · win 12% · net +$3,512.00 …`"""
    factor = totals["profit_factor"]
    parts = [
        f"{totals['n']:,} trades",
        f"win {fmt.share(totals['win_rate_pct'])}",
        f"net {fmt.gain_usd(totals['net_usd'], cents=True)}",
        f"fees {fmt.usd(totals['fees_usd'])}",
        f"best {fmt.gain_usd(totals['biggest_win_usd'], cents=True)}",
        f"worst {fmt.gain_usd(totals['biggest_loss_usd'], cents=True)}",
    ]
    return " · ".join(parts if factor is None else [*parts, f"profit factor {fmt.ratio(factor)}"])


def format_as_of(moment: datetime | None) -> str:
    return "now" if moment is None else f"as of {fmt.moment(moment)}"
