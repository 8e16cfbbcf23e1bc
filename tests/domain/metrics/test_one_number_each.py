"""A figure is computed in one place: leaderboard, statistics and catalogue have the same number."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.events.detector import LIQUIDATION_CLEARED_PCT
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.performance import performance
from nof1tui.domain.metrics.positions import LIQUIDATION_NEAR_PCT, account_unrealized_usd, margin_usd
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Feed, Position
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import Span
from nof1tui.domain.series.curve import Curve
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.support.builders import account_row, at, batch, board, position, trade

DAY = 1_440.0
"""Minutes."""


def view_of(seen: Board, minutes: float = 1.0) -> AccountView:
    return Views(seen, at(minutes), StatsCache()).accounts[0]


def figure(key: str, view: AccountView) -> Any:
    read: Any = catalogues.default_catalogue().get("account", key).read(view)
    return read.value, read.n, read.reason, read.marks


def test_the_current_drawdown_is_from_the_highest_row_ever_though_it_was_thinned_out() -> None:
    """12,000 between 10,000 and 9,000 is not kept: 25 % below the peak, not 10 %."""
    kept = Curve.of(10_000.0, ((at().timestamp(), 10_000.0), (at(DAY).timestamp(), 9_000.0)))
    curve = Curve(10_000.0, kept.times, kept.values, peak_usd=12_000.0, max_drawdown=-0.25)
    assert performance(curve).drawdown_pct.value == pytest.approx(-25.0)
    assert performance(curve, Span(since=at(1))).drawdown_pct.value == pytest.approx(-10.0)
    assert performance(kept).drawdown_pct.value == pytest.approx(-10.0)


def test_drawdown_of_the_season_is_the_same_in_statistics_and_rules(roster: Roster) -> None:
    rows = tuple(account_row(minutes=DAY * day, equity=usd) for day, usd in enumerate((1e4, 1.2e4, 9e3)))
    view = view_of(board(roster, batch(accounts=rows)), 2 * DAY)
    assert figure("drawdown_pct", view)[0] == view.stats.performance.drawdown_pct.value
    assert figure("drawdown_pct", view)[0] == pytest.approx(-25.0)


@pytest.mark.parametrize(
    ("days", "reason", "marks"),
    [(1, "needs 2 daily returns, has 1", ()), (29, "29 of 30 daily returns", ("weak",)), (30, None, ())],
)
def test_the_leaderboards_sharpe_ratio_has_its_basis(
    roster: Roster, days: int, reason: str | None, marks: tuple[str, ...]
) -> None:
    rows = tuple(account_row(minutes=DAY * day, equity=1e4 + 100 * (day % 3)) for day in range(days))
    seen = board(roster, batch(accounts=rows))
    (row,) = seen.leaderboard
    assert (row.sharpe.n, row.n, row.sharpe.reason, row.sharpe.marks) == (days, days, reason, marks)
    view = view_of(seen, DAY * days)
    assert catalogues.default_catalogue().get("account", "sharpe").read(view) is row.sharpe
    assert view.stats.performance.sharpe == row.sharpe


def test_win_rate_is_one_value(roster: Roster) -> None:
    trades = tuple(trade(number, net=net) for number, net in enumerate((5.0, -5.0, 0.0, 1.0)))
    seen = apply_batch(board(roster, batch(accounts=(account_row(),))), batch(Feed.TRADES, trades=trades))
    view = view_of(seen)
    assert figure("win_rate_pct", view) == (50.0, 4, "4 of 30 trades", ("weak",))
    assert catalogues.default_catalogue().get("account", "win_rate_pct").read(view) == (
        view.stats.trades.win_rate_pct
    )


PART = ("incomplete",)


@pytest.mark.parametrize(
    ("key", "field"), [("net_usd", "net_usd"), ("fees_usd", "fees_usd"), ("gross_usd", "gross_usd")]
)
@pytest.mark.parametrize(
    ("amounts", "value", "n", "missing", "marks"),
    [
        ((), 0.0, 0, None, ()),
        ((2.0, 3.0), 5.0, 2, None, ()),
        ((2.0, None, None), 2.0, 1, "2 of 3 trades without", PART),
        ((None,), None, 0, "1 of 1 trades without", ()),
    ],
)
def test_a_sum_is_0_only_without_trades(
    roster: Roster, key: str, field: str, amounts: Any, value: Any, n: int, missing: str | None, marks: Any
) -> None:
    trades = tuple(replace(trade(number), **{field: amount}) for number, amount in enumerate(amounts))
    seen = apply_batch(board(roster, batch(accounts=(account_row(),))), batch(Feed.TRADES, trades=trades))
    read = figure(key, view_of(seen))
    assert (read[0], read[1], read[3]) == (value, n, marks)
    assert (read[2] or "").startswith(missing or "") and bool(read[2]) == bool(missing)


@pytest.mark.parametrize(
    ("reported", "parts", "value", "n", "marks"),
    [
        (12.5, (1.0, 2.0), 12.5, None, ()),
        (None, (1.0, 2.0), 3.0, 2, ("estimated",)),
        (None, (1.0, None), 1.0, 1, PART),
        (None, (None,), None, 0, ()),
        (None, (), None, 0, ()),
    ],
)
def test_unrealised_pnl_of_an_account_is_one_value(
    roster: Roster, reported: Any, parts: Any, value: Any, n: Any, marks: Any
) -> None:
    held = tuple(position(unrealized_usd=part) for part in parts)
    row = account_row(unrealized_usd=reported, positions=held)
    seen = board(roster, batch(accounts=(row,)))
    found = account_unrealized_usd(row)
    assert (found.value, found.n, found.marks) == (value, n, marks)
    assert seen.leaderboard[0].unrealized_usd == value
    assert figure("unrealized_usd", view_of(seen)) == (value, n, found.reason, marks)


@pytest.mark.parametrize(
    ("side", "quantity", "known"),
    [
        ("short", 1.0, "short"),
        (None, -1.0, "short"),
        (None, 1.0, "long"),
        (None, 0.0, None),
        (None, None, None),
    ],
)
def test_the_side_of_a_trade(side: Any, quantity: Any, known: str | None) -> None:
    assert trade_side(trade(side=side, quantity=quantity)) == known


def test_margin_is_as_reported_else_notional_over_leverage(roster: Roster) -> None:
    held = Position("ETH", 2.0, mark_price=100.0, leverage=10.0)
    row = account_row(positions=(held,))
    (view,) = Views(board(roster, batch(accounts=(row,))), at(1), StatsCache()).positions
    assert margin_usd(held) == 20.0
    assert catalogues.default_catalogue().get("position", "margin_usd").value(view) == 20.0
    assert margin_usd(replace(held, margin_usd=15.0)) == 15.0


@pytest.mark.parametrize(
    ("liquidation_price", "is_near"), [(94.99, False), (95.0, True), (95.01, True), (99.0, True)]
)
def test_liquidation_is_near_at_5_percent(roster: Roster, liquidation_price: float, is_near: bool) -> None:
    held = position("ETH", 1.0, mark_price=100.0, liquidation_price=liquidation_price)
    seen = board(roster, batch(accounts=(account_row(), account_row(minutes=1, positions=(held,)))))
    assert ("liquidation" in {event.kind for event in seen.events}) is is_near
    assert LIQUIDATION_NEAR_PCT == 5.0 < LIQUIDATION_CLEARED_PCT
