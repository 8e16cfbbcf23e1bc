"""Readings of metrics: every numeric figure of subjects with fresh records, computed once and on demand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from nof1tui.domain.alerts.evaluate import AlertState, evaluate_rules
from nof1tui.domain.alerts.metrics import WATCHED_SUBJECTS, metric_readings, watchable_figures
from nof1tui.domain.alerts.parser import RuleConfig, parse_rules
from nof1tui.domain.board import Board
from nof1tui.domain.figures import board_views
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.figure import Figure, declare
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.health import STALE_AFTER
from nof1tui.domain.metrics.crowding import Crowding
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache, board_crowding
from tests.domain.figures.sample_views import DAY, sample_board, views_of
from tests.support.builders import account_row, at, batch, board, key, position, price

CATALOGUE = watchable_figures(catalogues.default_catalogue())
FIGURES = [figure for subject in WATCHED_SUBJECTS for figure in CATALOGUE.of(subject)]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.subject}.{figure.key}")
def test_a_reading_is_the_figure_of_each_subject(roster: Roster, figure: Figure[Any]) -> None:
    views = views_of(sample_board(roster))
    read = {reading.subject: reading.value for reading in metric_readings(figure, views)}
    known = {view.subject: figure.number(view) for view in views.of(figure.subject)}
    if figure.feed is Feed.PRICES:
        del known[Subject(coin="ETH")]  # held, without a price
    assert read == known != {}


@pytest.mark.parametrize(
    ("when", "coin", "subject", "value"),
    [
        ("sortino < 0", None, Subject(key()), -12.3075),
        ("long_usd > 5000", None, Subject(key()), 20_062.939),
        ("held_s > 1d", "any", Subject(key(), "ETH"), (2 * DAY + 1_142) * 60),
        ("holders > 0", "any", Subject(coin="ETH"), 1.0),
        ("exposure_gross > 1", "any", Subject(coin="ETH"), 20_062.939 / 9_500.0),
        ("requests > 0", None, Subject(feed=Feed.ACCOUNTS), 1.0),
    ],
)
def test_rules_on_figures_that_were_no_metrics_of_0_1(
    roster: Roster, when: str, coin: str | None, subject: Subject, value: float
) -> None:
    rows = tuple(
        account_row(minutes=DAY * day, equity=equity, positions=(position(),))
        for day, equity in enumerate((10_100.0, 9_900.0, 9_500.0))
    )
    rules = parse_rules([RuleConfig(when=when, coin=coin, at_start=True)])
    seen = board(roster, batch(accounts=rows))
    (alert,) = evaluate_rules(rules, AlertState(), seen, at(2 * DAY)).alerts
    assert alert.subject == subject
    assert alert.value == pytest.approx(value, rel=1e-4)


def test_records_older_than_ten_minutes_have_no_reading(roster: Roster) -> None:
    prices = batch(Feed.PRICES, prices=(price("BTC", 110_000.0, 8),))
    old = board(roster, batch(accounts=(account_row(positions=(position(),)),)), prices)

    def subjects(moment: datetime, *keys: str) -> list[int]:
        views = Views(old, moment, StatsCache())
        figures = (CATALOGUE.find(key, WATCHED_SUBJECTS).figure for key in keys)
        return [len(list(metric_readings(figure, views))) for figure in figures]

    watched = ("account.equity_usd", "position.leverage", "coin.holders", "coin.price", "feed.requests")
    assert subjects(at() + STALE_AFTER, *watched) == [1, 1, 2, 1, 2]
    assert subjects(at(1) + STALE_AFTER, *watched) == [0, 0, 0, 1, 2]
    assert subjects(at(9) + STALE_AFTER, *watched) == [0, 0, 0, 0, 2]


def test_a_coin_that_is_closed_everywhere_has_an_exposure_of_0_while_it_has_a_price(roster: Roster) -> None:
    rules = parse_rules([RuleConfig(when="coin.exposure_gross > 1x", coin="ETH", cool_down=0)])
    prices = batch(Feed.PRICES, prices=(price("ETH", 4_000.0, 0),))
    boards = [
        board(roster, batch(accounts=(account_row(minutes=minute, positions=held),)), prices)
        for minute, held in enumerate([(), (position(),), (), (position(),)])
    ]
    state, fired = AlertState(), list[float]()
    for minute, seen in enumerate(boards):
        evaluation = evaluate_rules(rules, state, seen, at(minute))
        state = evaluation.state
        fired += [minute for _ in evaluation.alerts]
    assert fired == [1, 3]


class Counted(StatsCache):
    """Counts how often the statistics of a board are asked for."""

    asked = 0

    def figures(self, *arguments: Any) -> Any:
        self.asked += 1
        return super().figures(*arguments)


@pytest.mark.parametrize(
    ("watched", "asked"),
    [
        (("equity_usd < 1", "sharpe < 0", "drawdown_pct < -5", "rank > 1", "win_rate_pct < 40"), 0),
        (("sortino < 0",), 1),
        (("sortino < 0", "beta > 1", "stop_distance_pct < 5", "margin_share_pct > 50"), 1),
    ],
)
def test_statistics_are_computed_once_and_only_for_rules_on_them(
    roster: Roster, watched: tuple[str, ...], asked: int
) -> None:
    stats = Counted()
    rules = parse_rules([RuleConfig(when=when) for when in watched])
    evaluate_rules(rules, AlertState(), sample_board(roster), at(2 * DAY), stats)
    assert stats.asked == asked


def test_views_are_made_once_for_each_board(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Board]()

    def compute(seen: Board) -> Crowding:
        made.append(seen)
        return board_crowding(seen)

    monkeypatch.setattr(board_views, "board_crowding", compute)
    rules = parse_rules([RuleConfig(when=f"crowd_net > {n}", coin="any") for n in range(1, 9)])
    evaluate_rules(rules, AlertState(), sample_board(roster), at(2 * DAY))
    assert len(made) == 1


@declare(AccountView, "account", "ratio", "Luck")
def luck(account: AccountView) -> float:
    """Share of heads."""
    return 0.75


def test_a_figure_that_is_declared_can_be_watched(roster: Roster) -> None:
    catalogue = catalogues.default_catalogue().with_figure(luck)
    rules = parse_rules([RuleConfig(when="luck > 0.5", at_start=True, trader="gpt-5")], catalogue=catalogue)
    (alert,) = evaluate_rules(rules, AlertState(), sample_board(roster), at(2 * DAY)).alerts
    assert (alert.metric, alert.value, alert.message) == ("luck", 0.75, "GPT 5: luck 0.75 > 0.50")
