"""Sample views: a board of two models and the benchmark, and what a figure reads of a view."""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.figures.figure import SubjectKind
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.records import AccountRow, Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.support.builders import account_row, at, batch, decision, position, price, trade

DAY = 1_440.0
"""Minutes."""
BENCHMARK = "buynhold_btc"
Line = tuple[str, Any, int | None, str | None]
"""Key, value, observations, reason."""


def check(subject: SubjectKind, view: Any, table: list[Line]) -> None:
    """Compare the figures of a table with what they read from the view.

    A bare value has neither a number of observations nor a reason.
    """
    for key, value, n, reason in table:
        read = default_catalogue().get(subject, key).read(view)
        found = (read.value, read.n, read.reason) if isinstance(read, FigureValue) else (read, None, None)
        expected = pytest.approx(value, rel=1e-6, abs=1e-9) if isinstance(value, float) else value
        assert found == (expected, n, reason), key


def three_days(trader: str, values: tuple[float, float, float], **newest: Any) -> tuple[AccountRow, ...]:
    """A row a day; the newest with these fields."""
    *older, last = values
    rows = [account_row(trader, DAY * day, equity=value) for day, value in enumerate(older)]
    return (*rows, account_row(trader, DAY * len(older), equity=last, **newest))


def sample_board(roster: Roster) -> Board:
    """Day three: gpt-5 at 9,000 after 12,000, qwen3-max at 11,000, BTC bought and held at 10,500."""
    long_eth = position("ETH", 2.0, mark_price=4_000.0, margin_usd=1_000.0, leverage=8.0)
    short_btc = position(
        "BTC", -0.01, mark_price=100_000.0, margin_usd=None, leverage=10.0, liquidation_price=105_000.0,
        exit_plan=None, unrealized_usd=-50.0,
    )  # fmt: skip
    accounts = (
        *three_days("gpt-5", (10_000.0, 12_000.0, 9_000.0), positions=(short_btc, long_eth)),
        *three_days("qwen3-max", (10_000.0, 10_500.0, 11_000.0), positions=(position("ETH", 1.0),)),
        *three_days(BENCHMARK, (10_000.0, 10_200.0, 10_500.0)),
    )
    trades = (
        trade(1, minutes=100.0, net=30.0),
        trade(2, minutes=200.0, net=-10.0, side="short", quantity=-0.12, coin="ETH"),
        trade(3, minutes=300.0, net=-20.0),
    )
    board = apply_batch(Board(roster), batch(accounts=accounts))
    board = apply_batch(board, batch(Feed.TRADES, trades=trades))
    board = apply_batch(board, batch(Feed.DECISIONS, decisions=(decision(1, minutes=2 * DAY - 5),)))
    prices = (price("BTC", 100_000.0, 2 * DAY), price("XRP", 2.5, 2 * DAY))
    return apply_batch(board, batch(Feed.PRICES, prices=prices))


def views_of(board: Board, minutes: float = 2 * DAY + 1, span: Span = WHOLE_SEASON, **more: Any) -> Views:
    """The board's views, a minute after its newest rows."""
    return Views(board, at(minutes), StatsCache(), span, **more)


def account(views: Views, trader: str = "gpt-5") -> AccountView:
    """The view of one account."""
    return next(view for view in views.accounts if view.account.trader == trader)
