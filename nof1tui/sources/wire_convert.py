"""One raw record to one domain record. Raises Unusable with the reason when it cannot be."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct

from nof1tui.domain.model import (
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
from nof1tui.sources.wire_records import (
    FILLERS,
    AccountWire,
    AnalyticsWire,
    DecisionWire,
    ExitPlanWire,
    InceptionWire,
    PositionWire,
    PriceWire,
    SignalWire,
    TradeWire,
)

S = TypeVar("S", bound=Struct)
Json = dict[str, Any]

MILLISECONDS_FROM = 1e12
"""A time above this is in milliseconds (contract 2)."""
EARLIEST_S, LATEST_S = 946_684_800.0, 4_102_444_800.0
"""The years 2000 to 2100: what lies outside is no time of an arena."""
INT64, INT32 = 2**63 - 1, 2**31 - 1
FAILED_ANSWER = "failed_json_response_raw_text"

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises over bytes from outside."""


class Unusable(ValueError):
    """The record cannot be decoded; `str()` says why."""


def account_row(
    data: bytes, fetched_at: datetime, roster: Roster
) -> tuple[AccountRow, list[tuple[bytes, str]]]:
    """An account row, and the positions in it that could not be decoded with their reasons."""
    wire, extra = _decode(data, AccountWire)
    observed_at = moment(wire.timestamp, "timestamp")
    trader = wire.model_id or _trader_of_row(wire.id)
    positions, refused = [], []
    for symbol, raw in _position_items(wire.positions):
        try:
            position = _position(symbol, bytes(raw))
        except Unusable as error:
            refused.append((bytes(raw), str(error)))
        else:
            positions.append(position)
    row = AccountRow(
        account=_account(roster, trader, observed_at, wire.competition, wire.competition_id),
        observed_at=observed_at,
        fetched_at=fetched_at,
        equity_usd=finite(wire.dollar_equity, "dollar_equity"),
        hourly_marker=_whole(wire.since_inception_hourly_marker, "since_inception_hourly_marker", INT32),
        minute_marker=_whole(wire.since_inception_minute_marker, "since_inception_minute_marker", INT32),
        return_pct_reported=_number(wire.cum_pnl_pct, "cum_pnl_pct"),
        realized_usd=_number(wire.realized_pnl, "realized_pnl"),
        unrealized_usd=_number(wire.total_unrealized_pnl, "total_unrealized_pnl"),
        sharpe_reported=_number(wire.sharpe_ratio, "sharpe_ratio"),
        positions=tuple(sorted(positions, key=lambda position: position.coin)),
        extra=extra,
    )
    return row, refused


def trade(data: bytes, fetched_at: datetime, roster: Roster) -> Trade:
    wire, extra = _decode(data, TradeWire)
    exit_at = moment(wire.exit_time, "exit_time")
    quantity = _number(wire.quantity, "quantity")
    return Trade(
        id=_named(wire.id, "id"),
        account=_account(roster, wire.model_id, exit_at, wire.competition, wire.competition_id),
        coin=_named(wire.symbol, "symbol"),
        exit_at=exit_at,
        fetched_at=fetched_at,
        quantity=quantity,
        side=_side(wire.side or wire.trade_type, quantity),
        entry_at=_moment(wire.entry_time, "entry_time"),
        entry_price=_number(wire.entry_price, "entry_price"),
        exit_price=_number(wire.exit_price, "exit_price"),
        gross_usd=_number(wire.realized_gross_pnl, "realized_gross_pnl"),
        net_usd=_number(wire.realized_net_pnl, "realized_net_pnl"),
        fees_usd=_number(wire.total_commission_dollars, "total_commission_dollars"),
        entry_fee_usd=_number(wire.entry_commission_dollars, "entry_commission_dollars"),
        exit_fee_usd=_number(wire.exit_commission_dollars, "exit_commission_dollars"),
        entry_closed_usd=_number(wire.entry_closed_pnl, "entry_closed_pnl"),
        exit_closed_usd=_number(wire.exit_closed_pnl, "exit_closed_pnl"),
        entry_oid=_order(wire.entry_oid, "entry_oid"),
        exit_oid=_order(wire.exit_oid, "exit_oid"),
        entry_tid=_order(wire.entry_tid, "entry_tid"),
        exit_tid=_order(wire.exit_tid, "exit_tid"),
        extra=extra,
    )


