"""Decisions of the simulated arena as the wire has them: prompt, reasoning, answer (contract 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from nof1tui.sources.simulated.arena.chat_texts import reasoning, summary
from nof1tui.sources.simulated.arena.decisions import Action, Cycle, Held
from nof1tui.sources.simulated.arena.ledger import Plan
from nof1tui.sources.simulated.arena.market import COINS, dice
from nof1tui.sources.simulated.arena.payloads import Json, conversation_id, encode, number
from nof1tui.sources.simulated.arena.prompt import prompt

FAILED_IN = 60
"""One answer in so many is not JSON."""


def conversation(cycle: Cycle) -> Json:
    """One decision with its prompt, reasoning and answer."""
    rng = dice(cycle.seed, "talk")
    answer = signals(cycle)
    failed = not cycle.actions and rng.randrange(FAILED_IN) == 0
    said = {"failed_json_response_raw_text": _broken(answer)} if failed else answer
    trace: str | Json = reasoning(cycle)
    if cycle.trader.silent or (failed and cycle.trader.id.startswith("deepseek")):
        trace = said
    return {
        "id": conversation_id(cycle.trader, cycle.at),
        "user_prompt": prompt(cycle),
        "llm_response": said,
        "cycle_id": cycle.number,
        "inserted_at": round(cycle.at + rng.uniform(1.9, 4.9), 6),
        "cot_trace": trace,
        "model_id": cycle.trader.id,
        "skill": "swing_trading",
        "cot_trace_summary": summary(cycle),
        "timestamp": number(cycle.at),
        "run_id": datetime.fromtimestamp(cycle.started_at, UTC).strftime("%Y%m%d%H%M%S"),
    }


def signals(cycle: Cycle) -> Json:
    """Coin → signal, for what was done and for what is held; one coin at least."""
    done = {action.coin: _done(action) for action in cycle.actions}
    held = {item.coin: _holds(item) for item in cycle.after if item.coin not in done}
    both = {**held, **done} or {0: _signal(0, "hold", 0, 10, None, "")}
    return {COINS[coin].symbol: both[coin] for coin in sorted(both)}


def _done(action: Action) -> Json:
    return _signal(action.coin, action.signal, action.quantity, action.leverage, action.plan, action.why)


def _holds(held: Held) -> Json:
    return _signal(held.coin, "hold", held.quantity, held.leverage, held.plan, "")


def _signal(coin: int, signal: str, size: float, leverage: int, plan: Plan | None, why: str) -> Json:
    return {
        "quantity": number(size),
        "stop_loss": number(plan.stop) if plan else 0,
        "signal": signal,
        "profit_target": number(plan.target) if plan else 0,
        "invalidation_condition": plan.invalidation if plan else "",
        "justification": why,
        "confidence": number(plan.confidence) if plan else 0,
        "leverage": leverage,
        "risk_usd": number(plan.risk_usd) if plan else 0,
        "coin": COINS[coin].symbol,
    }


def _broken(answer: Json) -> str:
    """An answer as a model spoils it: fenced, and cut off before its end."""
    text = encode(answer).decode()
    return "```json\n" + text[: max(20, int(len(text) * 0.8))]
