"""Decisions (model chat, `conversations`) of nof1's API: structs and conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import AccountKey, Decision, DecisionTexts, Signal
from nof1tui.sources.decoding.dialects import decode_dialect, encode_extra
from nof1tui.sources.decoding.field_readers import decode_kept
from nof1tui.sources.decoding.schema_drift import DriftRecorder
from nof1tui.sources.decoding.values import WireRecord, encode_json, text_or_json
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_moment, parse_optional_moment
from nof1tui.sources.nof1.fields import TRADER_KEYS, Int64, Number, OptionalText
from nof1tui.sources.nof1.identities import derived_id, stated_id

_FAILED_ANSWER_KEY = "failed_json_response_raw_text"
"""Key under which an answer that is not JSON is kept."""


class DecisionWire(WireRecord):
    """One decision with prompt, reasoning and answer."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "id": ("conversation_id", "decision_id", "uuid", "_id"),
        "model_id": TRADER_KEYS,
        "timestamp": ("time", "created_at"),
    }
    times: ClassVar[frozenset[str]] = frozenset({"timestamp", "inserted_at"})

    id: OptionalText = None
    model_id: OptionalText = None
    timestamp: Number | None = None
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

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"coin": ("symbol",), "signal": ("action",)}

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
    wire, extra = decode_dialect(data, DecisionWire, context.drift)
    inserted_at = parse_optional_moment(context, "decision", "inserted_at", wire.inserted_at)
    at = _parse_time(wire, inserted_at, context)
    answer = None if wire.llm_response is UNSET else decode_kept(bytes(wire.llm_response))
    signals, answer_text, failed = _parse_answer(answer)
    reasoning = None if wire.cot_trace is UNSET else text_or_json(decode_kept(bytes(wire.cot_trace)))
    account = account_key(context, wire.model_id, at, wire.competition, wire.competition_id)
    return Decision(
        id=_identify(wire, account, at, context),
        account=account,
        at=at,
        fetched_at=context.fetched_at,
        summary=wire.cot_trace_summary or None,
        signals=signals,
        answer_failed=failed,
        inserted_at=inserted_at,
        cycle=wire.cycle_id,
        run_id=None if wire.run_id is None else str(wire.run_id),
        skill=wire.skill,
        texts=DecisionTexts(wire.user_prompt, reasoning, answer_text),
        extra=encode_extra(extra),
    )


def _parse_time(wire: DecisionWire, inserted_at: datetime | None, context: DecodeContext) -> datetime:
    """`timestamp`, else `inserted_at`. Raises InvalidRecord."""
    at = parse_optional_moment(context, "decision", "timestamp", wire.timestamp)
    if at is not None:
        return at
    if inserted_at is None:
        return parse_moment(context, "decision", "timestamp", wire.timestamp or 0.0)
    context.drift.add_change("decision", "timestamp", "missing: inserted_at in its place")
    return inserted_at


def _identify(wire: DecisionWire, account: AccountKey, at: datetime, context: DecodeContext) -> str:
    """`id`, else one of time, run and cycle."""
    stated = stated_id(wire.id)
    if stated is not None:
        return context.identities.resolve(stated, account)
    context.drift.add_change("decision", "id", "missing: made of trader, time, run and cycle")
    return derived_id(account, at, None if wire.run_id is None else str(wire.run_id), wire.cycle_id)


def _parse_answer(value: Any) -> tuple[tuple[Signal, ...], str | None, bool]:
    """Signals, the answer's text, and whether the answer was not valid JSON."""
    if value is None:
        return (), None, False
    listed = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    if not isinstance(value, dict) and not listed:
        return (), text_or_json(value), True
    if _FAILED_ANSWER_KEY in value:
        return (), text_or_json(value[_FAILED_ANSWER_KEY]), True
    items = ((None, item) for item in value) if listed else value.items()
    signals = (_parse_signal(coin, signal) for coin, signal in items)
    return tuple(signal for signal in signals if signal is not None), encode_json(value), False


def _parse_signal(coin: str | None, value: Any) -> Signal | None:
    """A signal of the answer; None for a value of another shape, which stays in the answer's text.

    The answer is the model's own, not the server's: its deviations are not schema drift.
    """
    wire = _convert_signal(value)
    name = coin if wire is None else wire.coin or coin
    if wire is None or not name:
        return None
    return Signal(
        coin=name,
        action=wire.signal or "unknown",
        quantity=wire.quantity,
        leverage=wire.leverage,
        profit_target=wire.profit_target,
        stop_loss=wire.stop_loss,
        risk_usd=wire.risk_usd,
        confidence=wire.confidence,
        invalidation=wire.invalidation_condition or None,
        justification=wire.justification or None,
    )


def _convert_signal(value: Any) -> SignalWire | None:
    try:
        wire = msgspec.convert(value, SignalWire, strict=False)
        if wire.signal is not None and all(map(isfinite, _numbers(wire))):
            return wire
    except msgspec.ValidationError:
        pass
    if not isinstance(value, dict):
        return None
    unreported = DriftRecorder("", datetime.min.replace(tzinfo=UTC))
    wire, _ = decode_dialect(encode_json(value).encode(), SignalWire, unreported)
    return wire


def _numbers(wire: SignalWire) -> Iterator[float]:
    for name in ("quantity", "leverage", "profit_target", "stop_loss", "risk_usd", "confidence"):
        value = getattr(wire, name)
        if value is not None:
            yield value