def decision(data: bytes, fetched_at: datetime, roster: Roster) -> Decision:
    wire, extra = _decode(data, DecisionWire)
    at = moment(wire.timestamp, "timestamp")
    answer = None if wire.llm_response is UNSET else _loads(bytes(wire.llm_response))
    signals, answer_text, failed = _answer(answer)
    reasoning = None if wire.cot_trace is UNSET else _text(_loads(bytes(wire.cot_trace)))
    return Decision(
        id=_named(wire.id, "id"),
        account=_account(roster, wire.model_id, at, wire.competition, wire.competition_id),
        at=at,
        fetched_at=fetched_at,
        summary=wire.cot_trace_summary or None,
        signals=signals,
        answer_failed=failed,
        inserted_at=_moment(wire.inserted_at, "inserted_at"),
        cycle=_whole(wire.cycle_id, "cycle_id", INT64),
        run_id=None if wire.run_id is None else str(wire.run_id),
        skill=wire.skill,
        texts=DecisionTexts(wire.user_prompt, reasoning, answer_text),
        extra=extra,
    )


def price(coin: str, data: bytes, fetched_at: datetime, made_at: datetime | None) -> Price:
    wire, _ = _decode(data, PriceWire)
    observed_at = _moment(wire.timestamp, "timestamp") or made_at or fetched_at
    return Price(
        _named(coin or wire.symbol or "", "symbol"), finite(wire.price, "price"), observed_at, fetched_at
    )


def analytics(data: bytes, fetched_at: datetime, roster: Roster) -> Analytics:
    wire, _ = _decode(data, AnalyticsWire)
    updated_at = moment(wire.updated_at, "updated_at")
    account = _account(roster, wire.model_id or wire.id, updated_at, wire.competition, wire.competition_id)
    return Analytics(account, updated_at, fetched_at, _dumps(_loads(data)))


def inception(data: bytes, fetched_at: datetime, roster: Roster) -> Inception:
    wire, _ = _decode(data, InceptionWire)
    at = moment(wire.inception_date, "inception_date")
    account = _account(roster, wire.model_id, at, wire.competition, wire.competition_id)
    capital = _number(wire.nav_since_inception, "nav_since_inception")
    if capital is None or capital <= 0:
        capital = roster.season(account.season).capital_usd
    return Inception(account, at, capital, fetched_at)


def moment(value: float, name: str) -> datetime:
    """Seconds (or milliseconds, contract 2) since the epoch as an aware time."""
    seconds = value / 1000 if abs(value) > MILLISECONDS_FROM else value
    if not EARLIEST_S <= seconds <= LATEST_S:
        raise Unusable(f"{name}: {value!r} is not a time between 2000 and 2100")
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(value: object) -> datetime | None:
    """A time if it is one, for envelope fields that are not worth a reject."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return moment(float(value), "serverTime")
    except (Unusable, OverflowError):
        return None


def finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise Unusable(f"{name}: {value!r} is not a finite number")
    return value


@cache
def _decoder(kind: type[S], strict: bool) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(kind, strict=strict)


@cache
def _known(kind: type[Struct]) -> frozenset[str]:
    return frozenset(kind.__struct_fields__)


def _decode(data: bytes, kind: type[S]) -> tuple[S, str | None]:
    """The record, and its unknown keys as JSON."""
    try:
        record = _decoder(kind, True).decode(data)
    except DECODE_ERRORS as error:
        try:
            record = _decoder(kind, False).decode(data)
        except DECODE_ERRORS:
            raise Unusable(reason_of(error)) from error
    return record, _extra(data, kind)


def reason_of(error: Exception) -> str:
    """Why a record is rejected, in one line."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _extra(data: bytes, kind: type[Struct]) -> str | None:
    known, fillers = _known(kind), FILLERS.get(kind, {})
    unknown = {
        key: raw
        for key, raw in msgspec.json.decode(data, type=dict[str, Raw]).items()
        if key not in known and not _says_nothing(raw, fillers.get(key))
    }
    return _dumps({key: _loads(bytes(raw)) for key, raw in unknown.items()}) if unknown else None


def _says_nothing(raw: Raw, constants: tuple[object, ...] | None) -> bool:
    if constants is None:
        return False
    return not constants or _loads(bytes(raw)) in constants


def _position_items(positions: dict[str, Raw] | list[Raw] | None) -> list[tuple[str | None, Raw]]:
    if isinstance(positions, dict):
        return list(positions.items())
    return [(None, raw) for raw in positions or ()]


