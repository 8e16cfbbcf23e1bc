"""A wallet's past, taken in piece by piece: told once, settled, asked for again where questions meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from nof1tui.domain.fills.fill import Fill, FundingPayment
from nof1tui.domain.fills.round_trips import RoundTrip, build_ledger
from nof1tui.domain.fills.wallet_history import WalletHistory

D = Decimal
START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPENED = Fill("BTC", D(100), D(2), True, START, D(0), D(0), D("0.1"), 1, "0x1", 1)
CLOSED = replace(
    OPENED, is_buy=False, at=START + 4 * HOUR, start_position=D(2), closed_pnl=D(5), oid=2, hash="0x2", tid=2
)
PAID = [FundingPayment("BTC", START + hours * HOUR, D("-0.25")) for hours in (1, 2, 3)]


@pytest.mark.parametrize("settles", [True, False])
def test_a_payment_that_comes_again_is_counted_once(settles: bool) -> None:
    """Each hour's question begins where the one before ended."""
    book, told = WalletHistory(), list[RoundTrip]()
    for hours in range(6):
        now = START + hours * HOUR + timedelta(minutes=1)
        fills = [fill for fill in (OPENED, CLOSED) if now - HOUR <= fill.at <= now]
        paid = [payment for payment in PAID if now - 2 * HOUR <= payment.at <= now]
        told += book.add(fills, paid)
        if settles:
            book.settle(now + HOUR / 2)
    assert told == list(build_ledger([OPENED, CLOSED], PAID).closed)
    assert told[0].funding == D("-0.75")


def test_a_trade_is_told_again_when_its_funding_came_late() -> None:
    book = WalletHistory()
    (first,) = book.add([OPENED, CLOSED], PAID[:2])
    assert book.add([CLOSED], PAID[:2]) == []
    (second,) = book.add([], PAID)
    assert (first.id, first.funding, second.funding) == (second.id, D("-0.5"), D("-0.75"))


def test_what_was_told_whole_before_is_not_told_by_its_closing_alone() -> None:
    assert WalletHistory(resumed=True).add([CLOSED], ()) == []
    book = WalletHistory()
    (cut_off,) = book.add([CLOSED], ())
    assert book.truncated() == [cut_off]
