"""Closed trades of nof1's API (`trades`): struct and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from nof1tui.domain.records import (
    Side,
    Trade,
)
from nof1tui.sources.decoding.values import (
    WireRecord,
    decode_record,
    parse_order_id,
    parse_timestamp,
    require_name,
)
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_optional_timestamp
from nof1tui.sources.nof1.fields import Int64, Number, OptionalText


class TradeWire(WireRecord):
    """One closed trade."""

    redundant: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "trade_id": (),
        "entry_human_time": (),
        "exit_human_time": (),
        "entry_sz": (),
        "exit_sz": (),
        "leverage": (0, 1),
        "confidence": (0,),
        "exit_plan": ({},),
        "entry_liquidation": (None,),
        "exit_liquidation": (None,),
        "entry_crossed": (True,),
    }
    expected: ClassVar[frozenset[str]] = frozenset({"exit_crossed"})

    id: str
    exit_time: Number
    symbol: str
    model_id: str
    side: OptionalText = None
    trade_type: OptionalText = None
    quantity: Number | None = None
    entry_price: Number | None = None
    exit_price: Number | None = None
    entry_time: Number | None = None
    realized_gross_pnl: Number | None = None
    realized_net_pnl: Number | None = None
    total_commission_dollars: Number | None = None
    entry_commission_dollars: Number | None = None
    exit_commission_dollars: Number | None = None
    entry_closed_pnl: Number | None = None
    exit_closed_pnl: Number | None = None
    entry_oid: Int64 | None = None
    exit_oid: Int64 | None = None
    entry_tid: Int64 | None = None
    exit_tid: Int64 | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


def parse_trade(data: bytes, context: DecodeContext) -> Trade:
    """A closed trade of one raw record. Raises InvalidRecord."""
    wire, extra = decode_record(data, TradeWire, context.drift)
    exit_at = parse_timestamp(wire.exit_time, "exit_time")
    return Trade(
        id=require_name(wire.id, "id"),
        account=account_key(context, wire.model_id, exit_at, wire.competition, wire.competition_id),
        coin=require_name(wire.symbol, "symbol"),
        exit_at=exit_at,
        fetched_at=context.fetched_at,
        quantity=wire.quantity,
        side=_parse_side(wire.side or wire.trade_type, wire.quantity),
        entry_at=parse_optional_timestamp(wire.entry_time, "entry_time"),
        entry_price=wire.entry_price,
        exit_price=wire.exit_price,
        gross_usd=wire.realized_gross_pnl,
        net_usd=wire.realized_net_pnl,
        fees_usd=wire.total_commission_dollars,
        entry_fee_usd=wire.entry_commission_dollars,
        exit_fee_usd=wire.exit_commission_dollars,
        entry_closed_usd=wire.entry_closed_pnl,
        exit_closed_usd=wire.exit_closed_pnl,
        entry_oid=parse_order_id(wire.entry_oid),
        exit_oid=parse_order_id(wire.exit_oid),
        entry_tid=parse_order_id(wire.entry_tid),
        exit_tid=parse_order_id(wire.exit_tid),
        extra=extra,
    )


def _parse_side(stated: str | None, quantity: float | None) -> Side | None:
    if quantity:
        return "short" if quantity < 0 else "long"
    return "long" if stated == "long" else "short" if stated == "short" else None
