"""The result of a `show` query as a table for people."""

from __future__ import annotations

from nof1tui.cli.output.tables import Printer
from nof1tui.cli.show.columns import (
    format_as_of,
    is_muted,
    printed_columns,
    render_full_chat,
    render_totals,
)
from nof1tui.cli.show.query import ShowQuery, ShowResult
from nof1tui.domain.figures.views import DecisionView

_NO_CHAT_MESSAGE = "No decisions: wallets have no chat feed. Try `show trades` or `show events`."
_ROW_NAMES = {"leaderboard": "account rows", "stats": "account rows", "chat": "decisions"}


def print_result(query: ShowQuery, result: ShowResult, *, source: str) -> None:
    """Print title, rows, totals and how many rows the limit left out, or why there are no rows."""
    printer = Printer()
    as_of = format_as_of(query.as_of)
    if not result.views:
        without_chat = query.what == "chat" and source == "hyperliquid"
        printer.print_line(_NO_CHAT_MESSAGE if without_chat else _empty_message(query, as_of))
        return
    printer.print_line(" · ".join(part for part in (result.season, query.what, as_of) if part))
    if query.full:
        for view in result.views:
            if isinstance(view, DecisionView):
                printer.print_line(render_full_chat(view))
    else:
        printer.print_table(printed_columns(query.what), result.views, muted=is_muted)
    if "totals" in result.extra:
        printer.print_line(render_totals(result.extra["totals"]))
    shown = len(result.views)
    if result.total is not None and result.total > shown:
        printer.print_line(f"The newest {shown} of {result.total:,}; --limit 0 prints all.")
    elif query.limit == shown and query.what == "chat":
        printer.print_line(f"The newest {shown}; --limit 0 prints all.")


def _empty_message(query: ShowQuery, as_of: str) -> str:
    names = _ROW_NAMES.get(query.what, query.what)
    if query.what == "positions":
        names = f"open {names}"
    trader = f" of {query.trader}" if query.trader else ""
    coin = f" in {query.coin}" if query.coin else ""
    return f"There are no {names}{trader}{coin} in the store, {as_of}."
