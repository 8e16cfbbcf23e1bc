"""The arena's records as they are on the wire (contract section 3), every key optional but id and time.

Types say what can be used; what is odder than that makes the record a reject.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

Number = float
Text = str | None


class PositionWire(Struct):
    quantity: Number
    symbol: Text = None
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
    entry_oid: int | None = None
    oid: int | None = None
    tp_oid: int | None = None
    sl_oid: int | None = None


class AccountWire(Struct):
    timestamp: Number
    dollar_equity: Number
    id: Text = None
    model_id: Text = None
    since_inception_hourly_marker: int | None = None
    since_inception_minute_marker: int | None = None
    cum_pnl_pct: Number | None = None
    realized_pnl: Number | None = None
    total_unrealized_pnl: Number | None = None
    sharpe_ratio: Number | None = None
    positions: dict[str, Raw] | list[Raw] | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class TradeWire(Struct):
    id: str
    exit_time: Number
    symbol: str
    model_id: str
    side: Text = None
    trade_type: Text = None
    quantity: Number | None = None
    entry_price: Number | None = None
    exit_price: Number | None = None
    entry_time: Number | None = None
    realized_gross_pnl: Number | None = None
    realized_net_pnl: Number | None = None
    total_commission_dollars: Number | None = None
    entry_commission_dollars: Number | None = None
    exit_commission_dollars: Number | None = None
    entry_closed_pnl: Number | None = None
    exit_closed_pnl: Number | None = None
    entry_oid: int | None = None
    exit_oid: int | None = None
    entry_tid: int | None = None
    exit_tid: int | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class DecisionWire(Struct):
    id: str
    model_id: str
    timestamp: Number
    inserted_at: Number | None = None
    cycle_id: int | None = None
    run_id: str | int | None = None
    skill: Text = None
    user_prompt: Text = None
    cot_trace: Raw | UnsetType = UNSET
    cot_trace_summary: Text = None
    llm_response: Raw | UnsetType = UNSET
    competition: str | int | None = None
    competition_id: str | int | None = None


class SignalWire(Struct):
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


class PriceWire(Struct):
    price: Number
    symbol: Text = None
    timestamp: Number | None = None


class AnalyticsWire(Struct):
    updated_at: Number
    model_id: Text = None
    id: Text = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class InceptionWire(Struct):
    model_id: str
    inception_date: Number
    nav_since_inception: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class ExitPlanWire(Struct):
    profit_target: Number | None = None
    stop_loss: Number | None = None
    invalidation_condition: Text = None


FILLERS: dict[type[Struct], dict[str, tuple[object, ...]]] = {
    PositionWire: {"index_col": (None, -1), "slippage": (0,), "wait_for_fill": (False,)},
    TradeWire: {
        "trade_id": (),
        "entry_human_time": (),
        "exit_human_time": (),
        "entry_sz": (),
        "exit_sz": (),
        "leverage": (0, 1),
        "confidence": (0,),
        "exit_plan": ({},),
        "entry_liquidation": (None,),
        "exit_liquidation": (None,),
        "entry_crossed": (True,),
    },
}
"""Keys that say nothing: constants at these values, and (with no values) repeats of other fields.

They are not kept; at any other value they go to the record's `extra` like an unknown key.
"""
