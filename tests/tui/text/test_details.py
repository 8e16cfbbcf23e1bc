"""The detail page of a trade, in an arena with reported figures and in one of wallets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.domain.fills.fill import Fill, FundingPayment
from nof1tui.domain.fills.round_trips import build_ledger
from nof1tui.domain.fills.to_trades import to_trade
from nof1tui.domain.records import AccountKey, Trade
from nof1tui.domain.roster import WALLET_SEASON
from nof1tui.tui.text.details import trade_detail
from tests.support.builders import at, trade

MINE = AccountKey(WALLET_SEASON.slug, "mine")


def folded_trade(**last: Any) -> Trade:
    """One ETH bought and sold, with a payment in between."""
    opened = Fill(
        coin="ETH", price=Decimal(4000), size=Decimal(1), is_buy=True, at=at(0), start_position=Decimal(0),
        closed_pnl=Decimal(0), fee=Decimal(2), oid=1, hash="0x1", direction="Open Long",
    )  # fmt: skip
    closed = replace(
        opened, price=Decimal(4100), is_buy=False, at=at(120), start_position=Decimal(1),
        closed_pnl=Decimal(100), oid=2, hash="0x2", direction="Close Long",
    )  # fmt: skip
    paid = FundingPayment("ETH", at(60), Decimal("-1.5"))
    (episode,) = build_ledger((opened, replace(closed, **last)), (paid,)).closed
    return to_trade(episode, MINE, at(121))


def detail_text(trade: Trade) -> str:
    return "".join(part if isinstance(part, str) else part[0] for part in trade_detail(trade))


def test_a_wallets_trade_shows_its_funding_and_number_of_fills() -> None:
    text = detail_text(folded_trade())
    assert "Funding        -$1.50" in text
    assert "Net            +$94.50" in text
    assert "2 fills; net = gross − fees + funding." in text
    assert "Ended by" not in text


@pytest.mark.parametrize(
    ("last", "line"),
    [
        ({"liquidation": True}, "Closed by      a liquidation"),
        ({"direction": "Auto-Deleveraging"}, "Closed by      Auto-Deleveraging"),
        ({"start_position": Decimal("1.5"), "size": Decimal("1.5")}, "Some fills are missing on chain"),
    ],
)
def test_anomalies_of_a_wallets_trade_are_shown(last: dict[str, Any], line: str) -> None:
    assert line in detail_text(folded_trade(**last))


def test_an_arenas_trade_shows_the_reported_net_and_a_note_where_it_differs() -> None:
    as_computed = replace(trade(), gross_usd=100.0, fees_usd=6.0, net_usd=94.0)
    assert "Net as reported" not in detail_text(as_computed)
    reported = detail_text(replace(as_computed, net_usd=90.0))
    assert "Net as reported: +$90.00 differs from gross − fees" in reported
    assert "Funding" not in reported
