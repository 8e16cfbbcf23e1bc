"""Records as nof1's API writes them: its keys, its fillers, whole numbers as integers.

Unknown values get the API's own sentinels: -1 for orders, 0 for a liquidation price, "N/A" for a plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    ExitPlan,
    Inception,
    Position,
    Price,
    Trade,
)

WireObject = dict[str, Any]
_NO_ORDER = -1
_LARGEST_WHOLE = 2.0**53
_FAILED_ANSWER_KEY = "failed_json_response_raw_text"


def number(value: float | None) -> float | int | None:
    """The number as JSON of the API has it: an integer where it is whole."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return int(value)
    return value


def seconds(moment: datetime | None) -> float | int | None:
    """Seconds since the epoch."""
    return None if moment is None else number(moment.timestamp())


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1_000)


def account_row(row: AccountRow, *, with_null_sharpe: bool = True) -> WireObject:
    """A row of `account-totals`. The benchmark's has no `sharpe_ratio` where it is unknown."""
    record: WireObject = {
        "id": f"{row.account.slug}_{row.hourly_marker}",
        **_trader(row.account),
        "timestamp": seconds(row.observed_at),
        "since_inception_hourly_marker": row.hourly_marker,
        "since_inception_minute_marker": row.minute_marker,
        "dollar_equity": number(row.equity_usd),
        "cum_pnl_pct": number(row.return_pct_reported),
        "realized_pnl": number(row.realized_usd),
        "total_unrealized_pnl": number(row.unrealized_usd),
        "positions": {position.coin: position_record(position) for position in row.positions},
    }
    if row.sharpe_reported is not None or with_null_sharpe:
        record["sharpe_ratio"] = number(row.sharpe_reported)
    return record | _extra(row.extra)


def position_record(position: Position) -> WireObject:
    """One position of an account row."""
    entry_oid = _NO_ORDER if position.entry_oid is None else position.entry_oid
    return {
        "symbol": position.coin,
        "quantity": number(position.quantity),
        "entry_price": number(position.entry_price),
        "current_price": number(position.mark_price),
        "entry_time": seconds(position.entry_at),
        "leverage": number(position.leverage),
        "margin": number(position.margin_usd),
        "liquidation_price": number(position.liquidation_price or 0),
        "unrealized_pnl": number(position.unrealized_usd),
        "closed_pnl": number(position.closed_pnl_usd),
        "commission": number(position.commission_usd),
        "risk_usd": number(position.risk_usd),
        "confidence": number(position.confidence),
        "exit_plan": _plan(position.exit_plan),
        "entry_oid": entry_oid,
        "oid": _NO_ORDER if position.oid is None else position.oid,
        "tp_oid": _NO_ORDER if position.tp_oid is None else position.tp_oid,
        "sl_oid": _NO_ORDER if position.sl_oid is None else position.sl_oid,
        "index_col": -1 if entry_oid == _NO_ORDER else None,
        "slippage": 0,
        "wait_for_fill": False,
        **_extra(position.extra),
    }


def _plan(plan: ExitPlan | None) -> WireObject | str:
    if plan is None:
        return "N/A"
    return {
        "profit_target": number(plan.profit_target),
        "stop_loss": number(plan.stop_loss),
        "invalidation_condition": plan.invalidation,
    }


