"""History of a wallet added in parts: settled, and fetched again where requests overlap."""

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
def test_a_repeated_payment_counts_once(settles: bool) -> None:
    """Each hourly request begins where the one before ended."""
    history, returned = WalletHistory(), list[RoundTrip]()
    for hours in range(6):
        now = START + hours * HOUR + timedelta(minutes=1)
        fills = [fill for fill in (OPENED, CLOSED) if now - HOUR <= fill.at <= now]
        payments = [payment for payment in PAID if now - 2 * HOUR <= payment.at <= now]
        returned += history.add(fills, payments)
        if settles:
            history.settle(now + HOUR / 2)
    assert returned == list(build_ledger([OPENED, CLOSED], PAID).closed)
    assert returned[0].funding == D("-0.75")


def test_a_trade_is_returned_again_after_late_funding() -> None:
    history = WalletHistory()
    (first,) = history.add([OPENED, CLOSED], PAID[:2])
    assert history.add([CLOSED], PAID[:2]) == []
    (second,) = history.add([], PAID)
    assert (first.id, first.funding, second.funding) == (second.id, D("-0.5"), D("-0.75"))


def test_a_round_trip_with_unknown_opening_is_not_returned_after_a_restart() -> None:
    assert WalletHistory(resumed=True).add([CLOSED], ()) == []
    history = WalletHistory()
    (cut_off,) = history.add([CLOSED], ())
    assert history.truncated() == [cut_off]
