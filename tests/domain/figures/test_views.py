"""Views of a board: order, freshness on the API's clock, statistics computed once and only where read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.figures import board_views
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.subjects import NO_SUBJECT, Subject
from nof1tui.domain.metrics.crowding import Crowding
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import Span
from nof1tui.domain.stats.stats_cache import StatsCache, board_crowding
from tests.domain.figures.sample_views import DAY, account, sample_board, views_of
from tests.support.builders import account_row, at, batch, key, price

CATALOGUE = catalogues.default_catalogue()


class CountingCache(StatsCache):
    """Counts the boards it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.boards = 0

    def figures(self, *arguments: Any) -> Any:
        self.boards += 1
        return super().figures(*arguments)


def test_figures_of_the_leaderboard_need_no_statistics(roster: Roster) -> None:
    cache = CountingCache()
    views = Views(sample_board(roster), at(2 * DAY), cache)
    rows = [
        {its.key: its.value(view) for its in CATALOGUE.of("account") if "leaderboard" in its.documents}
        for view in views.accounts
    ]
    assert [row["rank"] for row in rows] == [1, 2, None]
    assert cache.boards == 0


def test_statistics_are_computed_once_for_a_board(roster: Roster) -> None:
    cache = CountingCache()
    views = Views(sample_board(roster), at(2 * DAY), cache)
    for view in views.accounts:
        for figure in CATALOGUE.of("account"):
            figure.read(view)
    assert cache.boards == 1


def test_crowding_is_computed_once_and_only_where_coins_are_read(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[Board]()

    def counted(board: Board) -> Crowding:
        made.append(board)
        return board_crowding(board)

    monkeypatch.setattr(board_views, "board_crowding", counted)
    views = views_of(sample_board(roster))
    assert len(views.positions) == 3 and made == []
    for name in ("exposure_net", "exposure_gross", "price"):
        assert list(views.fresh(CATALOGUE.get("coin", name)))
    assert len(made) == 1


def test_views_are_in_the_order_of_the_documents(roster: Roster) -> None:
    views = views_of(sample_board(roster))
    assert [view.account.trader for view in views.accounts] == ["qwen3-max", "gpt-5", "buynhold_btc"]
    assert [(view.account.trader, view.position.coin) for view in views.positions] == [
        ("qwen3-max", "ETH"),
        ("gpt-5", "ETH"),
        ("gpt-5", "BTC"),
    ]
    assert [view.trade.id for view in views.trades] == ["gpt-5_0003", "gpt-5_0002", "gpt-5_0001"]
    assert [view.coin for view in views.coins] == ["ETH", "BTC", "XRP"]
    assert [view.health.feed for view in views.feeds] == ["accounts", "trades", "decisions", "prices"]
    assert views.accounts is views.accounts and views.of("coin") is views.coins
    assert views.of("arena") == (views.arena,)


def test_subjects_name_what_a_view_is_of(roster: Roster) -> None:
    views = views_of(sample_board(roster))
    assert account(views).subject == Subject(key("gpt-5"))
    assert views.positions[0].subject == Subject(key("qwen3-max"), "ETH")
    assert views.trades[0].subject == Subject(key("gpt-5"), "BTC")
    assert views.coins[0].subject == Subject(coin="ETH")
    assert views.feeds[0].subject == Subject(feed=Feed.ACCOUNTS)
    assert views.decisions[0].subject == Subject(key("gpt-5"))
    assert views.arena.subject == NO_SUBJECT
    assert Subject(key("gpt-5"), "ETH").key == '[["s1", "gpt-5", ""], "ETH", null]'
    for subject in (Subject(key("gpt-5"), "ETH"), Subject(feed=Feed.PRICES), NO_SUBJECT):
        assert Subject.from_key(subject.key) == subject


def names(views: Views, subject: Any, name: str) -> list[str]:
    return [view.subject.key for view, _ in views.fresh(CATALOGUE.get(subject, name))]


@pytest.mark.parametrize(("minutes", "count"), [(2 * DAY + 10, 3), (2 * DAY + 10.1, 0)])
def test_records_are_fresh_for_ten_minutes(roster: Roster, minutes: float, count: int) -> None:
    views = views_of(sample_board(roster), minutes=minutes)
    assert len(names(views, "account", "equity_usd")) == count
    assert len(names(views, "position", "leverage")) == count
    assert len(names(views, "coin", "exposure_net")) == count
    assert len(names(views, "feed", "age_s")) == 4


def test_freshness_is_judged_on_the_clock_of_the_api(roster: Roster) -> None:
    """The API's clock is ten minutes ahead, so a row of eleven minutes ago by it is stale."""
    row = account_row(minutes=2 * DAY)
    for skew_s, count in ((0.0, 1), (600.0, 0)):
        board = apply_batch(Board(roster), batch(accounts=(row,), skew_s=skew_s))
        assert len(names(views_of(board), "account", "equity_usd")) == count


def test_a_price_and_a_position_have_times_of_their_own(roster: Roster) -> None:
    board = sample_board(roster)
    board = apply_batch(board, batch(accounts=(account_row("gpt-5", 2 * DAY + 30),)))
    views = views_of(board, minutes=2 * DAY + 31)
    assert names(views, "coin", "price") == []
    assert len(names(views, "coin", "exposure_net")) == 3
    board = apply_batch(board, batch(Feed.PRICES, prices=(price("XRP", 2.4, 2 * DAY + 29),)))
    views = views_of(board, minutes=2 * DAY + 31)
    assert [at_ for _, at_ in views.fresh(CATALOGUE.get("coin", "price"))] == [at(2 * DAY + 29)]
    assert {at_ for _, at_ in views.fresh(CATALOGUE.get("coin", "exposure_net"))} == {at(2 * DAY + 30)}


def test_a_price_without_positions_has_an_exposure_of_zero(roster: Roster) -> None:
    xrp = views_of(sample_board(roster)).coins[-1]
    assert (xrp.coin, xrp.crowd) == ("XRP", None)
    assert CATALOGUE.get("coin", "exposure_net").value(xrp) == 0.0


def test_a_span_has_its_own_figures_and_keeps_the_rank(roster: Roster) -> None:
    span = Span(since=at(DAY))
    view = account(views_of(sample_board(roster), span=span))
    values = {
        name: CATALOGUE.get("account", name).value(view) for name in ("rank", "return_pct", "n", "trades")
    }
    assert values == {"rank": 2, "return_pct": pytest.approx(-25.0), "n": 1, "trades": 0}
    assert CATALOGUE.get("account", "upstream").value(view) == []


def test_an_empty_board_has_no_views(roster: Roster) -> None:
    views = Views(Board(roster), at(), StatsCache())
    subjects: Any = ("account", "position", "trade", "coin", "feed", "decision", "event")
    assert [len(views.of(subject)) for subject in subjects] == [0] * 7
    assert at() - views.arena.observed_at == timedelta(0)
