"""Conversion of closed round trips of a wallet to trades."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from nof1tui.domain.fills.round_trips import RoundTrip
from nof1tui.domain.records import AccountKey, Trade

_ORDINARY_DIRECTIONS = ("Open ", "Close ", "Long > ", "Short > ")
"""Prefixes of the chain's directions for fills of the wallet's own orders."""


def trade_id(round_trip: RoundTrip, account: AccountKey) -> str:
    """The id of a round trip's trade; accounts that watch the same wallet have different trades."""
    return f"{account.slug}-{round_trip.id}"


def to_trade(round_trip: RoundTrip, account: AccountKey, fetched_at: datetime) -> Trade:
    """A closed round trip as a trade; its quantity is the total size entered.

    Raises ValueError for an open one.
    """
    if round_trip.exit_at is None:
        raise ValueError("an open position is not a trade")
    size = max(round_trip.entered, round_trip.exited)
    first, last = round_trip.first, round_trip.last
    details = {
        "funding_usd": str(round_trip.funding) if round_trip.funding else None,
        "fills": round_trip.fills,
        "liquidated": round_trip.liquidated or None,
        "incomplete": not round_trip.complete or None,
        "closed_by": None if last.direction.startswith(_ORDINARY_DIRECTIONS) else last.direction or None,
    }
    return Trade(
        id=trade_id(round_trip, account),
        account=account,
        coin=round_trip.coin,
        exit_at=round_trip.exit_at,
        fetched_at=fetched_at,
        quantity=float(size if round_trip.side == "long" else -size),
        side=round_trip.side,
        entry_at=round_trip.entry_at,
        entry_price=_float(round_trip.entry_price),
        exit_price=_float(round_trip.exit_price),
        gross_usd=float(round_trip.gross),
        net_usd=float(round_trip.net),
        fees_usd=float(round_trip.fees),
        entry_fee_usd=float(round_trip.entry_fees),
        exit_fee_usd=float(round_trip.exit_fees),
        entry_oid=first.oid if round_trip.entry_at else None,
        exit_oid=last.oid,
        entry_tid=first.tid if round_trip.entry_at else None,
        exit_tid=last.tid,
        extra=json.dumps({key: value for key, value in details.items() if value is not None}),
    )


class RoundTripDetails(Struct, frozen=True, gc=False):
    """What a trade made from fills has beyond those of an arena."""

    funding_usd: float
    """Positive: received."""
    fills: int
    incomplete: bool
    """Whether the opening fill or a later one is missing."""
    closed_by: str | None
    """Set if not closed by an order of the wallet: `a liquidation`, or the chain's direction."""


def round_trip_details(trade: Trade) -> RoundTripDetails:
    """The details of a trade made by `to_trade`."""
    details = json.loads(trade.extra or "{}")
    ended_by = "a liquidation" if details.get("liquidated") else details.get("closed_by")
    return RoundTripDetails(
        float(details.get("funding_usd", 0)), details.get("fills", 0), "incomplete" in details, ended_by
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
