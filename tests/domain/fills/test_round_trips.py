"""Round trips from fills: exact, in any order, and with fills missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.fills.fill import Fill, FundingPayment, chain_order, group_by_coin
from nof1tui.domain.fills.round_trips import RoundTrip, WalletLedger, build_ledger, positions_at
from nof1tui.domain.fills.to_trades import to_trade
from nof1tui.domain.records import AccountKey

D = Decimal
START = datetime(2026, 1, 5, tzinfo=UTC)
ACCOUNT = AccountKey("hyperliquid", "mine")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Wallet:
    """A wallet that trades at given prices and reports fills like the chain."""

    def __init__(self, fee_rate: str = "0.00045") -> None:
        self.fills: list[Fill] = []
        self.funding: list[FundingPayment] = []
        self.held: dict[str, tuple[D, D]] = {}
        self._fee_rate = D(fee_rate)

    def trade(self, size: str, price: str, *, coin: str = "BTC", at_s: float | None = None) -> Fill:
        signed, px = D(size), D(price)
        position, cost = self.held.get(coin, (D(0), D(0)))
        closing = D(0)
        if position * signed < 0:
            closing = min(abs(position), abs(signed))
        exit_cost = cost * closing / abs(position) if position else D(0)
        pnl = (closing * px - exit_cost) * (1 if position > 0 else -1)
        after = position + signed
        opening = abs(signed) - closing
        self.held[coin] = (after, cost - exit_cost + opening * px)
        fill = Fill(
            coin=coin,
            price=px,
            size=abs(signed),
            is_buy=signed > 0,
            at=at(len(self.fills) if at_s is None else at_s),
            start_position=position,
            closed_pnl=pnl.quantize(D("1e-6")),
            fee=(abs(signed) * px * self._fee_rate).quantize(D("1e-6")),
            oid=len(self.fills),
            hash=f"0x{len(self.fills):x}",
            tid=len(self.fills),
        )
        self.fills.append(fill)
        return fill

    def paid(self, usd: str, *, coin: str = "BTC", at_s: float) -> None:
        self.funding.append(FundingPayment(coin, at(at_s), D(usd)))


def wallet_of(*trades: tuple[str, str]) -> Wallet:
    wallet = Wallet()
    for size, price in trades:
        wallet.trade(size, price)
    return wallet


def test_a_position_built_and_closed_in_parts_is_one_trade() -> None:
    wallet = wallet_of(("1", "100"), ("1", "110"), ("-0.5", "120"), ("-1.5", "90"))
    (round_trip,) = build_ledger(wallet.fills).closed
    assert (round_trip.side, round_trip.entered, round_trip.exited, round_trip.quantity) == ("long", 2, 2, 0)
    assert (round_trip.entry_price, round_trip.exit_price) == (105, D("97.5"))
    assert round_trip.gross == D("-15")
    assert round_trip.fees == sum(fill.fee for fill in wallet.fills)
    assert (round_trip.entry_at, round_trip.exit_at, round_trip.fills) == (at(0), at(3), 4)
    assert round_trip.complete


def test_an_open_position_has_its_average_price() -> None:
    ledger = build_ledger(wallet_of(("-2", "100"), ("-2", "120"), ("1", "100")).fills)
    held = ledger.open["BTC"]
    assert ledger.closed == ()
    assert (held.side, held.quantity, held.open_entry_price, held.exit_at) == ("short", -3, 110, None)
    assert held.gross == 10


def test_a_flip_closes_one_trade_and_opens_the_next_at_the_same_fill() -> None:
    wallet = wallet_of(("1", "100"), ("-3", "110"), ("2", "105"))
    long, short = build_ledger(wallet.fills).closed
    assert (long.side, long.entered, long.exited, long.gross) == ("long", 1, 1, 10)
    assert (short.side, short.entered, short.exited, short.gross) == ("short", 2, 2, 10)
    assert (long.exit_at, short.entry_at) == (at(1), at(1))
    assert long.exit_fees * 2 == short.entry_fees
    assert long.fees + short.fees == sum(fill.fee for fill in wallet.fills)
    assert long.id != short.id


def test_funding_belongs_to_the_position_that_was_held() -> None:
    wallet = wallet_of(("1", "100"), ("-1", "100"), ("-1", "100"), ("1", "100"))
    for usd, at_s in (("-0.25", 0.5), ("0.5", 1), ("0.125", 1.5), ("7", 2.5)):
        wallet.paid(usd, at_s=at_s)
    ledger = build_ledger(wallet.fills, wallet.funding)
    assert [round_trip.funding for round_trip in ledger.closed] == [D("0.25"), 7]
    assert ledger.unattributed_funding == D("0.125")
    assert ledger.funding == D("7.375")
    first = ledger.closed[0]
    assert first.net == first.gross - first.fees + D("0.25")


def test_a_liquidation_marks_the_trade_it_ends() -> None:
    wallet = wallet_of(("1", "100"), ("-0.4", "80"), ("-0.6", "79"))
    fills = [*wallet.fills[:2], replace(wallet.fills[2], liquidation=True)]
    (round_trip,) = build_ledger(fills).closed
    assert round_trip.liquidated
    assert '"liquidated": true' in (to_trade(round_trip, ACCOUNT, START).extra or "")


def test_fills_of_one_millisecond_follow_each_other_by_their_position() -> None:
    wallet = Wallet()
    for size in ("-1", "-2", "-0.5", "3.5", "1", "-1"):
        wallet.trade(size, "100", at_s=5)
    shuffled = [replace(fill, tid=None, oid=1) for fill in wallet.fills]
    shuffled = [shuffled[index] for index in (3, 5, 0, 4, 2, 1)]
    ordered = chain_order(shuffled)
    assert [fill.start_position for fill in ordered] == [0, *(fill.end_position for fill in ordered[:-1])]
    assert len(build_ledger(shuffled).closed) == 2


def test_both_fills_of_a_self_trade_start_from_the_same_position() -> None:
    wallet = wallet_of(("-5", "100"))
    self_trade = Fill("BTC", D(101), D(2), True, at(1), D(-5), D(-2), D(0), 7, "0xwash")
    other = replace(self_trade, is_buy=False, closed_pnl=D(0), oid=8)
    for pair in ((self_trade, other), (other, self_trade)):
        ledger = build_ledger([*wallet.fills, *pair])
        assert ledger.complete
        assert (ledger.open["BTC"].quantity, ledger.gross) == (-5, -2)


@pytest.mark.parametrize(
    ("missing", "closed", "left"),
    [
        (0, [("long", False)], None),
        (1, [("long", False)], None),
        (2, [("long", False)], None),
        (3, [], ("long", 1, False)),
    ],
    ids=["its opening", "an addition", "a reduction", "its closing"],
)
def test_where_a_fill_is_missing_the_trade_is_marked_and_the_rest_counts(
    missing: int, closed: list[tuple[str, bool]], left: tuple[str, int, bool] | None
) -> None:
    wallet = wallet_of(("1", "100"), ("1", "110"), ("-1", "120"), ("-1", "90"))
    fills = [fill for number, fill in enumerate(wallet.fills) if number != missing]
    ledger = build_ledger(fills)
    assert [(round_trip.side, round_trip.complete) for round_trip in ledger.closed] == closed
    assert all(not round_trip.quantity for round_trip in ledger.closed)
    held = ledger.open.get("BTC")
    assert (held and (held.side, held.quantity, missing != 3)) == left
    assert ledger.gross == sum(fill.closed_pnl for fill in fills)


def test_a_closing_that_is_missing_ends_the_trade_when_the_next_fill_shows_it() -> None:
    wallet = wallet_of(("1", "100"), ("-1", "120"), ("-2", "110"), ("2", "100"))
    unseen, seen = build_ledger([wallet.fills[0], *wallet.fills[2:]]).closed
    assert (unseen.side, unseen.complete, unseen.exit_at, unseen.quantity) == ("long", False, at(2), 0)
    assert (seen.side, seen.complete) == ("short", True)


def test_a_trade_keeps_its_id_when_earlier_fills_become_known() -> None:
    wallet = wallet_of(("1", "100"), ("1", "110"), ("-2", "120"))
    (partly,), (wholly,) = build_ledger(wallet.fills[1:]).closed, build_ledger(wallet.fills).closed
    assert partly.id == wholly.id
    assert (partly.entry_at, partly.open_entry_price, wholly.entry_at) == (None, None, at(0))


def test_positions_of_any_moment() -> None:
    wallet = wallet_of(("1", "100"), ("1", "110"), ("-2", "120"), ("-1", "130"))
    wallet.trade("5", "3", coin="SOL", at_s=2.5)
    then = positions_at(wallet.fills, [at(-1), at(0), at(1.5), at(2), at(9)])
    positions = [
        [(held.coin, held.quantity, held.entry_price, held.since) for held in those] for those in then
    ]
    assert positions == [
        [],
        [("BTC", 1, 100, at(0))],
        [("BTC", 2, 105, at(0))],
        [],
        [("BTC", -1, 130, at(3)), ("SOL", 5, 3, at(2.5))],
    ]


def test_a_closed_round_trip_converts_to_a_trade() -> None:
    wallet = wallet_of(("-2", "100"), ("1", "90"), ("1", "80"))
    wallet.paid("0.5", at_s=1.5)
    (round_trip,) = build_ledger(wallet.fills, wallet.funding).closed
    trade = to_trade(round_trip, ACCOUNT, START)
    assert (trade.side, trade.quantity, trade.entry_price, trade.exit_price) == ("short", -2, 100, 85)
    assert (trade.gross_usd, trade.fees_usd) == (30, float(round_trip.fees))
    assert trade.net_usd == float(30 - round_trip.fees + D("0.5"))
    assert (trade.entry_at, trade.exit_at, trade.held_s) == (at(0), at(2), 2)
    assert (trade.entry_oid, trade.exit_oid, trade.entry_tid, trade.exit_tid) == (0, 2, 0, 2)
    assert json.loads(trade.extra or "") == {"funding_usd": "0.5", "fills": 3}


def test_an_open_position_is_not_a_trade() -> None:
    (held,) = build_ledger(wallet_of(("1", "100")).fills).open.values()
    with pytest.raises(ValueError, match="open"):
        to_trade(held, ACCOUNT, START)


SIZES = st.sampled_from(["1", "-1", "0.5", "-0.5", "2.25", "-2.25", "0.00001", "-3.1", "7"])
STEPS = st.lists(
    st.tuples(SIZES, st.integers(50, 150), st.sampled_from(["BTC", "xyz:NVDA"]), st.booleans()), max_size=16
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Wallet, list[Fill], list[FundingPayment]]:
    """A wallet's history, with its fills and payments in some order, some repeated."""
    wallet, clock = Wallet(draw(st.sampled_from(["0.00045", "-0.00002"]))), 0.0
    for size, price, coin, flattens in draw(STEPS):
        clock += draw(st.sampled_from([0.0, 1.0]))
        position = wallet.held.get(coin, (D(0), D(0)))[0]
        wallet.trade(str(-position) if flattens and position else size, str(price), coin=coin, at_s=clock)
        if draw(st.booleans()):
            wallet.paid(draw(st.sampled_from(["0.01", "-0.333333"])), coin=coin, at_s=clock + 0.5)
    if draw(st.booleans()):
        wallet.fills = [replace(fill, tid=None, hash="0x0") for fill in wallet.fills]
    liquidated = draw(st.integers(-1, 9))
    wallet.fills = [replace(fill, liquidation=fill.oid == liquidated) for fill in wallet.fills]
    repeats = draw(st.lists(st.sampled_from(wallet.fills), max_size=5)) if wallet.fills else []
    fills = draw(st.permutations([*wallet.fills, *repeats]))
    return wallet, fills, draw(st.permutations(wallet.funding))


