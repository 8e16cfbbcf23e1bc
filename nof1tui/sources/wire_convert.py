"""One raw record to one domain record. Raises Unusable with the reason when it cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    DecisionTexts,
    ExitPlan,
    Inception,
    Position,
    Price,
    Side,
    Signal,
    Trade,
)
from nof1tui.domain.roster import Roster
from nof1tui.sources.drift import Notes
from nof1tui.sources.wire_records import (
    AccountWire,
    AnalyticsWire,
    DecisionWire,
    ExitPlanWire,
    InceptionWire,
    KnownAccount,
    PositionWire,
    PriceWire,
    SignalWire,
    TradeWire,
)
from nof1tui.sources.wire_values import (
    NO_ORDER,
    Unusable,
    dumps,
    loads,
    moment,
    named,
    order,
    read_known,
    read_record,
    text_of,
)

FAILED_ANSWER = "failed_json_response_raw_text"
_SAYS_NONE: tuple[object, ...] = (None, "N/A", "", {})
Refused = tuple[bytes, str]
"""The raw text of something that could not be decoded, and why."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a record does not say of itself."""

    fetched_at: datetime
    roster: Roster
    notes: Notes


def account_row(data: bytes, context: Context) -> tuple[AccountRow, list[Refused]]:
    """An account row, and the positions in it that could not be decoded with their reasons."""
    wire: KnownAccount | AccountWire | None = read_known(data, KnownAccount)
    extra, refused = None, list[Refused]()
    positions = _known_positions(wire) if isinstance(wire, KnownAccount) else None
    if wire is None or positions is None:
        wire, extra = read_record(data, AccountWire, context.notes)
        positions = list(_positions(wire.positions, context, refused))
    observed_at = moment(wire.timestamp, "timestamp")
    trader = wire.model_id or _trader_of_row(wire.id)
    row = AccountRow(
        account=_account(context, trader, observed_at, wire.competition, wire.competition_id),
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


def trade(data: bytes, context: Context) -> Trade:
    wire, extra = read_record(data, TradeWire, context.notes)
    exit_at = moment(wire.exit_time, "exit_time")
    return Trade(
        id=named(wire.id, "id"),
        account=_account(context, wire.model_id, exit_at, wire.competition, wire.competition_id),
        coin=named(wire.symbol, "symbol"),
        exit_at=exit_at,
        fetched_at=context.fetched_at,
        quantity=wire.quantity,
        side=_side(wire.side or wire.trade_type, wire.quantity),
        entry_at=_moment(wire.entry_time, "entry_time"),
        entry_price=wire.entry_price,
        exit_price=wire.exit_price,
        gross_usd=wire.realized_gross_pnl,
        net_usd=wire.realized_net_pnl,
        fees_usd=wire.total_commission_dollars,
        entry_fee_usd=wire.entry_commission_dollars,
        exit_fee_usd=wire.exit_commission_dollars,
        entry_closed_usd=wire.entry_closed_pnl,
        exit_closed_usd=wire.exit_closed_pnl,
        entry_oid=order(wire.entry_oid),
        exit_oid=order(wire.exit_oid),
        entry_tid=order(wire.entry_tid),
        exit_tid=order(wire.exit_tid),
        extra=extra,
    )


def decision(data: bytes, context: Context) -> Decision:
    wire, extra = read_record(data, DecisionWire, context.notes)
    at = moment(wire.timestamp, "timestamp")
    answer = None if wire.llm_response is UNSET else loads(bytes(wire.llm_response))
    signals, answer_text, failed = _answer(answer)
    reasoning = None if wire.cot_trace is UNSET else text_of(loads(bytes(wire.cot_trace)))
    return Decision(
        id=named(wire.id, "id"),
        account=_account(context, wire.model_id, at, wire.competition, wire.competition_id),
        at=at,
        fetched_at=context.fetched_at,
        summary=wire.cot_trace_summary or None,
        signals=signals,
        answer_failed=failed,
        inserted_at=_moment(wire.inserted_at, "inserted_at"),
        cycle=wire.cycle_id,
        run_id=None if wire.run_id is None else str(wire.run_id),
        skill=wire.skill,
        texts=DecisionTexts(wire.user_prompt, reasoning, answer_text),
        extra=extra,
    )


def price(coin: str | None, data: bytes, made_at: datetime | None, context: Context) -> Price:
    wire, _ = read_record(data, PriceWire, context.notes)
    observed_at = _moment(wire.timestamp, "timestamp") or made_at or context.fetched_at
    return Price(named(coin or wire.symbol, "symbol"), wire.price, observed_at, context.fetched_at)


def analytics(data: bytes, context: Context) -> Analytics:
    wire, _ = read_record(data, AnalyticsWire, context.notes)
    updated_at = moment(wire.updated_at, "updated_at")
    trader = wire.model_id or wire.id
    account = _account(context, trader, updated_at, wire.competition, wire.competition_id)
    return Analytics(account, updated_at, context.fetched_at, dumps(loads(data)))


def inception(data: bytes, context: Context) -> Inception:
    wire, _ = read_record(data, InceptionWire, context.notes)
    at = moment(wire.inception_date, "inception_date")
    account = _account(context, wire.model_id, at, wire.competition, wire.competition_id)
    capital = wire.nav_since_inception
    if capital is None or capital <= 0:
        capital = context.roster.season(account.season).capital_usd
    return Inception(account, at, capital, context.fetched_at)


def _known_positions(wire: KnownAccount) -> list[Position] | None:
    """The positions of a row that is what the contract says; None when one of them needs a closer look."""
    held = wire.positions or {}
    if any(position.wait_for_fill for position in held.values()):
        return None
    try:
        return [_position(coin, position, None) for coin, position in held.items()]
    except Unusable:
        return None


def _positions(
    held: dict[str, Raw] | list[Raw] | None, context: Context, refused: list[Refused]
) -> Iterable[Position]:
    """The positions that can be decoded, each on its own."""
    items = held.items() if isinstance(held, dict) else ((None, raw) for raw in held or ())
    for coin, raw in items:
        data = bytes(raw)
        try:
            wire, extra = read_record(data, PositionWire, context.notes)
            yield _position(coin, wire, extra)
        except Unusable as error:
            refused.append((data, str(error)))


def _position(coin: str | None, wire: PositionWire, extra: str | None) -> Position:
    if wire.quantity == 0:
        raise Unusable("quantity: 0 is no position")
    plan, odd_plan = _exit_plan(wire.exit_plan)
    if odd_plan is not None:
        extra = dumps({**(loads(extra.encode()) if extra else {}), "exit_plan": odd_plan})
    entry_oid, oid, tp_oid, sl_oid = wire.entry_oid, wire.oid, wire.tp_oid, wire.sl_oid
    return Position(
        named(coin or wire.symbol, "symbol"),
        wire.quantity,
        wire.entry_price,
        wire.current_price,
        wire.unrealized_pnl,
        wire.leverage or None,
        wire.margin,
        wire.liquidation_price or None,
        None if wire.entry_time is None else moment(wire.entry_time, "entry_time"),
        plan,
        wire.risk_usd,
        wire.confidence,
        wire.closed_pnl,
        wire.commission,
        None if entry_oid == NO_ORDER else entry_oid,
        None if oid == NO_ORDER else oid,
        None if tp_oid == NO_ORDER else tp_oid,
        None if sl_oid == NO_ORDER else sl_oid,
        extra,
    )


def _exit_plan(value: Any) -> tuple[ExitPlan | None, object]:
    """The plan, and the value itself where it is neither a plan nor a known way to say none."""
    if not isinstance(value, ExitPlanWire):
        if value in _SAYS_NONE:
            return None, None
        try:
            value = msgspec.convert(value, ExitPlanWire, strict=False)
        except msgspec.ValidationError:
            return None, value
        if not all(map(_is_finite, (value.profit_target, value.stop_loss))):
            return None, None
    return _plan(value.profit_target, value.stop_loss, value.invalidation_condition or None), None


@lru_cache(maxsize=1024)
def _plan(target: float | None, stop: float | None, text: str | None) -> ExitPlan | None:
    """One object for a plan that stands in row after row."""
    if target is None and stop is None and text is None:
        return None
    return ExitPlan(target, stop, text)


def _answer(value: Any) -> tuple[tuple[Signal, ...], str | None, bool]:
    """Signals, the answer's text, and whether it failed to be JSON."""
    if value is None:
        return (), None, False
    if not isinstance(value, dict):
        return (), text_of(value), True
    if FAILED_ANSWER in value:
        return (), text_of(value[FAILED_ANSWER]), True
    signals = (_signal(str(coin), said) for coin, said in value.items())
    return tuple(signal for signal in signals if signal is not None), dumps(value), False


def _signal(coin: str, said: Any) -> Signal | None:
    """A signal of the answer; None for what is none (the answer's text keeps it)."""
    try:
        wire = msgspec.convert(said, SignalWire, strict=False)
    except msgspec.ValidationError:
        return None
    numbers = {
        name: value if _is_finite(value) else None
        for name in ("quantity", "leverage", "profit_target", "stop_loss", "risk_usd", "confidence")
        for value in (getattr(wire, name),)
    }
    return Signal(
        coin=wire.coin or coin,
        action=wire.signal or "unknown",
        invalidation=wire.invalidation_condition or None,
        justification=wire.justification or None,
        **numbers,
    )


def _account(
    context: Context, trader: str | None, at: datetime, *competitions: str | int | None
) -> AccountKey:
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(context.roster.season_at(at).slug, named(trader, "model_id"), competition)


def _trader_of_row(row_id: str | None) -> str | None:
    """The trader in an account row's id, which ends with `_<hour>` (contract 2)."""
    return row_id.rpartition("_")[0] if row_id else None


def _side(stated: str | None, quantity: float | None) -> Side | None:
    if quantity:
        return "short" if quantity < 0 else "long"
    return "long" if stated == "long" else "short" if stated == "short" else None


def _is_finite(value: float | None) -> bool:
    return value is None or math.isfinite(value)


def _moment(value: float | None, name: str) -> datetime | None:
    return None if value is None else moment(value, name)
