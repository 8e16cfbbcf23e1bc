"""Records of the simulated arena as the wire has them, with the quirks of the real one (contract 3, 4)."""

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
    """As JavaScript prints numbers: a whole one is an int."""
    whole = int(value)
    return whole if whole == value else value


def build_account_payload(
    trader: SimulatedTrader, prices: list[float], at: float, sharpe: float | None
) -> JsonObject:
    """An account's state at `at`; `prices` are the marks of that moment."""
    character, ledger = trader.character, trader.account
    unrealized = ledger.unrealized(prices)
    equity = CAPITAL_USD + ledger.realized + unrealized
    realized = ledger.realized
    if unrealized < 0 and not character.is_benchmark:
        realized += 2.0 * unrealized  # quirk 5: the three do not add up, equity is the one that is right
    elapsed = at - trader.inception
    row: JsonObject = {
        "id": f"{character.id}_{int(elapsed // 3600)}",
        "timestamp": js_number(at),
        "realized_pnl": js_number(realized),
        "positions": {
            COIN_SPECS[h.coin].symbol: _build_position_payload(h, prices[h.coin], character.is_benchmark)
            for h in ledger.positions.values()
        },
        "since_inception_minute_marker": int(elapsed // 60),
        "sharpe_ratio": sharpe,
        "cum_pnl_pct": round(equity / CAPITAL_USD - 1.0, 5) * 100.0,
        "total_unrealized_pnl": js_number(unrealized),
        "model_id": character.id,
        "since_inception_hourly_marker": int(elapsed // 3600),
        "dollar_equity": js_number(equity),
    }
    if character.is_benchmark:
        del row["sharpe_ratio"]
    return row


def _build_position_payload(holding: MarginPosition, price: float, benchmark: bool) -> JsonObject:
    wire = holding.cached_payload
    if not wire:
        wire.update(_static_position_fields(holding, benchmark))
    unrealized = holding.quantity * (price - holding.entry_price)
    wire["current_price"] = js_number(price)
    wire["unrealized_pnl"] = js_number(unrealized)
    wire["margin"] = round(holding.margin + unrealized, 6)
    return wire


def _static_position_fields(holding: MarginPosition, benchmark: bool) -> JsonObject:
    """What does not move with the price; all 21 keys, in the order of the real arena."""
    plan = holding.plan
    return {
        "entry_oid": holding.oid,
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
        "entry_time": round(holding.entry_at + (0.0 if benchmark else 1.37), 6),
        "symbol": COIN_SPECS[holding.coin].symbol,
        "entry_price": js_number(holding.entry_price),
        "tp_oid": holding.tp_oid,
        "margin": 0.0,
        "wait_for_fill": False,
        "sl_oid": holding.sl_oid,
        "oid": holding.oid,
        "current_price": 0.0,
        "closed_pnl": 0 if benchmark else -round(holding.fee, 2),
        "liquidation_price": 0 if benchmark else round(holding.liquidation_price, 10),
        "commission": js_number(holding.fee),
        "leverage": holding.leverage,
        "slippage": 0,
        "quantity": js_number(holding.quantity),
        "unrealized_pnl": 0.0,
    }


def build_trade_payload(trader: str, closed: ClosedTrade) -> JsonObject:
    """A closed trade, all 33 keys. `leverage`, `confidence` and `exit_plan` are fillers as upstream."""
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
    """UTC without a zone, always 26 characters."""
    moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ", timespec="microseconds")


def conversation_id(trader: TraderProfile, at: float) -> str:
    return f"{trader.id}_{at + 0.00041:.6f}"


def build_leaderboard_payload(trader: SimulatedTrader, prices: list[float]) -> JsonObject:
    """A leaderboard row as it was when upstream last kept it: fillers, and one old trade."""
    ledger = trader.account
    equity = round(ledger.equity(prices), 2)
    last = round(ledger.trades[-1].net, 2) if ledger.trades else 0.0
    return {
        "id": trader.character.id,
        "num_trades": 1,
        "sharpe": 0,
        "win_dollars": js_number(max(0.0, last)),
        "num_losses": int(last < 0),
        "lose_dollars": js_number(min(0.0, last)),
        "return_pct": round(equity / CAPITAL_USD - 1.0, 4) * 100.0,
        "equity": js_number(equity),
        "num_wins": int(last > 0),
    }


def build_inception_payload(trader: SimulatedTrader, number_of_row: str) -> JsonObject:
    return {
        "id": number_of_row,
        "nav_since_inception": 10000,
        "inception_date": js_number(trader.inception),
        "num_invocations": 0,
        "model_id": trader.character.id,
    }


def build_prices_payload(quotes: list[float], at_ms: int) -> JsonObject:
    return {
        coin.symbol: {"symbol": coin.symbol, "price": js_number(price), "timestamp": at_ms}
        for coin, price in zip(COIN_SPECS, quotes, strict=True)
    }


def build_analytics_payload(trader: SimulatedTrader, at: float) -> JsonObject:
    """Statistics of one trader over all its trades, as of its last decision."""
    name, ledger = trader.character.id, trader.account
    last = max(ledger.trades, key=lambda closed: closed.exit_at, default=None)
    return {
        "id": name,
        "model_id": name,
        "updated_at": round(trader.decided_at + 2.8, 6),
        **build_analytics_tables(
            ledger.stats, trader.activity, (at - trader.inception) / 60.0, trader.cycles
        ),
        "last_trade_exit_time": js_number(last.exit_at) if last else None,
        "last_trade_doc_id": f"{name}_{last.trade_id}" if last else None,
        "last_convo_timestamp": js_number(trader.decided_at),
        "last_convo_doc_id": conversation_id(trader.character, trader.decided_at),
    }
