"""Reported figures compared with computed ones: agreement, difference and reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from nof1tui.domain.records import AccountRow, Analytics, Feed, Inception, Trade
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.domain.stats.upstream_diff import (
    EQUITY_MISMATCH,
    UNPUBLISHED,
    UpstreamDiff,
    account_upstream_diffs,
)
from nof1tui.sources.nof1 import decoder
from tests.support.builders import account_row, at, batch, board, key, position, trade


def analytics(minutes: float = 100.0, **changes: float) -> Analytics:
    fees = {"total_fees_paid": 4.0, "overall_pnl_with_fees": 5.0, "total_fees_as_pct_of_pnl": 80.0}
    fees |= {"biggest_net_gain": 12.5, "biggest_net_loss": -7.5}
    tables = {
        "fee_pnl_moves_breakdown_table": fees,
        "winners_losers_breakdown_table": {"win_rate": 50.0},
        "overall_trades_overview_table": {"total_trades": 2, "avg_convo_leverage": 12.5} | changes,
    }
    return Analytics(key(), at(minutes), at(minutes), json.dumps(tables))


TRADES = (trade(1, minutes=10, net=12.5), trade(2, minutes=20, net=-7.5))


def compared(
    roster: Roster,
    row: AccountRow,
    trades: Sequence[Trade] = TRADES,
    stated: Analytics | None = None,
    capital: float = 0.0,
) -> dict[str, UpstreamDiff]:
    inceptions = (Inception(key(), at(-9), capital, at(-9)),) if capital else ()
    made = board(
        roster,
        batch(accounts=(row,), trades=tuple(trades), inceptions=inceptions),
        batch(Feed.ANALYTICS, analytics=(stated,) if stated else ()),
    )
    (figures,) = StatsCache().figures(made)
    return {check.key: check for check in account_upstream_diffs(made, figures)}


def test_figures_with_equal_definitions_agree(roster: Roster) -> None:
    checks = compared(roster, account_row(), stated=analytics())
    agreeing = {"return_pct", "equity_usd", "trades", "win_rate_pct", "fees_usd", "net_usd"}
    agreeing |= {"biggest_win_usd", "biggest_loss_usd"}
    assert {name for name, check in checks.items() if check.agrees} == agreeing


def test_the_reported_sharpe_ratio_has_another_definition(roster: Roster) -> None:
    rows = (account_row(minutes=-3_000, equity=9_000.0), account_row())
    made = board(roster, batch(accounts=rows))
    (figures,) = StatsCache().figures(made)
    check = next(check for check in account_upstream_diffs(made, figures) if check.key == "sharpe")
    assert (check.upstream, check.agrees, check.reason) == (0.31, False, UNPUBLISHED)


def test_reported_pnl_that_does_not_add_up_is_inconsistent(roster: Roster) -> None:
    row = account_row(equity=10_500.0, realized_usd=700.0, unrealized_usd=-100.0)
    assert compared(roster, row)["equity_usd"].agrees is False
    assert compared(roster, row)["equity_usd"].reason == EQUITY_MISMATCH


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (analytics(15.0, total_trades=1), "stale: from 26 Oct 04:15, before the newest trade"),
        (analytics(total_trades=7), "other trades: the API counts 5 that it no longer lists"),
        (analytics(total_trades=1), "other trades: 1 stored here that the API does not count"),
    ],
)
def test_stale_and_other_trades_are_distinguished(roster: Roster, stated: Analytics, reason: str) -> None:
    assert compared(roster, account_row(), stated=stated)["trades"].reason == reason


def test_a_return_on_another_base_is_explained(roster: Roster) -> None:
    check = compared(roster, account_row(equity=10_500.0), capital=20_000.0)["return_pct"]
    assert (check.ours, check.upstream) == (pytest.approx(-47.5), 5.0)
    assert check.reason == "another base: $10,000, not $20,000"


def test_a_missing_figure_is_not_a_difference(roster: Roster) -> None:
    row = account_row(
        return_pct_reported=None, sharpe_reported=None, unrealized_usd=None, positions=(position(),)
    )
    checks = compared(roster, row, stated=Analytics(key(), at(), at(), "[]"))
    assert not any(check.agrees is False for check in checks.values())


def test_recorded_analytics_agree_or_say_why(recordings: Path, roster: Roster) -> None:
    folder = recordings / "2025-10-26T041905Z"
    made = board(
        roster,
        *(
            decoder.decode_body(name, (folder / file).read_bytes(), fetched_at=at(), roster=roster)
            for name, file in (
                ("account-totals", "account-totals-last.json"),
                ("trades", "trades.json"),
                ("analytics", "analytics.json"),
            )
        ),
    )
    seen = set[str | None]()
    for figures in StatsCache().figures(made):
        for check in account_upstream_diffs(made, figures):
            assert check.reason != "unexplained", (figures.account.trader, check)
            seen.add(check.reason)
    assert None in seen