@settings(max_examples=40, deadline=None)
@given(histories())
def test_money_and_sizes_are_conserved_whatever_is_done(
    history: tuple[Wallet, list[Fill], list[FundingPayment]],
) -> None:
    wallet, fills, funding = history
    ledger = build_ledger(fills, funding)
    assert ledger == build_ledger(wallet.fills, wallet.funding)
    assert ledger.complete
    assert ledger.gross == sum((fill.closed_pnl or D(0) for fill in wallet.fills), D(0))
    assert ledger.fees == sum((fill.fee for fill in wallet.fills), D(0))
    assert ledger.funding == sum((item.usd for item in set(wallet.funding)), D(0))
    assert any(fill.liquidation for fill in fills) == any(each.liquidated for each in ledger.round_trips)
    for coin, (position, _) in wallet.held.items():
        held = ledger.open.get(coin)
        assert (held.quantity if held else 0) == position
        assert (
            sum(_signed(round_trip) for round_trip in ledger.round_trips if round_trip.coin == coin)
            == position
        )
    for round_trip in ledger.closed:
        assert (round_trip.quantity, round_trip.entered) == (0, round_trip.exited)
        assert abs(_by_prices(round_trip) - round_trip.gross) < D("1e-4")
    assert len({round_trip.id for round_trip in ledger.closed}) == len(ledger.closed)