def _position(key: str | None, data: bytes) -> Position:
    wire, extra = _decode(data, PositionWire)
    quantity = finite(wire.quantity, "quantity")
    if quantity == 0:
        raise Unusable("quantity: 0 is no position")
    plan, odd_plan = _exit_plan(wire.exit_plan)
    if odd_plan is not None:
        extra = _dumps({**(_loads(extra.encode()) if extra else {}), "exit_plan": odd_plan})
    return Position(
        coin=_named(key or wire.symbol or "", "symbol"),
        quantity=quantity,
        entry_price=_number(wire.entry_price, "entry_price"),
        mark_price=_number(wire.current_price, "current_price"),
        unrealized_usd=_number(wire.unrealized_pnl, "unrealized_pnl"),
        leverage=_positive(wire.leverage, "leverage"),
        margin_usd=_number(wire.margin, "margin"),
        liquidation_price=_positive(wire.liquidation_price, "liquidation_price"),
        entry_at=_moment(wire.entry_time, "entry_time"),
        exit_plan=plan,
        risk_usd=_number(wire.risk_usd, "risk_usd"),
        confidence=_number(wire.confidence, "confidence"),
        closed_pnl_usd=_number(wire.closed_pnl, "closed_pnl"),
        commission_usd=_number(wire.commission, "commission"),
        entry_oid=_order(wire.entry_oid, "entry_oid"),
        oid=_order(wire.oid, "oid"),
        tp_oid=_order(wire.tp_oid, "tp_oid"),
        sl_oid=_order(wire.sl_oid, "sl_oid"),
        extra=extra,
    )


def _exit_plan(value: Any) -> tuple[ExitPlan | None, object]:
    """The plan, and the value itself where it is neither a plan nor a known way to say none."""
    if value in (None, "N/A", "", {}):
        return None, None
    try:
        wire = msgspec.convert(value, ExitPlanWire, strict=False)
    except msgspec.ValidationError:
        return None, value
    numbers = (wire.profit_target, wire.stop_loss)
    if not all(number is None or math.isfinite(number) for number in numbers):
        return None, None
    return ExitPlan(wire.profit_target, wire.stop_loss, wire.invalidation_condition or None), None


def _answer(value: Any) -> tuple[tuple[Signal, ...], str | None, bool]:
    """Signals, the answer's text, and whether it failed to be JSON."""
    if value is None:
        return (), None, False
    if not isinstance(value, dict):
        return (), _text(value), True
    if FAILED_ANSWER in value:
        return (), _text(value[FAILED_ANSWER]), True
    signals = (_signal(str(coin), said) for coin, said in value.items())
    return tuple(signal for signal in signals if signal is not None), _dumps(value), False


def _signal(coin: str, said: Any) -> Signal | None:
    """A signal of the answer; None for what is none (the answer's text keeps it)."""
    try:
        wire = msgspec.convert(said, SignalWire, strict=False)
    except msgspec.ValidationError:
        return None
    numbers = {
        name: value if value is not None and math.isfinite(value) else None
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


def _account(roster: Roster, trader: str | None, at: datetime, *competitions: str | int | None) -> AccountKey:
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(roster.season_at(at).slug, _named(trader or "", "model_id"), competition)


def _trader_of_row(row_id: str | None) -> str | None:
    """The trader in an account row's id, which ends with `_<hour>` (contract 2)."""
    return row_id.rpartition("_")[0] if row_id else None


def _side(stated: str | None, quantity: float | None) -> Side | None:
    if quantity:
        return "short" if quantity < 0 else "long"
    return "long" if stated == "long" else "short" if stated == "short" else None


def _named(value: str, name: str) -> str:
    if not value.strip():
        raise Unusable(f"{name}: missing or empty")
    if len(value) > 200:
        raise Unusable(f"{name}: longer than 200 characters")
    return value


def _number(value: float | None, name: str) -> float | None:
    return None if value is None else finite(value, name)


def _positive(value: float | None, name: str) -> float | None:
    """A number whose sentinel for "none" is 0."""
    return _number(value, name) or None


def _moment(value: float | None, name: str) -> datetime | None:
    return None if value is None else moment(value, name)


def _whole(value: int | None, name: str, largest: int) -> int | None:
    if value is not None and not -largest <= value <= largest:
        raise Unusable(f"{name}: {value} is too large")
    return value


def _order(value: int | None, name: str) -> int | None:
    """An order id; -1 stands for none."""
    return None if value == -1 else _whole(value, name, INT64)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _dumps(value)


def _loads(data: bytes) -> Any:
    return msgspec.json.decode(data)


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()
