"""Open positions in nof1's account rows, with exit plan and liquidation price: structs and conversion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Raw

from nof1tui.domain.records import ExitPlan, Position
from nof1tui.sources.decoding.dialects import Extra, decode_dialect, encode_extra
from nof1tui.sources.decoding.errors import InvalidRecord
from nof1tui.sources.decoding.values import NO_ORDER_ID, WireRecord, require_name
from nof1tui.sources.nof1.context import DecodeContext, parse_optional_moment, price_or_none
from nof1tui.sources.nof1.fields import Int64, Number, OptionalText
from nof1tui.sources.nof1.sides import MIN_NET_MOVE, find_side, side_proven_by, signed_quantity

RejectedPosition = tuple[bytes, str]
"""The raw text of a position that could not be decoded, and the reason."""
_NO_ORDER = (None, 0, NO_ORDER_ID)
_NO_EXIT_PLAN: tuple[object, ...] = (None, "N/A", "", {})
"""Values of `exit_plan` for a position without one."""


class ExitPlanWire(WireRecord):
    """Target, stop and invalidation of a position."""

    profit_target: Number | None = None
    stop_loss: Number | None = None
    invalidation_condition: OptionalText = None


class PositionWire(WireRecord):
    """One open position of an account row."""

    redundant: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "index_col": (None, -1),
        "slippage": (0,),
        "wait_for_fill": (False,),
    }
    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "symbol": ("coin", "asset"),
        "side": ("position_side", "direction"),
        "quantity": ("size", "qty"),
        "current_price": ("mark_price",),
    }
    times: ClassVar[frozenset[str]] = frozenset({"entry_time"})

    quantity: Number
    symbol: OptionalText = None
    side: OptionalText = None
    """Not of nof1, which signs quantities; other servers state it beside an unsigned quantity."""
    entry_price: Number | None = None
    current_price: Number | None = None
    entry_time: Number | None = None
    leverage: Number | None = None
    margin: Number | None = None
    liquidation_price: Number | None = None
    unrealized_pnl: Number | None = None
    closed_pnl: Number | None = None
    commission: Number | None = None
    risk_usd: Number | None = None
    confidence: Number | None = None
    exit_plan: Any = None
    entry_oid: Int64 | None = None
    oid: Int64 | None = None
    tp_oid: Int64 | None = None
    sl_oid: Int64 | None = None


class ExactPositionWire(PositionWire, forbid_unknown_fields=True):
    """A position with the documented fields only, the usual case: decoded in one step."""

    exit_plan: ExitPlanWire | Literal["N/A"] | None = None
    index_col: Literal[-1] | None = None
    slippage: Literal[0] = 0
    wait_for_fill: bool = False


def build_exact_positions(
    wires: Mapping[str, ExactPositionWire] | None, context: DecodeContext
) -> list[Position] | None:
    """Positions of a row without unknown fields; None when one of them must be decoded field by field."""
    by_coin = wires or {}
    for coin, wire in by_coin.items():
        if wire.wait_for_fill or wire.side or not wire.quantity or coin.isdecimal():
            return None
    try:
        return [_build_position(coin, wire, {}, context) for coin, wire in by_coin.items()]
    except InvalidRecord:
        return None


def parse_positions(
    raws: dict[str, Raw] | list[Raw] | None, context: DecodeContext, rejected: list[RejectedPosition]
) -> Iterable[Position]:
    """The positions that can be decoded, one of each coin; the others are appended to `rejected`."""
    seen = set[str]()
    for coin, data in _list_positions(raws, context):
        try:
            wire, extra = decode_dialect(data, PositionWire, context.drift)
            if wire.quantity == 0:
                context.drift.add_change("position", "quantity", "left out: 0 is not a position", data)
                continue
            position = _build_position(coin, wire, extra, context)
            if position.coin in seen:
                raise InvalidRecord("symbol: a second position in one coin")
        except InvalidRecord as error:
            rejected.append((data, str(error)))
        else:
            seen.add(position.coin)
            yield position


def _list_positions(
    raws: dict[str, Raw] | list[Raw] | None, context: DecodeContext
) -> Iterable[tuple[str | None, bytes]]:
    """The raw positions of a row with their keys; also of a single position that is not in a list."""
    if isinstance(raws, list):
        return [(None, bytes(raw)) for raw in raws]
    by_coin = {coin: bytes(raw) for coin, raw in (raws or {}).items()}
    if "quantity" in by_coin and not by_coin["quantity"].startswith((b"{", b"[")):
        context.drift.add_change("account", "positions", "a single position")
        body = b",".join(msgspec.json.encode(key) + b":" + raw for key, raw in by_coin.items())
        return [(None, b"{" + body + b"}")]
    return [(None if coin.isdecimal() else coin, raw) for coin, raw in by_coin.items()]


def _build_position(coin: str | None, wire: PositionWire, extra: Extra, context: DecodeContext) -> Position:
    plan, unknown_plan = _parse_exit_plan(wire.exit_plan, context)
    if unknown_plan is not None:
        extra["exit_plan"] = unknown_plan
    entry_price, mark_price, liquidation = wire.entry_price, wire.current_price, wire.liquidation_price
    if (entry_price or 0.0) < 0 or (mark_price or 0.0) < 0 or (liquidation or 0.0) < 0:
        entry_price = price_or_none(context, "position", "entry_price", entry_price)
        mark_price = price_or_none(context, "position", "current_price", mark_price)
        liquidation = price_or_none(context, "position", "liquidation_price", liquidation)
    entry_oid, oid, tp_oid, sl_oid = wire.entry_oid, wire.oid, wire.tp_oid, wire.sl_oid
    return Position(
        require_name(coin or wire.symbol, "symbol"),
        _settle_quantity(wire, context, extra),
        entry_price or None,
        mark_price or None,
        wire.unrealized_pnl,
        wire.leverage or None,
        wire.margin,
        liquidation or None,
        parse_optional_moment(context, "position", "entry_time", wire.entry_time),
        plan,
        wire.risk_usd,
        wire.confidence,
        wire.closed_pnl,
        wire.commission,
        None if entry_oid in _NO_ORDER else entry_oid,
        None if oid in _NO_ORDER else oid,
        None if tp_oid in _NO_ORDER else tp_oid,
        None if sl_oid in _NO_ORDER else sl_oid,
        encode_extra(extra) if extra else None,
    )


def _settle_quantity(wire: PositionWire, context: DecodeContext, extra: Extra) -> float:
    """The quantity with the sign of the side; what was changed or is in doubt is recorded."""
    quantity, pnl_usd = wire.quantity, wire.unrealized_pnl
    proven = side_proven_by(quantity, wire.entry_price, wire.current_price, pnl_usd, min_move=MIN_NET_MOVE)
    if wire.side is None and (proven is None or (proven == "short") == (quantity < 0)):
        return quantity
    finding = find_side((wire.side,), quantity, proven)
    signed = signed_quantity(quantity, finding.side)
    if finding.doubt is not None:
        context.drift.add_change("position", "side", f"in doubt: {finding.doubt}")
        extra |= {"side": wire.side, "quantity": quantity}
    elif signed != quantity:
        context.drift.add_change("position", "quantity", "unsigned, with the side in words")
    return signed


def _parse_exit_plan(value: Any, context: DecodeContext) -> tuple[ExitPlan | None, object]:
    """The plan, and the value itself where it is neither a plan nor one of `_NO_EXIT_PLAN`."""
    if not isinstance(value, ExitPlanWire):
        if value in _NO_EXIT_PLAN:
            return None, None
        if not isinstance(value, dict):
            return None, value
        value, unknown = decode_dialect(msgspec.json.encode(value), ExitPlanWire, context.drift)
        return _build_exit_plan(value), unknown or None
    return _build_exit_plan(value), None


def _build_exit_plan(wire: ExitPlanWire) -> ExitPlan | None:
    return _cached_exit_plan(
        wire.profit_target or None, wire.stop_loss or None, wire.invalidation_condition or None
    )


@lru_cache(maxsize=1024)
def _cached_exit_plan(target: float | None, stop: float | None, text: str | None) -> ExitPlan | None:
    """One shared object for a plan repeated in successive rows."""
    if target is None and stop is None and text is None:
        return None
    return ExitPlan(target, stop, text)
