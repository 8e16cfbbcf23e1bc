"""Decisions (model chat, `conversations`) of nof1's API: structs and conversion."""

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
    decode_json,
    decode_record,
    encode_json,
    parse_timestamp,
    require_name,
    text_or_json,
)
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_optional_timestamp
from nof1tui.sources.nof1.fields import Int64, Number, OptionalText
from nof1tui.sources.nof1.positions import is_finite_or_none

_FAILED_ANSWER_KEY = "failed_json_response_raw_text"
"""Key under which an answer that is not JSON is kept."""


class DecisionWire(WireRecord):
    """One decision with prompt, reasoning and answer."""

    id: str
    model_id: str
    timestamp: Number
    inserted_at: Number | None = None
    cycle_id: Int64 | None = None
    run_id: str | int | None = None
    skill: OptionalText = None
    user_prompt: OptionalText = None
    cot_trace: Raw | UnsetType = UNSET
    cot_trace_summary: OptionalText = None
    llm_response: Raw | UnsetType = UNSET
    competition: str | int | None = None
    competition_id: str | int | None = None


class SignalWire(WireRecord):
    """What a decision wants for one coin."""

    coin: OptionalText = None
    signal: OptionalText = None
    quantity: Number | None = None
    leverage: Number | None = None
    profit_target: Number | None = None
    stop_loss: Number | None = None
    risk_usd: Number | None = None
    confidence: Number | None = None
    invalidation_condition: OptionalText = None
    justification: OptionalText = None


def parse_decision(data: bytes, context: DecodeContext) -> Decision:
    """A decision of one raw record. Raises InvalidRecord."""
    wire, extra = decode_record(data, DecisionWire, context.drift)
    at = parse_timestamp(wire.timestamp, "timestamp")
    answer = None if wire.llm_response is UNSET else decode_json(bytes(wire.llm_response))
    signals, answer_text, failed = _parse_answer(answer)
    reasoning = None if wire.cot_trace is UNSET else text_or_json(decode_json(bytes(wire.cot_trace)))
    return Decision(
        id=require_name(wire.id, "id"),
        account=account_key(context, wire.model_id, at, wire.competition, wire.competition_id),
        at=at,
        fetched_at=context.fetched_at,
        summary=wire.cot_trace_summary or None,
        signals=signals,
        answer_failed=failed,
        inserted_at=parse_optional_timestamp(wire.inserted_at, "inserted_at"),
        cycle=wire.cycle_id,
        run_id=None if wire.run_id is None else str(wire.run_id),
        skill=wire.skill,
        texts=DecisionTexts(wire.user_prompt, reasoning, answer_text),
        extra=extra,
    )


def _parse_answer(value: Any) -> tuple[tuple[Signal, ...], str | None, bool]:
    """Signals, the answer's text, and whether the answer was not valid JSON."""
    if value is None:
        return (), None, False
    if not isinstance(value, dict):
        return (), text_or_json(value), True
    if _FAILED_ANSWER_KEY in value:
        return (), text_or_json(value[_FAILED_ANSWER_KEY]), True
    signals = (_parse_signal(str(coin), signal) for coin, signal in value.items())
    return tuple(signal for signal in signals if signal is not None), encode_json(value), False


def _parse_signal(coin: str, value: Any) -> Signal | None:
    """A signal of the answer; None for a value of another shape, which stays in the answer's text."""
    try:
        wire = msgspec.convert(value, SignalWire, strict=False)
    except msgspec.ValidationError:
        return None
    numbers = {
        name: number if is_finite_or_none(number) else None
        for name in ("quantity", "leverage", "profit_target", "stop_loss", "risk_usd", "confidence")
        for number in (getattr(wire, name),)
    }
    return Signal(
        coin=wire.coin or coin,
        action=wire.signal or "unknown",
        invalidation=wire.invalidation_condition or None,
        justification=wire.justification or None,
        **numbers,
    )
