"""The arena's records as they are on the wire (contract section 3), every key optional but id and time.

Types say what can be used; what is odder than that makes the record a reject.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Number = float
Text = str | None
Whole = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
OrderId = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""The store keeps no larger ones."""


class ExitPlanWire(Struct):
    profit_target: Number | None = None
    stop_loss: Number | None = None
    invalidation_condition: Text = None


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
    entry_oid: OrderId | None = None
    oid: OrderId | None = None
    tp_oid: OrderId | None = None
    sl_oid: OrderId | None = None


class KnownPosition(PositionWire, forbid_unknown_fields=True):
    """A position with nothing but what the contract says: the usual one, read at one go."""

    exit_plan: ExitPlanWire | Literal["N/A"] | None = None
    index_col: Literal[-1] | None = None
    slippage: Literal[0] = 0
    wait_for_fill: bool = False


class AccountBase(Struct):
    """An account row but for its positions."""

    timestamp: Number
    dollar_equity: Number
    id: Text = None
    model_id: Text = None
    since_inception_hourly_marker: Whole | None = None
    since_inception_minute_marker: Whole | None = None
    cum_pnl_pct: Number | None = None
    realized_pnl: Number | None = None
    total_unrealized_pnl: Number | None = None
    sharpe_ratio: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class AccountWire(AccountBase):
    positions: dict[str, Raw] | list[Raw] | None = None


class KnownAccount(AccountBase, forbid_unknown_fields=True):
    """An account row with nothing but what the contract says, positions included."""

    positions: dict[str, KnownPosition] | None = None


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
    entry_oid: OrderId | None = None
    exit_oid: OrderId | None = None
    entry_tid: OrderId | None = None
    exit_tid: OrderId | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class DecisionWire(Struct):
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
    """Kept whole; the tables are named so that a new one is noticed."""

    updated_at: Number
    model_id: Text = None
    id: Text = None
    last_trade_exit_time: Raw | UnsetType = UNSET
    last_trade_doc_id: Raw | UnsetType = UNSET
    last_convo_timestamp: Raw | UnsetType = UNSET
    last_convo_doc_id: Raw | UnsetType = UNSET
    fee_pnl_moves_breakdown_table: Raw | UnsetType = UNSET
    winners_losers_breakdown_table: Raw | UnsetType = UNSET
    signals_breakdown_table: Raw | UnsetType = UNSET
    longs_shorts_breakdown_table: Raw | UnsetType = UNSET
    overall_trades_overview_table: Raw | UnsetType = UNSET
    invocation_breakdown_table: Raw | UnsetType = UNSET
    competition: str | int | None = None
    competition_id: str | int | None = None


class InceptionWire(Struct):
    """`id` and `num_invocations` say nothing (contract 3.7) and are not kept."""

    model_id: str
    inception_date: Number
    id: Raw | UnsetType = UNSET
    num_invocations: Raw | UnsetType = UNSET
    nav_since_inception: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


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

EXPECTED: dict[type[Struct], frozenset[str]] = {TradeWire: frozenset({"exit_crossed"})}
"""Keys that are kept in `extra` and are no news."""
