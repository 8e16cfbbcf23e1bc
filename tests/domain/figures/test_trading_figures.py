"""Figures of an account's trades, positions and decisions, in the numbers of a hand-made board."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.decisions.attribution import Attribution
from nof1tui.domain.decisions.outcomes import EntryOutcome, decision_figures
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.records import Position, Signal
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import (
    Line,
    account,
    check,
    sample_board,
    views_of,
)
from tests.support.builders import account_row, batch, decision, position, trade

OF_3 = "3 of 30 daily returns"
NEEDS_90 = "needs 90 daily returns, has 3"
NOT_READ = "decisions not read"


@pytest.fixture
def gpt(roster: Roster) -> AccountView:
    return account(views_of(sample_board(roster)))


def test_trades(gpt: AccountView) -> None:
    """Trades of +30, −10 (a short) and −20, each with fees of 2."""
    weak = "3 of 30 trades"
    check("account", gpt, [
        ("trades", 3, None, None),
        ("win_rate_pct", 100 / 3, 3, weak),
        ("profit_factor", 30 / 30, 3, weak),
        ("payoff", 30 / 15, 3, weak),
        ("expectancy_usd", 0.0, 3, weak),
        ("net_usd", 0.0, 3, None),
        ("gross_usd", 6.0, 3, None),
        ("fees_usd", 6.0, 3, None),
        ("fee_share_pct", 100 * 6 / 32, 3, weak),
        ("biggest_win_usd", 30.0, 3, None),
        ("biggest_loss_usd", -20.0, 3, None),
        ("hold_median_s", 5_400.0, 3, weak),
        ("hold_mean_s", 5_400.0, 3, weak),
        ("longest_win_streak", 1, None, None),
        ("longest_loss_streak", 2, None, None),
        ("current_streak", -2, None, None),
    ])  # fmt: skip


def test_trades_by_side_and_coin(gpt: AccountView) -> None:
    longs = {"trades": 2, "net_usd": 10.0, "win_rate_pct": 50.0, "n": 2, "reason": "2 of 30 trades"}
    shorts = {"trades": 1, "net_usd": -10.0, "win_rate_pct": 0.0, "n": 1, "reason": "1 of 30 trades"}
    shares = ({"share_pct": pytest.approx(200 / 3)}, {"share_pct": pytest.approx(100 / 3)})
    value = default_catalogue().get("account", "by_side").value(gpt)
    assert value == [{"side": "long"} | longs | shares[0], {"side": "short"} | shorts | shares[1]]
    value = default_catalogue().get("account", "by_coin").value(gpt)
    assert value == [{"coin": "BTC"} | longs | shares[0], {"coin": "ETH"} | shorts | shares[1]]


@pytest.mark.parametrize(
    ("nets", "net", "win_rate"),
    [
        ((), (0.0, 0, None), (None, 0, "no trades")),
        ((5.0, None), (5.0, 1, "1 of 2 trades without a result"), (100.0, 1, "1 of 30 trades")),
        ((None, None), (None, 0, "2 of 2 trades without a result"), (None, 0, "no trades")),
    ],
)
def test_a_trade_without_a_result_is_left_out_with_a_reason(
    roster: Roster, nets: Any, net: Any, win_rate: Any
) -> None:
    trades = tuple(trade(number, gross_usd=1.0, net_usd=value) for number, value in enumerate(nets))
    board = apply_batch(Board(roster), batch(accounts=(account_row(),), trades=trades))
    view = account(views_of(board, minutes=1))
    check(
        "account", view, [("net_usd", *net), ("win_rate_pct", *win_rate), ("trades", len(nets), None, None)]
    )


def test_exposure(gpt: AccountView) -> None:
    """2 ETH long at 4,000 on a margin of 1,000; 0.01 BTC short at 100,000, 10x; equity 9,000."""
    check("account", gpt, [
        ("positions", 2, None, None),
        ("long_usd", 8_000.0, 1, None),
        ("short_usd", 1_000.0, 1, None),
        ("exposure_gross", 9_000 / 9_000, 2, None),
        ("exposure_net", 7_000 / 9_000, 2, None),
        ("leverage", 10.0, 2, None),
        ("leverage_used", 9_000 / 1_100, 2, None),
        ("margin_share_pct", 100 * 1_100 / 9_000, 2, None),
        ("nearest_stop_pct", 7.0, 2, None),
        ("nearest_liquidation_pct", 5.0, 2, None),
    ])  # fmt: skip


FLAT: list[Line] = [
    ("exposure_gross", 0.0, 0, None),
    ("leverage", None, 0, "flat"),
    ("nearest_stop_pct", None, 0, "flat"),
]
UNPRICED: list[Line] = [
    ("exposure_gross", None, 1, "a position has no price"),
    ("exposure_net", None, 1, "a position has no price"),
    ("long_usd", None, 1, "a position has no price"),
    ("short_usd", 0.0, 0, None),
    ("leverage", None, 1, "leverage is unknown"),
    ("margin_share_pct", None, 1, "margin is unknown"),
]


@pytest.mark.parametrize(
    ("equity", "held", "table"),
    [
        (10_000.0, (), FLAT),
        (10_000.0, (Position("ETH", 1.0),), UNPRICED),
        (-5.0, (position(),), [("exposure_gross", None, 1, "equity is not above zero")]),
    ],
)
def test_why_an_exposure_is_missing(roster: Roster, equity: float, held: Any, table: list[Line]) -> None:
    board = apply_batch(Board(roster), batch(accounts=(account_row(equity=equity, positions=held),)))
    check("account", account(views_of(board, minutes=1)), table)


def test_decisions_that_were_not_read_have_no_figures(gpt: AccountView) -> None:
    names = ("entry_signals", "signals_filled_pct", "time_to_fill_s", "brier", "calibration", "stop_outcomes")
    check("account", gpt, [(name, None, None, NOT_READ) for name in names])


def test_entries_confidence_and_stops(gpt: AccountView) -> None:
    """Two entries with a confidence of 0.8: one won 30 at its target, one lost 10 at its stop; no orders."""

    def entry(number: int, net: float, exit_price: float) -> EntryOutcome:
        signal = Signal("BTC", "buy_to_enter", confidence=0.8, profit_target=110.0, stop_loss=90.0)
        closed = trade(number, net=net, exit_price=exit_price)
        return EntryOutcome(Attribution(decision(number), signal), (closed,), stop=90.0)

    outcomes = decision_figures((entry(1, 30.0, 110.0), entry(2, -10.0, 90.0)))
    view = structs.replace(gpt, outcomes=outcomes)
    weak = "2 of 30 entries that were closed"
    check("account", view, [
        ("entry_signals", 2, None, None),
        ("signals_filled_pct", 0.0, 2, None),
        ("time_to_fill_s", None, 0, "no entries with an order"),
        ("brier", (0.2**2 + 0.8**2) / 2, 2, weak),
        ("stop_outcomes", {"target": 1, "before": 0, "kept": 1, "overrun": 0}, None, None),
    ])  # fmt: skip
    assert default_catalogue().get("account", "calibration").value(view) == [
        {
            "low": 0.8, "high": 0.9, "stated_pct": pytest.approx(80.0), "won_pct": 50.0,
            "net_usd": 10.0, "n": 2, "reason": weak,
        }
    ]  # fmt: skip
