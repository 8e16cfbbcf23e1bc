"""JSON records of the simulated arena's decisions: prompt, reasoning, answer (contract 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from nof1tui.sources.simulated.arena.chat_texts import render_reasoning, render_summary
from nof1tui.sources.simulated.arena.decisions import DecidedAction, DecisionCycle, PositionSnapshot
from nof1tui.sources.simulated.arena.margin_account import TradePlan
from nof1tui.sources.simulated.arena.market import COIN_SPECS, seeded_random
from nof1tui.sources.simulated.arena.payloads import JsonObject, conversation_id, encode_payload, js_number
from nof1tui.sources.simulated.arena.prompt import render_prompt

_FAILURE_ODDS = 60
"""One answer in this many is not valid JSON."""


def build_conversation_payload(cycle: DecisionCycle) -> JsonObject:
    """One decision with its prompt, reasoning and answer."""
    rng = seeded_random(cycle.seed, "talk")
    answer = build_signals_payload(cycle)
    failed = not cycle.actions and rng.randrange(_FAILURE_ODDS) == 0
    response = {"failed_json_response_raw_text": _truncate_answer(answer)} if failed else answer
    trace: str | JsonObject = render_reasoning(cycle)
    if cycle.trader.hides_reasoning or (failed and cycle.trader.id.startswith("deepseek")):
        trace = response
    return {
        "id": conversation_id(cycle.trader, cycle.at),
        "user_prompt": render_prompt(cycle),
        "llm_response": response,
        "cycle_id": cycle.number,
        "inserted_at": round(cycle.at + rng.uniform(1.9, 4.9), 6),
        "cot_trace": trace,
        "model_id": cycle.trader.id,
        "skill": "swing_trading",
        "cot_trace_summary": render_summary(cycle),
        "timestamp": js_number(cycle.at),
        "run_id": datetime.fromtimestamp(cycle.started_at, UTC).strftime("%Y%m%d%H%M%S"),
    }


def build_signals_payload(cycle: DecisionCycle) -> JsonObject:
    """Signals by coin: actions and held positions, at least one coin."""
    acted = {action.coin: _action_signal(action) for action in cycle.actions}
    held = {item.coin: _hold_signal(item) for item in cycle.positions_after if item.coin not in acted}
    signals = {**held, **acted} or {0: _signal(0, "hold", 0, 10, None, "")}
    return {COIN_SPECS[coin].symbol: signals[coin] for coin in sorted(signals)}


def _action_signal(action: DecidedAction) -> JsonObject:
    return _signal(action.coin, action.signal, action.quantity, action.leverage, action.plan, action.reason)


def _hold_signal(held: PositionSnapshot) -> JsonObject:
    return _signal(held.coin, "hold", held.quantity, held.leverage, held.plan, "")


def _signal(
    coin: int, signal: str, size: float, leverage: int, plan: TradePlan | None, why: str
) -> JsonObject:
    return {
        "quantity": js_number(size),
        "stop_loss": js_number(plan.stop) if plan else 0,
        "signal": signal,
        "profit_target": js_number(plan.target) if plan else 0,
        "invalidation_condition": plan.invalidation if plan else "",
        "justification": why,
        "confidence": js_number(plan.confidence) if plan else 0,
        "leverage": leverage,
        "risk_usd": js_number(plan.risk_usd) if plan else 0,
        "coin": COIN_SPECS[coin].symbol,
    }


def _truncate_answer(answer: JsonObject) -> str:
    """A malformed answer: fenced as Markdown and cut off before its end."""
    text = encode_payload(answer).decode()
    return "```json\n" + text[: max(20, int(len(text) * 0.8))]