@settings(max_examples=25, deadline=None)
@given(histories(), st.lists(st.floats(0, 17), max_size=4))
def test_a_history_can_be_processed_in_parts(
    history: tuple[Wallet, list[Fill], list[FundingPayment]], cuts_s: list[float]
) -> None:
    wallet, fills, funding = history
    closed, stray, held = list[RoundTrip](), D(0), WalletLedger().open
    for begin, end in pairwise([at(-1), *map(at, sorted(cuts_s)), at(99)]):
        piece = build_ledger(
            [fill for fill in fills if begin <= fill.at < end],
            [item for item in funding if begin <= item.at < end],
            held,
        )
        closed += piece.closed
        stray += piece.unattributed_funding
        held = piece.open
    whole = build_ledger(wallet.fills, wallet.funding)
    assert (tuple(closed), held, stray) == (whole.closed, whole.open, whole.unattributed_funding)
    then = START + timedelta(days=1)
    assert [to_trade(each, ACCOUNT, then) for each in closed] == [
        to_trade(each, ACCOUNT, then) for each in whole.closed
    ]


def _by_prices(round_trip: RoundTrip) -> D:
    """Realised P&L of a fill, computed from prices."""
    return (round_trip.exit_value - round_trip.entry_value) * (1 if round_trip.side == "long" else -1)


