"""The book of a simulated account: fees, partial exits, and a cash account that always adds up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.sources.simulated.arena.margin_account import CAPITAL_USD, ClosedTrade, MarginAccount, TradePlan
from nof1tui.sources.simulated.arena.market import seeded_random

PLAN = TradePlan(
    target=120_000.0, stop=95_000.0, invalidation="4h close below 95,000", risk_usd=500, confidence=0.7
)
AT = 1_761_600_000.0
PRICES = [100_000.0, 4_000.0, 200.0, 1_100.0, 0.2, 2.5]


@pytest.fixture
def ledger() -> MarginAccount:
    return MarginAccount(seeded_random("test"))


def test_opening_costs_the_taker_fee_and_nothing_else(ledger: MarginAccount) -> None:
    ledger.open(0, 0.5, 100_000.0, AT, 10, PLAN)
    assert ledger.realized == pytest.approx(-22.5)  # 0.045 % of 50,000
    assert ledger.equity(PRICES) == pytest.approx(CAPITAL_USD - 22.5)
    assert ledger.free_cash == pytest.approx(CAPITAL_USD - 22.5 - 5_000.0)


def test_a_closed_trade_nets_gross_less_both_fees(ledger: MarginAccount) -> None:
    holding = ledger.open(0, 0.5, 100_000.0, AT, 10, PLAN)
    closed = ledger.close(holding, 102_000.0, AT + 600)
    assert closed.gross == pytest.approx(1_000.0)
    assert closed.net == pytest.approx(1_000.0 - 22.5 - 22.95)
    assert ledger.realized == pytest.approx(closed.net)
    assert not ledger.positions


def test_a_partial_exit_keeps_the_rest_open_and_shares_the_entry_order(ledger: MarginAccount) -> None:
    holding = ledger.open(1, -4.0, 4_000.0, AT, 10, PLAN)
    first = ledger.close(holding, 3_900.0, AT + 60, part=-1.5)
    second = ledger.close(holding, 3_800.0, AT + 120)
    assert (first.quantity, second.quantity) == (-1.5, -2.5)
    assert first.position.oid == second.position.oid
    assert first.exit_oid != second.exit_oid
    assert ledger.realized == pytest.approx(first.net + second.net)


def test_a_partial_exit_reports_the_whole_entry_fee_so_net_is_not_gross_less_fees(
    ledger: MarginAccount,
) -> None:
    holding = ledger.open(1, 4.0, 4_000.0, AT, 10, PLAN)
    closed = ledger.close(holding, 4_100.0, AT + 60, part=1.0)
    assert closed.entry_fee == pytest.approx(7.2)
    assert closed.entry_closed == pytest.approx(-1.8)
    assert abs(closed.net - (closed.gross - closed.entry_fee - closed.exit_fee)) > 0.02


@pytest.mark.parametrize(("quantity", "leverage"), [(0.5, 10), (-0.5, 10), (0.1, 25), (-0.1, 5)])
def test_at_its_liquidation_price_a_position_has_lost_less_than_its_margin(
    ledger: MarginAccount, quantity: float, leverage: int
) -> None:
    holding = ledger.open(0, quantity, 100_000.0, AT, leverage, PLAN)
    assert -holding.unrealized(holding.liquidation_price) < holding.margin
    assert holding.lower_trigger < 100_000.0 or quantity < 0


def test_the_benchmark_pays_no_fee_and_has_no_orders(ledger: MarginAccount) -> None:
    ledger.buy_and_hold(0, 0.1, 100_000.0, AT)
    holding = ledger.positions[0]
    assert ledger.realized == 0
    assert (holding.oid, holding.tp_oid, holding.sl_oid) == (-1, -1, -1)
    assert holding.lower_trigger < 1 and holding.upper_trigger > 1e12


def _open(coin: int, size: float) -> Callable[[MarginAccount], None]:
    def do(ledger: MarginAccount) -> None:
        if coin not in ledger.positions:
            ledger.open(coin, size, PRICES[coin], AT, 10, PLAN)

    return do


def _close(coin: int, factor: float, share: float) -> Callable[[MarginAccount], None]:
    def do(ledger: MarginAccount) -> None:
        holding = ledger.positions.get(coin)
        if holding is not None:
            part = None if share > 0.9 else round(holding.quantity * share, 6)
            if part != 0:
                ledger.close(holding, PRICES[coin] * factor, AT + 60, part=part)

    return do


def _add(coin: int, factor: float) -> Callable[[MarginAccount], None]:
    def do(ledger: MarginAccount) -> None:
        holding = ledger.positions.get(coin)
        if holding is not None:
            ledger.add(holding, holding.quantity / 2, PRICES[coin] * factor)

    return do


coins = st.integers(0, 5)
factors = st.floats(0.9, 1.1)
sizes = (
    st.floats(0.01, 5.0).map(lambda size: round(size, 2)).flatmap(lambda size: st.sampled_from([size, -size]))
)
steps = st.one_of(
    st.builds(_open, coins, sizes),
    st.builds(_close, coins, factors, st.floats(0.1, 1.0)),
    st.builds(_add, coins, factors),
)


@given(st.lists(steps, max_size=30))
def test_realised_is_the_net_of_all_trades_less_the_entry_fees_still_open(
    doings: list[Callable[[MarginAccount], None]],
) -> None:
    ledger = MarginAccount(seeded_random("property"))
    for do in doings:
        do(ledger)
    trades: list[ClosedTrade] = list(ledger.trades)
    open_fees = sum(holding.fee for holding in ledger.positions.values())
    assert ledger.realized == pytest.approx(sum(trade.net for trade in trades) - open_fees, abs=1e-4)
    assert ledger.stats.all.net.total == pytest.approx(sum(trade.net for trade in trades), abs=1e-6)
    assert ledger.stats.longs.net.n + ledger.stats.shorts.net.n == ledger.stats.count == len(trades)
