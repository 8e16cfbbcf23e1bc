"""Closed trades of nof1's API (`trades`): struct and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from nof1tui.domain.records import AccountKey, Trade
from nof1tui.sources.decoding.dialects import Extra, decode_dialect, encode_extra
from nof1tui.sources.decoding.values import WireRecord, parse_order_id, require_name
from nof1tui.sources.nof1.context import (
    DecodeContext,
    account_key,
    parse_moment,
    parse_optional_moment,
    price_or_none,
)
from nof1tui.sources.nof1.fields import TRADER_KEYS, Int64, Number, OptionalText
from nof1tui.sources.nof1.identities import derived_id, stated_id
from nof1tui.sources.nof1.sides import (
    MIN_GROSS_MOVE,
    MIN_NET_MOVE,
    SideFinding,
    find_side,
    side_proven_by,
    signed_quantity,
)


class TradeWire(WireRecord):
    """One closed trade."""

    redundant: ClassVar[Mapping[str, tuple[object, ...]]] = {
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
    expected_flags: ClassVar[frozenset[str]] = frozenset({"exit_crossed"})
    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "id": ("uuid", "_id"),
        "model_id": TRADER_KEYS,
        "symbol": ("coin", "asset"),
        "side": ("position_side", "direction"),
        "quantity": ("size", "qty"),
        "entry_time": ("opened_at", "open_time"),
        "exit_time": ("closed_at", "close_time"),
        "realized_gross_pnl": ("gross_pnl",),
        "realized_net_pnl": ("net_pnl",),
        "total_commission_dollars": ("fees", "total_fees"),
    }
    times: ClassVar[frozenset[str]] = frozenset({"entry_time", "exit_time"})

    exit_time: Number
    id: OptionalText = None
    trade_id: OptionalText = None
    """The identity of a trade without `id`; otherwise redundant."""
    symbol: OptionalText = None
    model_id: OptionalText = None
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
    wire, extra = decode_dialect(data, TradeWire, context.drift)
    exit_at = parse_moment(context, "trade", "exit_time", wire.exit_time)
    account = account_key(context, wire.model_id, exit_at, wire.competition, wire.competition_id)
    coin = require_name(wire.symbol, "symbol")
    entry_at = _parse_entry_time(context, wire.entry_time, exit_at)
    finding = _find_side(wire)
    quantity = _settle_quantity(context, wire, finding, extra)
    return Trade(
        id=_identify(context, wire, account, (coin, entry_at, exit_at), extra),
        account=account,
        coin=coin,
        exit_at=exit_at,
        fetched_at=context.fetched_at,
        quantity=quantity,
        side=finding.side,
        entry_at=entry_at,
        entry_price=price_or_none(context, "trade", "entry_price", wire.entry_price),
        exit_price=price_or_none(context, "trade", "exit_price", wire.exit_price),
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
        extra=encode_extra(extra),
    )


def _parse_entry_time(context: DecodeContext, value: float | None, exit_at: datetime) -> datetime | None:
    """The time of the entry; None where it is unknown or after the exit."""
    entry_at = parse_optional_moment(context, "trade", "entry_time", value)
    if entry_at is not None and entry_at > exit_at:
        context.drift.add_change("trade", "entry_time", "left out: after the exit", repr(value).encode())
        return None
    return entry_at


def _identify(
    context: DecodeContext,
    wire: TradeWire,
    account: AccountKey,
    what: tuple[str, datetime | None, datetime],
    extra: Extra,
) -> str:
    """`id`, else `trade_id`, else an id made of coin, times, order ids, quantity and prices."""
    stated = stated_id(wire.id, wire.trade_id)
    if stated is not None:
        return context.identities.resolve(stated, account)
    context.drift.add_change("trade", "id", "missing: made from what identifies the trade")
    orders = map(parse_order_id, (wire.entry_oid, wire.exit_oid, wire.entry_tid, wire.exit_tid))
    order_id = extra.get("orderId", extra.get("order_id"))
    return derived_id(account, *what, *orders, order_id, wire.quantity, wire.entry_price, wire.exit_price)


def _find_side(wire: TradeWire) -> SideFinding:
    size = (wire.quantity, wire.entry_price, wire.exit_price)
    proven = side_proven_by(*size, wire.realized_gross_pnl, min_move=MIN_GROSS_MOVE)
    if wire.realized_gross_pnl is None:
        proven = side_proven_by(*size, wire.realized_net_pnl, min_move=MIN_NET_MOVE)
    return find_side((wire.side, wire.trade_type), wire.quantity, proven, closed=True)


def _settle_quantity(
    context: DecodeContext, wire: TradeWire, finding: SideFinding, extra: Extra
) -> float | None:
    """The quantity with the sign of the side; what was changed or is in doubt is recorded."""
    if finding.doubt is not None:
        context.drift.add_change("trade", "side", f"in doubt: {finding.doubt}")
        extra |= {"side": wire.side or wire.trade_type, "quantity": wire.quantity}
    if wire.quantity is None or finding.side is None:
        return wire.quantity
    quantity = signed_quantity(wire.quantity, finding.side)
    if quantity != wire.quantity and finding.doubt is None:
        context.drift.add_change("trade", "quantity", "unsigned, with the side in words")
    return quantity
