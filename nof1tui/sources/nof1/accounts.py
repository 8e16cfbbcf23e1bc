"""Account rows and positions of nof1's API: structs and conversion."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Raw

from nof1tui.domain.records import (
    AccountRow,
    ExitPlan,
    Position,
)
from nof1tui.sources.decoding.values import (
    NO_ORDER_ID,
    InvalidRecord,
    WireRecord,
    decode_exact,
    decode_json,
    decode_record,
    encode_json,
    parse_timestamp,
    require_name,
)
from nof1tui.sources.nof1.context import DecodeContext, account_key
from nof1tui.sources.nof1.fields import Int32, Int64, Number, OptionalText


class ExitPlanWire(WireRecord):
    profit_target: Number | None = None
    stop_loss: Number | None = None
    invalidation_condition: OptionalText = None


class PositionWire(WireRecord):
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
    """A position with nothing but what the contract says: the usual one, read at one go."""

    exit_plan: ExitPlanWire | Literal["N/A"] | None = None
    index_col: Literal[-1] | None = None
    slippage: Literal[0] = 0
    wait_for_fill: bool = False


class AccountFieldsWire(WireRecord):
    """An account row but for its positions."""

    timestamp: Number
    dollar_equity: Number
    id: OptionalText = None
    model_id: OptionalText = None
    since_inception_hourly_marker: Int32 | None = None
    since_inception_minute_marker: Int32 | None = None
    cum_pnl_pct: Number | None = None
    realized_pnl: Number | None = None
    total_unrealized_pnl: Number | None = None
    sharpe_ratio: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class AccountWire(AccountFieldsWire):
    positions: dict[str, Raw] | list[Raw] | None = None


class ExactAccountWire(AccountFieldsWire, forbid_unknown_fields=True):
    """An account row with nothing but what the contract says, positions included."""

    positions: dict[str, ExactPositionWire] | None = None


_NO_EXIT_PLAN: tuple[object, ...] = (None, "N/A", "", {})


RejectedPosition = tuple[bytes, str]
"""The raw text of something that could not be decoded, and why."""


def parse_account_row(data: bytes, context: DecodeContext) -> tuple[AccountRow, list[RejectedPosition]]:
    """An account row, and the positions in it that could not be decoded with their reasons."""
    wire: ExactAccountWire | AccountWire | None = decode_exact(data, ExactAccountWire)
    extra, refused = None, list[RejectedPosition]()
    positions = _build_exact_positions(wire) if isinstance(wire, ExactAccountWire) else None
    if wire is None or positions is None:
        wire, extra = decode_record(data, AccountWire, context.drift)
        positions = list(_parse_positions(wire.positions, context, refused))
    observed_at = parse_timestamp(wire.timestamp, "timestamp")
    trader = wire.model_id or _trader_of_row(wire.id)
    row = AccountRow(
        account=account_key(context, trader, observed_at, wire.competition, wire.competition_id),
        observed_at=observed_at,
        fetched_at=context.fetched_at,
        equity_usd=wire.dollar_equity,
        hourly_marker=wire.since_inception_hourly_marker,
        minute_marker=wire.since_inception_minute_marker,
        return_pct_reported=wire.cum_pnl_pct,
        realized_usd=wire.realized_pnl,
        unrealized_usd=wire.total_unrealized_pnl,
        sharpe_reported=wire.sharpe_ratio,
        positions=tuple(sorted(positions, key=lambda position: position.coin)),
        extra=extra,
    )
    return row, refused


def _build_exact_positions(wire: ExactAccountWire) -> list[Position] | None:
    """The positions of a row that is what the contract says; None when one of them needs a closer look."""
    held = wire.positions or {}
    if any(position.wait_for_fill for position in held.values()):
        return None
    try:
        return [_build_position(coin, position, None) for coin, position in held.items()]
    except InvalidRecord:
        return None


def _parse_positions(
    held: dict[str, Raw] | list[Raw] | None, context: DecodeContext, refused: list[RejectedPosition]
) -> Iterable[Position]:
    """The positions that can be decoded, each on its own."""
    items = held.items() if isinstance(held, dict) else ((None, raw) for raw in held or ())
    for coin, raw in items:
        data = bytes(raw)
        try:
            wire, extra = decode_record(data, PositionWire, context.drift)
            yield _build_position(coin, wire, extra)
        except InvalidRecord as error:
            refused.append((data, str(error)))


def _build_position(coin: str | None, wire: PositionWire, extra: str | None) -> Position:
    if wire.quantity == 0:
        raise InvalidRecord("quantity: 0 is no position")
    plan, odd_plan = _parse_exit_plan(wire.exit_plan)
    if odd_plan is not None:
        extra = encode_json({**(decode_json(extra.encode()) if extra else {}), "exit_plan": odd_plan})
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
    """The plan, and the value itself where it is neither a plan nor a known way to say none."""
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
    """One object for a plan that stands in row after row."""
    if target is None and stop is None and text is None:
        return None
    return ExitPlan(target, stop, text)


def _trader_of_row(row_id: str | None) -> str | None:
    """The trader in an account row's id, which ends with `_<hour>` (contract 2)."""
    return row_id.rpartition("_")[0] if row_id else None


def is_finite_or_none(value: float | None) -> bool:
    return value is None or math.isfinite(value)
