"""JSON records of the simulated arena, with the quirks of the real one (contract 3, 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from nof1tui.sources.simulated.arena.analytics import build_analytics_tables
from nof1tui.sources.simulated.arena.margin_account import CAPITAL_USD, ClosedTrade, MarginPosition
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.arena.strategies import TraderProfile
from nof1tui.sources.simulated.arena.trader import SimulatedTrader

JsonObject = dict[str, Any]

encode_payload = msgspec.json.encode


def js_number(value: float) -> float:
    """A number as JavaScript prints it: without decimals when it is whole."""
    whole = int(value)
    return whole if whole == value else value


def build_account_payload(
    trader: SimulatedTrader, prices: list[float], at: float, sharpe: float | None
) -> JsonObject:
    """An account row at `at`, marked at `prices`."""
    profile, account = trader.profile, trader.account
    unrealized = account.unrealized(prices)
    equity = CAPITAL_USD + account.realized + unrealized
    realized = account.realized
    if unrealized < 0 and not profile.is_benchmark:
        realized += 2.0 * unrealized  # quirk 5: only equity is right, the three do not add up
    elapsed = at - trader.inception
    row: JsonObject = {
        "id": f"{profile.id}_{int(elapsed // 3600)}",
        "timestamp": js_number(at),
        "realized_pnl": js_number(realized),
        "positions": {
            COIN_SPECS[h.coin].symbol: _build_position_payload(h, prices[h.coin], profile.is_benchmark)
            for h in account.positions.values()
        },
        "since_inception_minute_marker": int(elapsed // 60),
        "sharpe_ratio": sharpe,
        "cum_pnl_pct": round(equity / CAPITAL_USD - 1.0, 5) * 100.0,
        "total_unrealized_pnl": js_number(unrealized),
        "model_id": profile.id,
        "since_inception_hourly_marker": int(elapsed // 3600),
        "dollar_equity": js_number(equity),
    }
    if profile.is_benchmark:
        del row["sharpe_ratio"]
    return row


def _build_position_payload(position: MarginPosition, price: float, benchmark: bool) -> JsonObject:
    wire = position.cached_payload
    if not wire:
        wire.update(_static_position_fields(position, benchmark))
    unrealized = position.quantity * (price - position.entry_price)
    wire["current_price"] = js_number(price)
    wire["unrealized_pnl"] = js_number(unrealized)
    wire["margin"] = round(position.margin + unrealized, 6)
    return wire


def _static_position_fields(position: MarginPosition, benchmark: bool) -> JsonObject:
    """The fields that do not change with the price; all 21 keys, in the real arena's order."""
    plan = position.plan
    return {
        "entry_oid": position.oid,
        "risk_usd": js_number(plan.risk_usd),
        "confidence": js_number(plan.confidence),
        "index_col": -1 if benchmark else None,
        "exit_plan": "N/A"
        if benchmark
        else {
            "profit_target": js_number(plan.target),
            "stop_loss": js_number(plan.stop),
            "invalidation_condition": plan.invalidation,
        },
        "entry_time": round(position.entry_at + (0.0 if benchmark else 1.37), 6),
        "symbol": COIN_SPECS[position.coin].symbol,
        "entry_price": js_number(position.entry_price),
        "tp_oid": position.tp_oid,
        "margin": 0.0,
        "wait_for_fill": False,
        "sl_oid": position.sl_oid,
        "oid": position.oid,
        "current_price": 0.0,
        "closed_pnl": 0 if benchmark else -round(position.fee, 2),
        "liquidation_price": 0 if benchmark else round(position.liquidation_price, 10),
        "commission": js_number(position.fee),
        "leverage": position.leverage,
        "slippage": 0,
        "quantity": js_number(position.quantity),
        "unrealized_pnl": 0.0,
    }


