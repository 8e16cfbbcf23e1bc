"""Answers about a board: leaderboard, positions, coins, prices, statistics, traders, seasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from nof1tui.api.parameters import Values, moment
from nof1tui.api.problems import ApiProblem
from nof1tui.api.rows import (
    Answer,
    ApiContext,
    covers,
    envelope,
    row_answer,
    row_test,
    selected_accounts,
    selected_coin,
)
from nof1tui.domain.board import Board, coin_order
from nof1tui.domain.export import record_views
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.rows import rows_of
from nof1tui.domain.export.selection import UnknownTrader, select_trader
from nof1tui.domain.figures import arena
from nof1tui.domain.figures.board_views import View, Views
from nof1tui.domain.series.closes import Span
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.ports.outcomes import read_stats_views


async def board_rows(what: str, context: ApiContext, values: Values) -> Answer:
    """The rows of `leaderboard`, `positions` or `coins`."""
    now = context.clock()
    as_of = moment(values, "as_of", now)
    board, document = await context.board(as_of), DOCUMENTS[what]
    views = Views(board, as_of or now, StatsCache()).of(document.subject)
    return await _answer(what, context, values, board, views, as_of)


async def price_rows(context: ApiContext, values: Values) -> Answer:
    """The newest price of each coin."""
    as_of = moment(values, "as_of", context.clock())
    board = await context.board(as_of)
    prices = sorted(
        (quote.price for quote in board.prices.values()), key=lambda price: coin_order(price.coin)
    )
    return await _answer("prices", context, values, board, record_views.price_views(prices), as_of)


async def _answer(
    what: str,
    context: ApiContext,
    values: Values,
    board: Board,
    views: Sequence[View],
    as_of: datetime | None,
) -> Answer:
    is_selected = covers(selected_accounts(values, board), selected_coin(values, board))
    chosen = [view for view in views if is_selected(view.subject.account, view.subject.coin)]
    answer = row_answer(DOCUMENTS[what], context, board, chosen, as_of=as_of)
    passing = row_test(values, DOCUMENTS[what], context, as_of or context.clock())
    answer.rows = await passing(answer.rows or ())
    return answer


async def stats_rows(context: ApiContext, values: Values) -> Answer:
    """Every figure of the span, in the order of the leaderboard, with the correlations of the rows."""
    now = context.clock()
    as_of = moment(values, "as_of", now)
    since = moment(values, "since", as_of or now)
    board, document = await context.board(as_of), DOCUMENTS["stats"]
    selection = selected_accounts(values, board)
    accounts = [row.account for row in board.leaderboard if selection.covers(row.account)]
    views = await read_stats_views(context.history, board, accounts, Span(since, as_of), as_of or now)
    chosen = [view for view in views.accounts if selection.covers(view.account)]
    passing = row_test(values, document, context, as_of or now)
    rows = rows_of(document, chosen)
    by_id = {id(row): view for row, view in zip(rows, chosen, strict=True)}
    kept = await passing(rows)
    answer = row_answer(document, context, board, (), as_of=as_of, since=since, rows=kept)
    shown = replace(views.arena, accounts=tuple(by_id[id(row)] for row in kept))
    answer.document["correlations"] = arena.correlations.value(shown)
    return answer


async def trader_answer(context: ApiContext, values: Values) -> Answer:
    """One trader: its accounts' rows of the leaderboard and its positions."""
    now = context.clock()
    as_of = moment(values, "as_of", now)
    board = await context.board(as_of)
    try:
        selection = select_trader(values["id"], board.roster, board.accounts)
    except UnknownTrader as error:
        raise ApiProblem("not-found", str(error).replace("\n", " ")) from error
    views = Views(board, as_of or now, StatsCache())
    return Answer(
        {
            **envelope("trader", context, board, as_of),
            "trader": _trader(board, (selection.trader_ids or ("",))[0]),
            "accounts": rows_of(
                DOCUMENTS["leaderboard"], [v for v in views.accounts if selection.covers(v.account)]
            ),
            "positions": rows_of(
                DOCUMENTS["positions"], [v for v in views.positions if selection.covers(v.account)]
            ),
        },
        as_of=as_of,
    )


def _trader(board: Board, trader_id: str) -> dict[str, Any]:
    info = board.roster.trader(trader_id)
    return {
        "trader": trader_id,
        "name": info.name,
        "maker": info.maker,
        "kind": info.kind,
        "color": info.color,
        "wallet": info.wallet,
    }


async def traders_answer(context: ApiContext, values: Values) -> Answer:
    """Traders of the board, then the others of the roster."""
    board = await context.board(None)
    seen = dict.fromkeys(
        [*(row.account.trader for row in board.leaderboard), *(t.id for t in board.roster.traders)]
    )
    rows = [_trader(board, trader_id) for trader_id in seen]
    return Answer({**envelope("traders", context, board, None)}, rows)


async def seasons_answer(context: ApiContext, values: Values) -> Answer:
    """The seasons of the roster, and the one of the board."""
    board = await context.board(None)
    seasons = [*board.roster.seasons]
    if board.season is not None and board.season.slug not in {its.slug for its in seasons}:
        seasons.append(board.season)
    rows = [
        {
            "season": its.slug,
            "name": its.name,
            "starts_at": its.starts_at,
            "ends_at": its.ends_at,
            "capital_usd": its.capital_usd,
            "is_current": board.season is not None and its.slug == board.season.slug,
        }
        for its in seasons
    ]
    return Answer({**envelope("seasons", context, board, None)}, rows)


async def index_answer(context: ApiContext, values: Values) -> Answer:
    """The season, the span of the records, and where the rest is."""
    board = await context.board(None)
    time_range = await context.history.time_range()
    first_at, last_at = time_range or (None, None)
    return Answer(
        {
            **envelope("index", context, board, None),
            "arena": context.arena,
            "first_at": first_at,
            "last_at": last_at,
            "openapi": "/v1/openapi.json",
            "docs": "/docs",
        }
    )
