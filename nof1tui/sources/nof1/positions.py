"""Open positions in nof1's account rows, with exit plan and liquidation price: structs and conversion."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Raw

from nof1tui.domain.records import ExitPlan, Position
from nof1tui.sources.decoding.values import (
    NO_ORDER_ID,
    InvalidRecord,
    WireRecord,
    decode_json,
    decode_record,
    encode_json,
    parse_timestamp,
    require_name,
)
from nof1tui.sources.nof1.context import DecodeContext
from nof1tui.sources.nof1.fields import Int64, Number, OptionalText

RejectedPosition = tuple[bytes, str]
"""The raw text of a position that could not be decoded, and the reason."""
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

    quantity: Number
    symbol: OptionalText = None
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


def build_exact_positions(wires: Mapping[str, ExactPositionWire] | None) -> list[Position] | None:
    """Positions of a row without unknown fields; None when one of them must be decoded field by field."""
    by_coin = wires or {}
    if any(wire.wait_for_fill for wire in by_coin.values()):
        return None
    try:
        return [_build_position(coin, wire, None) for coin, wire in by_coin.items()]
    except InvalidRecord:
        return None


def parse_positions(
    raws: dict[str, Raw] | list[Raw] | None, context: DecodeContext, rejected: list[RejectedPosition]
) -> Iterable[Position]:
    """The positions that can be decoded; the others are appended to `rejected`."""
    items = raws.items() if isinstance(raws, dict) else ((None, raw) for raw in raws or ())
    for coin, raw in items:
        data = bytes(raw)
        try:
            wire, extra = decode_record(data, PositionWire, context.drift)
            yield _build_position(coin, wire, extra)
        except InvalidRecord as error:
            rejected.append((data, str(error)))


def _build_position(coin: str | None, wire: PositionWire, extra: str | None) -> Position:
    if wire.quantity == 0:
        raise InvalidRecord("quantity: 0 is not a position")
    plan, unknown_plan = _parse_exit_plan(wire.exit_plan)
    if unknown_plan is not None:
        extra = encode_json({**(decode_json(extra.encode()) if extra else {}), "exit_plan": unknown_plan})
    entry_oid, oid, tp_oid, sl_oid = wire.entry_oid, wire.oid, wire.tp_oid, wire.sl_oid
    return Position(
        require_name(coin or wire.symbol, "symbol"),
        wire.quantity,
        wire.entry_price,
        wire.current_price,
        wire.unrealized_pnl,
        wire.leverage or None,
        wire.margin,
        wire.liquidation_price or None,
        None if wire.entry_time is None else parse_timestamp(wire.entry_time, "entry_time"),
        plan,
        wire.risk_usd,
        wire.confidence,
        wire.closed_pnl,
        wire.commission,
        None if entry_oid == NO_ORDER_ID else entry_oid,
        None if oid == NO_ORDER_ID else oid,
        None if tp_oid == NO_ORDER_ID else tp_oid,
        None if sl_oid == NO_ORDER_ID else sl_oid,
        extra,
    )


def _parse_exit_plan(value: Any) -> tuple[ExitPlan | None, object]:
    """The plan, and the value itself where it is neither a plan nor one of `_NO_EXIT_PLAN`."""
    if not isinstance(value, ExitPlanWire):
        if value in _NO_EXIT_PLAN:
            return None, None
        try:
            value = msgspec.convert(value, ExitPlanWire, strict=False)
        except msgspec.ValidationError:
            return None, value
        if not all(map(is_finite_or_none, (value.profit_target, value.stop_loss))):
            return None, None
    return _cached_exit_plan(value.profit_target, value.stop_loss, value.invalidation_condition or None), None


@lru_cache(maxsize=1024)
def _cached_exit_plan(target: float | None, stop: float | None, text: str | None) -> ExitPlan | None:
    """One shared object for a plan repeated in successive rows."""
    if target is None and stop is None and text is None:
        return None
    return ExitPlan(target, stop, text)


def is_finite_or_none(value: float | None) -> bool:
    """Whether a value is a finite number or missing."""
    return value is None or math.isfinite(value)
