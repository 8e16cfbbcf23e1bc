"""Decisions (model chat) of nof1's API: structs and conversion."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import (
    Decision,
    DecisionTexts,
    Signal,
)
from nof1tui.sources.decoding.values import (
    WireRecord,
    dumps,
    loads,
    moment,
    named,
    read_record,
    text_of,
)
from nof1tui.sources.nof1.accounts import _is_finite
from nof1tui.sources.nof1.context import Context, _account, _moment
from nof1tui.sources.nof1.fields import Number, OrderId, Text


class DecisionWire(WireRecord):
    id: str
    model_id: str
    timestamp: Number
    inserted_at: Number | None = None
    cycle_id: OrderId | None = None
    run_id: str | int | None = None
    skill: Text = None
    user_prompt: Text = None
    cot_trace: Raw | UnsetType = UNSET
    cot_trace_summary: Text = None
    llm_response: Raw | UnsetType = UNSET
    competition: str | int | None = None
    competition_id: str | int | None = None


class SignalWire(WireRecord):
    coin: Text = None
    signal: Text = None
    quantity: Number | None = None
    leverage: Number | None = None
    profit_target: Number | None = None
    stop_loss: Number | None = None
    risk_usd: Number | None = None
    confidence: Number | None = None
    invalidation_condition: Text = None
    justification: Text = None


FAILED_ANSWER = "failed_json_response_raw_text"


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
