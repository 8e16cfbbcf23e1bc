"""Figures of an account, in the numbers of a hand-made board: value, return, risk, chain."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from typing import Any

import pytest
from msgspec import structs

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.records import Reconciliation
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.curve import Curve
from tests.domain.figures.sample_views import (
    BENCHMARK,
    DAY,
    Line,
    account,
    check,
    sample_board,
    three_days,
    views_of,
)
from tests.support.builders import account_row, at, batch, key, position

OF_3 = "3 of 30 daily returns"
NEEDS_90 = "needs 90 daily returns, has 3"
NOT_READ = "decisions not read"
DAILY = (0.0, 0.2, -0.25)
"""Returns of gpt-5: 10,000, then 12,000, then 9,000, of a capital of 10,000."""


@pytest.fixture
def gpt(roster: Roster) -> AccountView:
    return account(views_of(sample_board(roster)))


@pytest.fixture
def benchmark(roster: Roster) -> AccountView:
    return account(views_of(sample_board(roster)), BENCHMARK)


def test_identity_and_newest_row(gpt: AccountView) -> None:
    check("account", gpt, [
        ("trader", "gpt-5", None, None),
        ("name", "GPT 5", None, None),
        ("maker", "OpenAI", None, None),
        ("season", "s1", None, None),
        ("competition", None, None, None),
        ("rank", 2, None, None),
        ("rank_change", -1, None, None),
        ("equity_usd", 9_000.0, None, None),
        ("capital_usd", 10_000.0, None, None),
        ("realized_usd", -1_000.0, None, None),
        ("unrealized_usd", 0.0, None, None),
        ("observed_at", at(2 * DAY), None, None),
        ("fetched_at", at(2 * DAY + 0.5), None, None),
    ])  # fmt: skip


def test_a_benchmark_is_not_ranked(benchmark: AccountView) -> None:
    check("account", benchmark, [
        ("rank", None, None, "a benchmark is not ranked"),
        ("rank_change", None, None, "a benchmark is not ranked"),
        ("excess_pct", 0.0, 3, None),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("reported", "parts", "value", "n", "reason"),
    [
        (12.5, (1.0, 2.0), 12.5, None, None),
        (None, (1.0, 2.0), 3.0, 2, "not reported: sum over 2 of 2 positions"),
        (None, (1.0, None), 1.0, 1, "not reported: sum over 1 of 2 positions"),
        (None, (None, None), None, 0, "not reported"),
        (None, (), None, 0, "not reported"),
    ],
)
def test_unrealised_pnl_is_as_reported_else_a_sum(
    roster: Roster, reported: Any, parts: Any, value: Any, n: Any, reason: Any
) -> None:
    held = tuple(position(unrealized_usd=part) for part in parts)
    row = account_row(unrealized_usd=reported, positions=held)
    check("account", Observation(row, roster.trader("gpt-5")), [("unrealized_usd", value, n, reason)])


def test_returns_and_drawdowns(gpt: AccountView) -> None:
    check("account", gpt, [
        ("return_pct", -10.0, 3, None),
        ("return_reported_pct", -10.0, None, None),
        ("change_24h_pct", -25.0, None, None),
        ("excess_pct", -15.0, 3, None),
        ("max_drawdown_pct", -25.0, 3, None),
        ("max_drawdown_daily_pct", -25.0, 3, None),
        ("drawdown_pct", -25.0, 3, None),
        ("underwater_s", 86_400.0, 3, None),
        ("longest_underwater_s", 86_400.0, 3, None),
        ("cagr_pct", None, 3, NEEDS_90),
        ("calmar", None, 3, NEEDS_90),
    ])  # fmt: skip


def test_risk(gpt: AccountView) -> None:
    mean = sum(DAILY) / 3
    deviation = sqrt(sum((each - mean) ** 2 for each in DAILY) / 2)
    check("account", gpt, [
        ("n", 3, None, None),
        ("volatility_pct", 100 * deviation * sqrt(365), 3, OF_3),
        ("sharpe", mean / deviation * sqrt(365), 3, OF_3),
        ("sharpe_reported", 0.31, None, None),
        ("sortino", mean / sqrt(0.25**2 / 3) * sqrt(365), 3, OF_3),
        ("omega", 0.2 / 0.25, 3, OF_3),
        ("var95_pct", -22.5, 3, OF_3),
        ("cvar95_pct", -25.0, 3, OF_3),
    ])  # fmt: skip


def test_the_benchmark_is_its_own_market(benchmark: AccountView) -> None:
    check("account", benchmark, [
        ("beta", 1.0, 3, "3 of 30 daily returns of both"),
        ("correlation", 1.0, 3, "3 of 30 daily returns of both"),
        ("sortino", None, 3, "no losing day"),
    ])  # fmt: skip


def test_the_first_row_has_no_risk_and_no_change(roster: Roster) -> None:
    board = apply_batch(Board(roster), batch(accounts=(account_row(equity=10_500.0),)))
    check("account", account(views_of(board, minutes=1)), [
        ("return_pct", 5.0, 1, None),
        ("change_24h_pct", None, None, "the value of 24 h ago is missing"),
        ("rank_change", None, None, "a value of 24 h ago is missing"),
        ("sharpe", None, 1, "needs 2 daily returns, has 1"),
        ("excess_pct", None, 1, "no market to compare with"),
        ("beta", None, 0, "no BTC hold in this season"),
    ])  # fmt: skip


def test_the_peak_of_the_season_counts_though_its_point_was_thinned_out(gpt: AccountView) -> None:
    """A curve that once reached 12,000 and keeps 10,000 and 9,000: 25 % below its peak, not 10 %."""
    kept = Curve.of(10_000.0, [(0.0, 10_000.0), (86_400.0, 9_000.0)])
    curve = Curve(10_000.0, kept.times, kept.values, peak_usd=12_000.0, max_drawdown=-0.25)
    check("account", structs.replace(gpt, curve=curve), [("drawdown_pct", -25.0, 2, None)])


CHECKED = at(5)


@pytest.mark.parametrize(
    ("reconciliation", "table"),
    [
        (None, [("chain", None, None, None), ("drift_usd", None, None, "the wallet is unknown")]),
        (
            Reconciliation(key(), "agrees", CHECKED),
            [("chain", "agrees", None, None), ("drift_pct", None, None, "agrees with the chain")],
        ),
        (
            Reconciliation(key(), "drift", CHECKED, "equity differs", -12.5, -0.1, CHECKED),
            [
                ("chain", "drift", None, None),
                ("drift_usd", -12.5, None, None),
                ("drift_pct", -0.1, None, None),
                ("chain_checked_at", CHECKED, None, None),
            ],
        ),
    ],
)
def test_the_comparison_with_the_chain(gpt: AccountView, reconciliation: Any, table: list[Line]) -> None:
    check("account", structs.replace(gpt, check=reconciliation), table)


def test_reasons_and_basis_list_what_the_other_figures_are_based_on(gpt: AccountView) -> None:
    reasons = default_catalogue().get("account", "reasons").value(gpt)
    assert reasons["sharpe"] == OF_3 and reasons["brier"] == NOT_READ and "equity_usd" not in reasons
    basis = default_catalogue().get("account", "basis").value(gpt)
    assert basis["sharpe"] == {
        "n": 3, "counted": "daily returns", "ci_low": None, "ci_high": None,
        "reason": OF_3, "marks": ["weak"], "source": "computed",
    }  # fmt: skip
    assert basis["cagr_pct"]["marks"] == [] and "reasons" not in basis
    assert {name for name, each in basis.items() if each["reason"]} == set(reasons)


def test_figures_as_reported_are_listed_beside_ours(gpt: AccountView) -> None:
    listed = default_catalogue().get("account", "upstream").value(gpt)
    assert listed[0] == {"figure": "return_pct", "ours": pytest.approx(-10.0), "theirs": -10.0, "why": None}
    assert [line["figure"] for line in listed] == ["return_pct", "sharpe", "equity_usd"]


@pytest.mark.parametrize(("capital", "value", "reason"), [
    (10_000.0, 5.0, None),
    (0.0, None, "the capital is unknown or not above zero"),
    (None, None, "the capital is unknown or not above zero"),
])  # fmt: skip
def test_a_stored_row_has_our_return_and_the_reported_one(
    roster: Roster, capital: Any, value: Any, reason: Any
) -> None:
    row = account_row(equity=10_500.0, return_pct_reported=5.1)
    observation = Observation(row, roster.trader("gpt-5"), capital)
    check("account", observation, [
        ("return_pct", value, None, reason),
        ("return_reported_pct", 5.1, None, None),
    ])  # fmt: skip


def test_a_drawdown_ends_at_a_new_peak(roster: Roster) -> None:
    rows = three_days("gpt-5", (10_000.0, 9_000.0, 13_000.0))
    board = apply_batch(Board(roster), batch(accounts=rows))
    check("account", account(views_of(board)), [
        ("drawdown_pct", 0.0, 3, None),
        ("max_drawdown_pct", -10.0, 3, None),
        ("underwater_s", 0.0, 3, None),
        ("longest_underwater_s", 2 * timedelta(days=1).total_seconds(), 3, None),
    ])  # fmt: skip
