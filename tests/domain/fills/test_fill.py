"""Fills as a chain reports them: repeated, without ids, in one millisecond, or missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import permutations

import pytest
from msgspec.structs import replace

from nof1tui.domain.fills.fill import Fill, FundingPayment, chain_order, group_by_coin
from nof1tui.domain.fills.round_trips import build_ledger, positions_at
from nof1tui.domain.fills.to_trades import to_trade
from nof1tui.domain.records import AccountKey

D = Decimal
START = datetime(2026, 1, 5, tzinfo=UTC)
ACCOUNT = AccountKey("hyperliquid", "mine")


def filled(signed: str, start: str, *, at_s: float = 0, price: str = "100", pnl: str | None = "0") -> Fill:
    """One of several fills that share every field that can be equal."""
    size = D(signed)
    return Fill(
        coin="BTC",
        price=D(price),
        size=abs(size),
        is_buy=size > 0,
        at=START + timedelta(seconds=at_s),
        start_position=D(start),
        closed_pnl=None if pnl is None else D(pnl),
        fee=D("0.01"),
        oid=7,
        hash="0x0",
    )


def test_fills_of_one_order_that_differ_in_nothing_but_the_position_are_each_counted() -> None:
    fills = [filled("0.00001", f"{step}e-5") for step in range(5)]
    for order in permutations(fills):
        ledger = build_ledger([*order, *order])
        assert ledger.complete
        assert (ledger.open["BTC"].quantity, ledger.fees) == (D("0.00005"), D("0.05"))


def test_fills_with_a_shared_trade_id_are_distinct() -> None:
    """Fills without an order have the id zero."""
    fills = [replace(filled("1", str(start)), tid=0) for start in range(3)]
    assert build_ledger(fills).open["BTC"].quantity == 3


def test_a_repeated_fill_counts_once_even_with_other_decimals() -> None:
    once, again = filled("1.50", "0.0", price="100.0"), filled("1.5", "0", price="100")
    assert build_ledger([once, again]).open["BTC"].quantity == D("1.5")
    closings = [filled("-1.50", "1.500", at_s=1), filled("-1.5", "1.5", at_s=1)]
    assert len({build_ledger([once, closing]).closed[0].id for closing in closings}) == 1


def test_a_round_trip_within_one_millisecond_is_not_a_self_trade() -> None:
    """Two round trips from flat at the same price keep their order."""
    there = [filled("1", "0"), filled("-1", "1"), filled("-1", "0"), filled("1", "-1")]
    for shuffled in permutations(there):
        ledger = build_ledger(shuffled)
        assert ledger.complete
        assert sorted(each.side for each in ledger.closed) == ["long", "short"]


def test_both_fills_of_a_self_trade_leave_the_position_unchanged() -> None:
    opening, closing = filled("-2", "-5", at_s=1), filled("2", "-5", at_s=1, pnl="3")
    later = filled("5", "-5", at_s=2)
    for shuffled in permutations([filled("-5", "0"), opening, closing, later]):
        ordered = chain_order(group_by_coin(shuffled)["BTC"])
        assert [fill.start_position for fill in ordered] == [0, -5, -3, -5]
        (trade,) = build_ledger(shuffled).closed
        assert (trade.complete, trade.entered, trade.exited, trade.gross) == (True, 7, 7, 3)


def test_spot_is_counted_and_left_out() -> None:
    spot = [
        replace(filled("3", "0", pnl="0"), coin="@107", direction="Buy"),
        replace(filled("-3", "3", at_s=1, pnl="4"), coin="@107", direction="Sell"),
        replace(filled("1", "0"), coin="PURR/USDC"),
    ]
    ledger = build_ledger([filled("1", "0"), *spot, *spot])
    assert (ledger.closed, list(ledger.open)) == ((), ["BTC"])
    assert (ledger.spot_fills, ledger.spot_gross, ledger.spot_fees) == (3, 4, D("0.03"))
    assert (ledger.gross, ledger.fees) == (4, D("0.04"))
    assert positions_at(spot, [START]) == [()]


@pytest.mark.parametrize(
    ("fills", "gross", "complete"),
    [
        ([filled("2", "0", price="90"), filled("-2", "2", at_s=1, pnl=None)], 20, True),
        ([filled("-3", "0", price="90"), filled("3", "-3", at_s=1, pnl=None)], -30, True),
        ([filled("1", "0", price="90"), filled("-3", "1", at_s=1, pnl=None)], 10, True),
        ([filled("-2", "2", at_s=1, pnl=None)], 0, False),
        ([filled("-1", "2", at_s=1, pnl="5"), filled("-1", "1", at_s=2, pnl=None)], 10, False),
    ],
    ids=["long", "short", "flip", "of an unknown opening", "after a fill with an entry price"],
)
def test_missing_realised_pnl_is_computed_from_the_entry_price(
    fills: list[Fill], gross: int, complete: bool
) -> None:
    (trade,) = build_ledger(fills).closed
    assert (trade.gross, trade.complete) == (gross, complete)


def test_a_trade_begun_before_known_fills_takes_its_entry_price_from_realised_pnl() -> None:
    fills = [filled("-1", "4", pnl="10"), filled("2", "3", at_s=1), filled("-5", "5", at_s=2, pnl="14")]
    ledger = build_ledger(fills[:2])
    assert ledger.open["BTC"].open_entry_price == D(94)
    (trade,) = build_ledger(fills).closed
    assert (trade.entry_at, trade.entry_price, trade.exit_price) == (None, 96, 100)


def test_dust_gives_no_entry_price() -> None:
    """Realised P&L is rounded to a millionth."""
    assert build_ledger([filled("-0.00001", "4", pnl="0.000001")]).open["BTC"].open_entry_price is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Close Long", {}),
        ("Long > Short", {}),
        ("Liquidated Cross Long", {"liquidated": True, "closed_by": "Liquidated Cross Long"}),
        ("Auto-Deleveraging", {"closed_by": "Auto-Deleveraging"}),
        ("Settlement", {"closed_by": "Settlement"}),
    ],
)
def test_a_trade_closed_by_other_than_an_order_has_the_cause(words: str, expected: dict[str, object]) -> None:
    closing = replace(filled("-1", "1", at_s=1), direction=words)
    (trade,) = build_ledger([filled("1", "0"), closing]).closed
    assert json.loads(to_trade(trade, ACCOUNT, START).extra or "") == {"fills": 2, **expected}


def test_positions_are_given_for_times_in_any_order() -> None:
    moments = [START + timedelta(seconds=seconds) for seconds in (3, 0, 1)]
    fills = [filled("2", "0"), filled("-1", "2", at_s=1)]
    assert [held.quantity for (held,) in positions_at(fills, moments)] == [1, 2, 1]


def test_funding_of_a_coin_without_fills_belongs_to_no_trade() -> None:
    ledger = build_ledger([], [FundingPayment("SOL", START, D("-0.5"))])
    assert (ledger.unattributed_funding, ledger.funding, ledger.round_trips) == (D("-0.5"), D("-0.5"), ())


def test_figures_of_any_length_are_kept_to_the_last_digit() -> None:
    start, fee = "123456789012345678.000000000000000001", D("99999999999999999.123456789")
    with localcontext(prec=64):
        held = filled(start, "0")
        flip = replace(filled("-123456789012345678.000000000000000002", start, at_s=1), fee=fee)
    ledger = build_ledger([held, flip])
    (closed,) = ledger.closed
    assert ledger.open["BTC"].quantity == D("-1e-18")
    assert closed.exit_fees + ledger.open["BTC"].entry_fees == fee