def _signed(round_trip: RoundTrip) -> D:
    size = round_trip.entered - round_trip.exited
    return size if round_trip.side == "long" else -size


def recorded(recordings: Path) -> Sequence[Fill]:
    rows = json.loads((recordings / "hyperliquid" / "userFillsByTime.json").read_bytes())
    return [
        Fill(
            coin=row["coin"],
            price=D(row["px"]),
            size=D(row["sz"]),
            is_buy=row["side"] == "B",
            at=datetime.fromtimestamp(row["time"] / 1000, UTC),
            start_position=D(row["startPosition"]),
            closed_pnl=D(row["closedPnl"]),
            fee=D(row["fee"]),
            oid=row["oid"],
            hash=row["hash"],
            direction=row["dir"],
        )
        for row in rows
    ]


def test_a_recorded_history_is_conserved_to_the_cent(recordings: Path) -> None:
    fills = recorded(recordings)
    ledger = build_ledger(fills)
    assert ledger.gross == sum(fill.closed_pnl for fill in fills)
    assert ledger.fees == sum(fill.fee for fill in fills)
    assert all(not round_trip.quantity for round_trip in ledger.closed)
    flips = [
        fill
        for own in group_by_coin(fills).values()
        for fill in chain_order(own)
        if fill.start_position * fill.end_position < 0
    ]
    assert sum(round_trip.fills for round_trip in ledger.round_trips) == len(fills) + len(flips)
    whole = [round_trip for round_trip in ledger.closed if round_trip.complete]
    assert (len(ledger.closed), len(whole), len(ledger.open)) == (43, 28, 0)
    assert all(round_trip.entered == round_trip.exited for round_trip in whole)
    apart = [abs(_by_prices(round_trip) - round_trip.gross) for round_trip in whole]
    assert sum(gap < D("0.01") for gap in apart) == 14
    assert sum(apart) / sum(round_trip.entry_value for round_trip in whole) < D("2.5e-4")