def trade_record(trade: Trade) -> WireObject:
    """A record of `trades`."""
    size = None if trade.quantity is None else number(abs(trade.quantity))
    orders = {
        name: _NO_ORDER if (value := getattr(trade, name)) is None else value
        for name in ("entry_oid", "exit_oid", "entry_tid", "exit_tid")
    }
    return {
        "id": trade.id,
        "trade_id": f"{_stamp(trade.entry_at)}_{trade.coin}_{_stamp(trade.exit_at)}_{trade.account.trader}",
        **_trader(trade.account),
        "symbol": trade.coin,
        "side": trade.side,
        "trade_type": trade.side,
        "quantity": number(trade.quantity),
        "entry_price": number(trade.entry_price),
        "exit_price": number(trade.exit_price),
        "entry_time": seconds(trade.entry_at),
        "exit_time": seconds(trade.exit_at),
        "entry_human_time": _human_time(trade.entry_at),
        "exit_human_time": _human_time(trade.exit_at),
        "realized_gross_pnl": number(trade.gross_usd),
        "realized_net_pnl": number(trade.net_usd),
        "entry_closed_pnl": number(trade.entry_closed_usd),
        "exit_closed_pnl": number(trade.exit_closed_usd),
        "entry_commission_dollars": number(trade.entry_fee_usd),
        "exit_commission_dollars": number(trade.exit_fee_usd),
        "total_commission_dollars": number(trade.fees_usd),
        "entry_sz": size,
        "exit_sz": size,
        **orders,
        "entry_crossed": True,
        "exit_crossed": True,
        "entry_liquidation": None,
        "exit_liquidation": None,
        "leverage": 1,
        "confidence": 0,
        "exit_plan": {},
        **_extra(trade.extra),
    }


def conversation_record(decision: Decision) -> WireObject:
    """A record of `conversations`, with its long texts."""
    texts = decision.texts
    return {
        "id": decision.id,
        **_trader(decision.account),
        "timestamp": seconds(decision.at),
        "inserted_at": seconds(decision.inserted_at),
        "cycle_id": decision.cycle,
        "run_id": decision.run_id,
        "skill": decision.skill,
        "user_prompt": texts.prompt if texts else None,
        "cot_trace": _text_or_object(texts.reasoning if texts else None),
        "cot_trace_summary": decision.summary,
        "llm_response": _answer(decision),
        **_extra(decision.extra),
    }


def _answer(decision: Decision) -> Any:
    answer = decision.texts.answer if decision.texts else None
    if decision.answer_failed:
        return {_FAILED_ANSWER_KEY: answer}
    return None if answer is None else json.loads(answer)


def _text_or_object(text: str | None) -> Any:
    """A text, or the object that it is the JSON of."""
    if text is not None and text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def analytics_record(analytics: Analytics) -> WireObject:
    """A record of `analytics`, as it was received."""
    record: WireObject = json.loads(analytics.tables)
    return record


def price_record(price: Price) -> WireObject:
    """One price of `crypto-prices`."""
    return {"symbol": price.coin, "price": number(price.price), "timestamp": milliseconds(price.observed_at)}


def inception_record(inception: Inception) -> WireObject:
    """A record of `since-inception-values`. Its id is made of the account: upstream's is not stored."""
    account = inception.account
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{account.season}/{account.slug}")),
        **_trader(account),
        "nav_since_inception": number(inception.capital_usd),
        "inception_date": seconds(inception.inception_at),
        "num_invocations": 0,
    }


def leaderboard_record(row: LeaderboardRow, stats: TradeStats, sharpe: float | None) -> WireObject:
    """A row of `leaderboard` with figures of the store: upstream's own are stale."""
    return {
        "id": row.account.slug,
        "equity": number(row.equity_usd),
        "return_pct": None if row.return_pct is None else number(round(row.return_pct, 2)),
        "num_trades": stats.trades,
        "num_wins": stats.wins,
        "num_losses": stats.judged - stats.wins,
        "win_dollars": number(stats.gains_usd),
        "lose_dollars": number(stats.losses_usd),
        "sharpe": 0 if sharpe is None else number(sharpe),
    }


def _trader(account: AccountKey) -> Mapping[str, Any]:
    ids: WireObject = {"model_id": account.trader}
    return ids | ({"competition": account.competition} if account.competition else {})


def _extra(text: str | None) -> WireObject:
    """Unknown keys of the record as it was received."""
    extra: WireObject = {} if text is None else json.loads(text)
    return extra


def _stamp(moment: datetime | None) -> str:
    """A time inside a `trade_id`, where a whole second has a decimal."""
    return "None" if moment is None else repr(moment.timestamp())


def _human_time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
