"""Capital on a board: stated, else inferred from what rows report, else unknown; never invented."""

from __future__ import annotations

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.records import AccountRow, Feed, Inception
from nof1tui.domain.returns.capital import capital_of_row, settled_capital
from nof1tui.domain.roster import Roster, Season, TraderInfo
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.support.builders import account_row, at, batch, key

OPEN = Roster()
"""No season with a capital: a server of one's own."""
GPT = key(season="open")


def row(
    equity: float,
    percent: float | None = None,
    realized: float | None = None,
    unrealized: float | None = None,
    minutes: float = 0.0,
    trader: str = "gpt-5",
) -> AccountRow:
    return account_row(
        trader,
        minutes,
        equity,
        account=key(trader, "open"),
        return_pct_reported=percent,
        realized_usd=realized,
        unrealized_usd=unrealized,
    )


def rows(*each: AccountRow) -> Batch:
    return batch(accounts=each)


def board(*batches: Batch, roster: Roster = OPEN) -> Board:
    made = Board(roster)
    for each in batches:
        made = apply_batch(made, each)
    return made


def return_pct(made: Board) -> float | None:
    return made.leaderboard[0].return_pct


@pytest.mark.parametrize(
    ("equity", "percent", "realized", "unrealized", "capital"),
    [
        (50_010.0, 0.02, 10.0, 0.0, 50_000.0),
        (100_020.0, 0.02, 20.0, 0.0, 100_000.0),
        (50_000.0, 0.0, 0.0, 0.0, 50_000.0),
        (842.17, -15.783, -120.33, -37.5, 1_000.0),
        (2_892.2, -71.078, -7_120.1, -12.3, 10_000.0),
        (50_012.34, 0.02, None, None, 50_000.0),
        (12_654.31, (12_654.31 / 12_345.69 - 1) * 100, None, None, 12_345.69),
        (5_200.0, 4.0, -300.0, 0.0, None),
        (5_200.0, None, 200.0, 0.0, None),
        (0.0, -100.0, -1_000.0, 0.0, None),
    ],
)
def test_the_capital_of_a_row_is_the_roundest_sum_that_its_percent_allows(
    equity: float,
    percent: float | None,
    realized: float | None,
    unrealized: float | None,
    capital: float | None,
) -> None:
    found = capital_of_row(row(equity, percent, realized, unrealized))
    assert found.usd == (None if capital is None else pytest.approx(capital, abs=0.01))
    assert found.reason


def test_accounts_of_different_capital_without_inceptions_have_the_return_they_report() -> None:
    made = board(
        rows(
            *(row(50_000.0 + 5 * n, 0.01 * n, 5.0 * n, 0.0, n, "alpha") for n in range(3)),
            *(row(100_000.0 + 10 * n, 0.01 * n, 10.0 * n, 0.0, n, "steady") for n in range(3)),
        )
    )
    assert {line.account.trader: line.return_pct for line in made.leaderboard} == {
        "alpha": pytest.approx(0.02),
        "steady": pytest.approx(0.02),
    }
    assert (made.capital(key("alpha", "open")).usd, made.capital(key("steady", "open")).usd) == (
        50_000.0,
        100_000.0,
    )
    assert made.capital(key("alpha", "open")).source == "inferred"


@pytest.mark.parametrize(
    ("each", "reason"),
    [
        (row(5_200.0, None, 200.0, 0.0), "capital unknown: no cumulative percent"),
        (row(5_200.0, 4.0, -300.0, 0.0), "capital unknown: 5,000.00 by percent, 5,500.00 by results"),
    ],
)
def test_an_unknown_capital_gives_no_return_and_says_why(each: AccountRow, reason: str) -> None:
    made = board(rows(each))
    assert made.capital(GPT).usd is None
    assert return_pct(made) is None
    (view,) = Views(made, at(1), StatsCache()).accounts
    assert (view.capital_usd, view.capital_reason) == (None, reason)


def test_drawdown_and_days_begin_with_the_first_value_where_the_capital_is_unknown() -> None:
    made = board(
        rows(*(row(equity, minutes=1440.0 * day) for day, equity in enumerate((100.0, 120.0, 90.0))))
    )
    assert made.leaderboard[0].max_drawdown_pct == pytest.approx(-25.0)
    assert made.leaderboard[0].n == 3
    assert made.curves[GPT].base_usd == 100.0


def test_an_inferred_capital_is_kept_while_rows_agree_with_it() -> None:
    made = board(rows(row(50_010.0, 0.02)))
    for minute in range(1, 200):
        equity = 50_000.0 + 7.31 * minute
        made = apply_batch(made, rows(row(equity, round((equity / 50_000.0 - 1) * 100, 3), minutes=minute)))
        assert made.capital(GPT).usd == 50_000.0


def test_a_capital_that_rows_no_longer_agree_with_is_inferred_from_the_newest() -> None:
    assert settled_capital(50_000.0, row(80_000.0, 0.0)) == 80_000.0
    assert settled_capital(50_000.0, row(80_000.0, None)) == 50_000.0
    assert settled_capital(None, row(80_000.0, None)) is None


def inception(usd: float | None) -> Batch:
    return batch(Feed.SEASON, inceptions=(Inception(GPT, at(-60), usd, at()),))


def test_a_stated_capital_replaces_an_inferred_one_in_any_order() -> None:
    stated, seen = inception(20_000.0), rows(row(50_010.0, 0.02))
    for made in (board(stated, seen), board(seen, stated)):
        assert (made.capital(GPT).usd, made.capital(GPT).source) == (20_000.0, "known")
        assert return_pct(made) == pytest.approx(150.05)


def test_an_inception_without_capital_states_none() -> None:
    made = board(inception(None), rows(row(50_010.0, 0.02)))
    assert made.inceptions[GPT].inception_at == at(-60)
    assert (made.capital(GPT).usd, made.capital(GPT).source) == (50_000.0, "inferred")


def test_the_settings_are_believed_before_upstream() -> None:
    roster = Roster(traders=(TraderInfo("gpt-5", "GPT", capital_usd=25_000.0),))
    made = board(inception(20_000.0), rows(row(50_010.0, 0.02)), roster=roster)
    assert made.capital(GPT).usd == 25_000.0


def test_a_season_of_nof1_states_the_capital_of_its_accounts() -> None:
    roster = Roster((Season("s1", "S1", at(-600), at(6_000), 10_000.0),))
    made = board(rows(account_row(equity=10_500.0, return_pct_reported=999.0)), roster=roster)
    assert (made.capital(key()).usd, return_pct(made)) == (10_000.0, pytest.approx(5.0))


def test_the_lead_is_by_reported_growth_where_capitals_are_inferred() -> None:
    first = rows(row(50_000.0, 0.0, trader="alpha"), row(1_010.0, 1.0, trader="beta"))
    then = rows(row(51_000.0, 2.0, minutes=5, trader="alpha"))
    made = board(first, then)
    assert [line.account.trader for line in made.leaderboard] == ["alpha", "beta"]
    (lead,) = (event for event in made.events if event.kind == "lead")
    assert lead.account is not None
    assert (lead.account.trader, lead.at) == ("alpha", at(5))


def test_inceptions_that_arrive_first_are_kept() -> None:
    early = board(inception(20_000.0))
    assert (early.season, early.inceptions) == (None, {})
    made = apply_batch(early, rows(row(50_000.0)))
    assert made.capital(GPT).usd == 20_000.0
    assert return_pct(made) == pytest.approx(150.0)
