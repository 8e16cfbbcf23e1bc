"""Figures of closed trades by example."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics.trades import Streaks, TradeFigures, trade_figures
from nof1tui.domain.records import Trade
from tests.support.builders import trade

NETS = st.lists(st.integers(-50, 50).map(float), max_size=40)


def trades(*nets: float | None, **changes: Any) -> list[Trade]:
    """Trades with these results, closed an hour apart."""
    return [trade(number, minutes=60.0 * number, **{**changes, "net": 0.0})
            if net is None else trade(number, minutes=60.0 * number, net=net, **changes)
            for number, net in enumerate(nets)]  # fmt: skip


def figures(*nets: float, **changes: Any) -> TradeFigures:
    return trade_figures(trades(*nets, **changes))


def test_rates_use_net_results() -> None:
    result = figures(30.0, -10.0, 10.0, 0.0, -10.0)
    assert result.win_rate_pct.value == 40.0
    assert result.profit_factor.value == 2.0
    assert result.payoff.value == 2.0
    assert result.expectancy_usd.value == 4.0
    assert (result.biggest_win_usd.value, result.biggest_loss_usd.value) == (30.0, -10.0)
    assert {result.win_rate_pct.n, result.payoff.n, result.biggest_win_usd.n} == {5}


def test_few_trades_make_weak_rates_but_their_extremes_are_facts() -> None:
    few, many = figures(*[5.0, -3.0] * 14), figures(*[5.0, -3.0] * 15)
    assert (few.win_rate_pct.is_weak, few.win_rate_pct.reason) == (True, "28 of 30 trades")
    assert not many.win_rate_pct.is_weak
    assert not few.biggest_win_usd.is_weak


@pytest.mark.parametrize(
    ("nets", "name", "reason"),
    [
        ((), "win_rate_pct", "no trades"),
        ((1.0,), "profit_factor", "no losing trade"),
        ((1.0,), "payoff", "no losing trade"),
        ((-1.0,), "payoff", "no winning trade"),
        ((-1.0,), "biggest_win_usd", "no winning trade"),
        ((0.0,), "biggest_loss_usd", "no losing trade"),
    ],
)
def test_missing_figures_have_a_reason(nets: tuple[float, ...], name: str, reason: str) -> None:
    result = getattr(figures(*nets), name)
    assert (result.value, result.reason) == (None, reason)


def test_a_trade_of_unknown_result_is_counted_and_nothing_more() -> None:
    unknown = trade(9, minutes=30.0, net_usd=None, gross_usd=None, fees_usd=None)
    result = trade_figures([*trades(4.0, -2.0), unknown])
    assert (result.totals.trades, result.win_rate_pct.n, result.win_rate_pct.value) == (3, 2, 50.0)
    assert result.streaks == Streaks(1, 1, -1)


def test_the_fee_share_is_of_gross_profit() -> None:
    rows = [trade(1, gross_usd=80.0, fees_usd=5.0), trade(2, gross_usd=-50.0, fees_usd=5.0)]
    result = trade_figures([*rows, trade(3, gross_usd=20.0, fees_usd=10.0)])
    assert result.fee_share_pct.value == 20.0
    assert trade_figures(rows[1:]).fee_share_pct.reason == "no gross profit"


def test_holding_times_are_averaged_where_the_entry_is_known() -> None:
    rows = [trade(number, entry_at=at) for number, at in enumerate([None] * 2)]
    assert trade_figures(rows).hold_mean_s.reason == "no trades"
    result = trade_figures([*rows, trade(3)])
    assert (result.hold_mean_s.value, result.hold_median_s.value, result.hold_mean_s.n) == (
        5_400.0,
        5_400.0,
        1,
    )


def test_trades_are_broken_down_by_side_and_coin() -> None:
    rows = [
        trade(1, net=10.0, side="long", coin="BTC"),
        trade(2, net=-4.0, side="short", coin="ETH"),
        trade(3, net=-5.0, side=None, quantity=-2.0, coin="BTC"),
        trade(4, net=7.0, side=None, quantity=None, coin="XRP"),
    ]
    result = trade_figures(rows)
    assert [(part.name, part.trades, part.net_usd) for part in result.sides] == [
        ("long", 1, 10.0),
        ("short", 2, -9.0),
    ]
    assert [(part.name, part.net_usd, part.share_pct) for part in result.coins] == [
        ("XRP", 7.0, 25.0),
        ("BTC", 5.0, 50.0),
        ("ETH", -4.0, 25.0),
    ]


@pytest.mark.parametrize(
    ("nets", "expected"),
    [
        ((), Streaks(0, 0, 0)),
        ((1.0, 1.0, -1.0, 1.0, 1.0, 1.0), Streaks(3, 1, 3)),
        ((1.0, -1.0, -1.0), Streaks(1, 2, -2)),
        ((1.0, 0.0, 1.0), Streaks(1, 0, 1)),
        ((1.0, 1.0, 0.0), Streaks(2, 0, 0)),
        ((1.0, 0.0, 0.0, -1.0), Streaks(1, 1, -1)),
    ],
)
def test_streaks_run_by_time_of_exit(nets: tuple[float, ...], expected: Streaks) -> None:
    assert figures(*nets).streaks == expected


def test_the_last_streak_is_that_of_the_last_exit_whatever_the_ids() -> None:
    rows = [
        trade(9, minutes=0.0, net=5.0),
        trade(1, minutes=60.0, net=-5.0),
        trade(5, minutes=90.0, net=-1.0),
    ]
    assert trade_figures(rows).streaks.current == -2


@given(NETS, st.randoms())
def test_the_order_in_which_trades_arrive_changes_nothing(nets: list[float], chance: Random) -> None:
    rows = trades(*nets)
    result = trade_figures(rows)
    chance.shuffle(rows)
    assert trade_figures(rows) == result


@given(NETS)
def test_parts_add_up_to_the_whole(nets: list[float]) -> None:
    rows = [trade(number, net=net, minutes=number, coin="ABC"[number % 3]) for number, net in enumerate(nets)]
    result = trade_figures(rows)
    assert sum(part.trades for part in result.coins) == result.totals.trades
    assert sum(part.net_usd for part in result.coins) == pytest.approx(result.totals.net_usd)
    assert sum(part.share_pct for part in result.coins) == pytest.approx(100.0 if rows else 0.0)


@given(NETS, st.sampled_from([0.5, 2.0, 64.0]))
def test_trades_of_another_size_keep_their_ratios(nets: list[float], scale: float) -> None:
    result, scaled = figures(*nets), figures(*(net * scale for net in nets))
    for name in ("win_rate_pct", "profit_factor", "payoff"):
        assert getattr(scaled, name) == getattr(result, name)
    assert scaled.streaks == result.streaks
    assert scaled.expectancy_usd.value == (
        None if result.expectancy_usd.value is None else pytest.approx(result.expectancy_usd.value * scale)
    )
