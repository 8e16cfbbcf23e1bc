"""A closed episode of a wallet as a trade, like those that an arena tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1tui.domain.fills.round_trips import RoundTrip
from nof1tui.domain.records import AccountKey, Trade

_ORDINARY_DIRECTIONS = ("Open ", "Close ", "Long > ", "Short > ")
"""How the chain's word for a fill begins that an order of one's own has made."""


def trade_id(episode: RoundTrip, account: AccountKey) -> str:
    """Two traders may be watched at one wallet; their trades are not the same."""
    return f"{account.slug}-{episode.id}"


def to_trade(episode: RoundTrip, account: AccountKey, fetched_at: datetime) -> Trade:
    """A closed episode as the arena's other trades are told; its quantity is all that was entered.

    Raises ValueError for one that is open.
    """
    if episode.exit_at is None:
        raise ValueError("an open position is no trade")
    size = max(episode.entered, episode.exited)
    first, last = episode.first, episode.last
    more = {
        "funding_usd": str(episode.funding) if episode.funding else None,
        "fills": episode.fills,
        "liquidated": episode.liquidated or None,
        "incomplete": not episode.complete or None,
        "closed_by": None if last.direction.startswith(_ORDINARY_DIRECTIONS) else last.direction or None,
    }
    return Trade(
        id=trade_id(episode, account),
        account=account,
        coin=episode.coin,
        exit_at=episode.exit_at,
        fetched_at=fetched_at,
        quantity=float(size if episode.side == "long" else -size),
        side=episode.side,
        entry_at=episode.entry_at,
        entry_price=_float(episode.entry_price),
        exit_price=_float(episode.exit_price),
        gross_usd=float(episode.gross),
        net_usd=float(episode.net),
        fees_usd=float(episode.fees),
        entry_fee_usd=float(episode.entry_fees),
        exit_fee_usd=float(episode.exit_fees),
        entry_oid=first.oid if episode.entry_at else None,
        exit_oid=last.oid,
        entry_tid=first.tid if episode.entry_at else None,
        exit_tid=last.tid,
        extra=json.dumps({key: value for key, value in more.items() if value is not None}),
    )


@dataclass(frozen=True, slots=True)
class RoundTripDetails:
    """What a folded trade tells beyond those that an arena tells."""

    funding_usd: float
    """Positive: received."""
    fills: int
    incomplete: bool
    """Its opening, or something in between, is not known."""
    closed_by: str | None
    """Where it was no order of the wallet's own: a liquidation, or the chain's word."""


def round_trip_details(trade: Trade) -> RoundTripDetails:
    """Of a trade that `to_trade` has made."""
    more = json.loads(trade.extra or "{}")
    ended_by = "a liquidation" if more.get("liquidated") else more.get("closed_by")
    return RoundTripDetails(
        float(more.get("funding_usd", 0)), more.get("fills", 0), "incomplete" in more, ended_by
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
