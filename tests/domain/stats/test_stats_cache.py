"""Cached figures of successive boards equal figures computed from scratch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.metrics import drawdown as drawdown_module
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.stats.stats_cache import StatsCache, TraderFigures, board_crowding, market_curve
from tests.support.builders import START, account_row, at, batch, key, position, trade

TRADERS = ("gpt-5", "qwen3-max", "buynhold_btc")


def season(roster: Roster, polls: int, seed: int = 5) -> list[Board]:
    """A board for each poll, some with trades, late rows or rewritten rows."""
    chance, boards, board = Random(seed), list[Board](), Board(roster)
    for poll in range(polls):
        minutes = 173.0 * poll
        rows = [
            account_row(
                name, minutes, equity=10_000.0 * (0.7 + 0.6 * chance.random()), positions=(position(),)
            )
            for name in TRADERS
            if chance.random() < 0.9
        ]
        if poll % 9 == 4:
            rows.append(account_row("gpt-5", minutes - 400.0, equity=9_000.0))
        board = apply_batch(board, batch(accounts=tuple(rows)))
        if poll % 4 == 0:
            closed = trade(poll, "gpt-5", minutes, net=chance.random() - 0.5)
            board = apply_batch(board, batch(Feed.TRADES, trades=(closed,)))
        boards.append(board)
    return boards


def by_trader(figures: tuple[TraderFigures, ...]) -> dict[str, TraderFigures]:
    return {item.account.trader: item for item in figures}


@pytest.mark.parametrize(
    "span",
    [WHOLE_SEASON, Span(since=at(2_000)), Span(at(900), at(5_000))],
    ids=["season", "since", "between"],
)
def test_cached_figures_equal_figures_computed_from_scratch(roster: Roster, span: Span) -> None:
    cache = StatsCache()
    for board in season(roster, 60):
        assert cache.figures(board, span) == StatsCache().figures(board, span)


def test_figures_are_in_the_order_of_the_leaderboard(roster: Roster) -> None:
    board = season(roster, 30)[-1]
    all_figures = StatsCache().figures(board)
    assert [item.account for item in all_figures] == [item.account for item in board.leaderboard]
    for item, leaderboard_row in zip(all_figures, board.leaderboard, strict=True):
        assert item.performance.sharpe.value == leaderboard_row.sharpe.value
        assert item.performance.max_drawdown_pct.value == leaderboard_row.max_drawdown_pct
        assert item.performance.return_pct.value == pytest.approx(leaderboard_row.return_pct)
        assert item.trades.win_rate_pct.value == leaderboard_row.stats.win_rate_pct
        assert item.positions.gross.value == leaderboard_row.exposure_gross


def test_a_poll_processes_new_points_only(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    board, cache = season(roster, 40)[-1], StatsCache()
    cache.figures(board)
    monkeypatch.setattr(drawdown_module, "drawdown", pytest.fail)
    newer = apply_batch(board, batch(accounts=(account_row("gpt-5", 9_000.0, equity=11_111.0),)))
    before, after = by_trader(cache.figures(board)), by_trader(cache.figures(newer))
    assert after["gpt-5"].performance.return_pct.value == pytest.approx(11.11)
    assert after["gpt-5"].trades is before["gpt-5"].trades
    assert after["qwen3-max"] is before["qwen3-max"]


def test_the_benchmark_of_the_season_is_the_market(roster: Roster) -> None:
    board = season(roster, 40)[-1]
    assert market_curve(board) is board.curves[key("buynhold_btc")]
    all_figures = by_trader(StatsCache().figures(board))
    assert all_figures["buynhold_btc"].performance.beta.value == pytest.approx(1.0)
    assert all_figures["gpt-5"].performance.beta.n >= 3
    assert market_curve(Board(roster)) is None


def test_a_span_counts_the_trades_closed_in_it(roster: Roster) -> None:
    board = season(roster, 40)[-1]
    first, rest = Span(until=at(3_000)), Span(since=at(3_000))
    counts = [
        by_trader(StatsCache().figures(board, span))["gpt-5"].trades.totals.trades
        for span in (WHOLE_SEASON, first, rest)
    ]
    assert counts[0] == counts[1] + counts[2] == 10
    assert counts[1] > 0 and counts[2] > 0


def test_correlations_are_kept_while_no_close_changes(roster: Roster) -> None:
    board, cache = season(roster, 40)[-1], StatsCache()
    hourly = cache.hourly_correlations(board)
    assert hourly.between(key("gpt-5"), key("qwen3-max")).n > 24
    assert cache.hourly_correlations(replace(board)) is hourly
    newest = max(row.observed_at for row in board.accounts.values())
    within = newest.replace(minute=59, second=59)
    minutes = (within - START) / timedelta(minutes=1)
    later = apply_batch(board, batch(accounts=(account_row("gpt-5", minutes, equity=12_000.0),)))
    assert cache.hourly_correlations(later) is hourly
    next_hour = apply_batch(later, batch(accounts=(account_row("gpt-5", minutes + 1.0, equity=12_500.0),)))
    assert cache.hourly_correlations(next_hour) is not hourly


def test_the_crowd_is_the_models_without_the_benchmark(roster: Roster) -> None:
    all_figures = board_crowding(season(roster, 20)[-1])
    assert {account.trader for account in all_figures.accounts} == {"gpt-5", "qwen3-max"}
    assert [crowd.coin for crowd in all_figures.coins] == ["ETH"]


def test_an_empty_board_has_no_figures(roster: Roster) -> None:
    cache = StatsCache()
    assert cache.figures(Board(roster), Span(since=datetime(2025, 10, 20, tzinfo=UTC))) == ()
    assert cache.hourly_correlations(Board(roster)).accounts == ()


def test_figures_of_one_account_follow_the_boards_as_those_of_all_do(roster: Roster) -> None:
    boards = season(roster, 40)
    for row in boards[-1].leaderboard:
        cache = StatsCache()
        for board in boards:
            if row.account in board.accounts:
                found = cache.figures_of(board, row.account)
        assert found in StatsCache().figures(boards[-1])