def build_trade_payload(trader: str, closed: ClosedTrade) -> JsonObject:
    """A closed trade, all 33 keys; `leverage`, `confidence` and `exit_plan` are fillers as upstream."""
    symbol = COIN_SPECS[closed.position.coin].symbol
    side = "long" if closed.quantity > 0 else "short"
    size = js_number(abs(closed.quantity))
    entry_at, exit_at = closed.position.entry_at, closed.exit_at
    return {
        "id": f"{trader}_{closed.trade_id}",
        "exit_sz": size,
        "exit_human_time": human_time(exit_at),
        "entry_commission_dollars": js_number(closed.entry_fee),
        "symbol": symbol,
        "total_commission_dollars": js_number(closed.entry_fee + closed.exit_fee),
        "entry_liquidation": None,
        "entry_sz": size,
        "entry_human_time": human_time(entry_at),
        "entry_tid": closed.entry_tid,
        "quantity": js_number(closed.quantity),
        "exit_crossed": closed.crossed,
        "confidence": 0,
        "exit_commission_dollars": js_number(closed.exit_fee),
        "entry_oid": closed.position.oid,
        "exit_oid": closed.exit_oid,
        "entry_closed_pnl": js_number(closed.entry_closed),
        "exit_tid": closed.exit_tid,
        "exit_plan": {},
        "exit_time": js_number(exit_at),
        "exit_liquidation": None,
        "entry_time": js_number(entry_at),
        "side": side,
        "entry_price": js_number(closed.entry_price),
        "entry_crossed": True,
        "exit_closed_pnl": js_number(closed.exit_closed),
        "realized_net_pnl": js_number(closed.net),
        "exit_price": js_number(closed.exit_price),
        "trade_id": f"{float(entry_at)}_{symbol}_{float(exit_at)}_{trader}",
        "realized_gross_pnl": js_number(closed.gross),
        "leverage": 1,
        "trade_type": side,
        "model_id": trader,
    }


def human_time(at: float) -> str:
    """A UTC time without a zone, always 26 characters."""
    moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ", timespec="microseconds")


def conversation_id(trader: TraderProfile, at: float) -> str:
    """The id of a trader's decision."""
    return f"{trader.id}_{at + 0.00041:.6f}"


def build_leaderboard_payload(trader: SimulatedTrader, prices: list[float]) -> JsonObject:
    """A row of the stale leaderboard endpoint: fillers, and one old trade."""
    account = trader.account
    equity = round(account.equity(prices), 2)
    last = round(account.trades[-1].net, 2) if account.trades else 0.0
    return {
        "id": trader.profile.id,
        "num_trades": 1,
        "sharpe": 0,
        "win_dollars": js_number(max(0.0, last)),
        "num_losses": int(last < 0),
        "lose_dollars": js_number(min(0.0, last)),
        "return_pct": round(equity / CAPITAL_USD - 1.0, 4) * 100.0,
        "equity": js_number(equity),
        "num_wins": int(last > 0),
    }


def build_inception_payload(trader: SimulatedTrader, row_id: str) -> JsonObject:
    """Starting time and capital of an account."""
    return {
        "id": row_id,
        "nav_since_inception": 10000,
        "inception_date": js_number(trader.inception),
        "num_invocations": 0,
        "model_id": trader.profile.id,
    }


def build_prices_payload(quotes: list[float], at_ms: int) -> JsonObject:
    """Prices by coin."""
    return {
        coin.symbol: {"symbol": coin.symbol, "price": js_number(price), "timestamp": at_ms}
        for coin, price in zip(COIN_SPECS, quotes, strict=True)
    }


def build_analytics_payload(trader: SimulatedTrader, at: float) -> JsonObject:
    """Statistics of one trader over all its trades, as of its last decision."""
    name, account = trader.profile.id, trader.account
    last = max(account.trades, key=lambda closed: closed.exit_at, default=None)
    return {
        "id": name,
        "model_id": name,
        "updated_at": round(trader.decided_at + 2.8, 6),
        **build_analytics_tables(
            account.stats, trader.activity, (at - trader.inception) / 60.0, trader.cycles
        ),
        "last_trade_exit_time": js_number(last.exit_at) if last else None,
        "last_trade_doc_id": f"{name}_{last.trade_id}" if last else None,
        "last_convo_timestamp": js_number(trader.decided_at),
        "last_convo_doc_id": conversation_id(trader.profile, trader.decided_at),
    }
