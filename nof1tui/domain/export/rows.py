"""Records as rows with stable keys, for JSON and CSV.

Money in `*_usd`, percent in `*_pct` (12.5 is 12.5 %), durations in `*_s`, times in `*_at`; None for
unknown values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1tui.domain.decisions.attribution import Attribution, ExecutedOrder
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.documents import Document
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    ExitPlan,
    Position,
    Price,
    Reconciliation,
    Signal,
    Trade,
)

ExportRow = dict[str, Any]


def row_of(document: Document, view: Any, *, full: bool = False) -> ExportRow:
    """The row of a view: plain values by the keys of the document, None where a value is missing."""
    return {figure.key: figure.value(view) for figure in document.figures(full=full)}


def rows_of(document: Document, views: Iterable[Any], *, full: bool = False) -> list[ExportRow]:
    """The rows of these views, in order."""
    figures = document.figures(full=full)
    return [{figure.key: figure.value(view) for figure in figures} for view in views]


EXPORT_COLUMNS = {
    "leaderboard": (
        *("rank", "trader", "name", "maker", "season", "competition", "equity_usd", "return_pct"),
        *("change_24h_pct", "unrealized_usd", "realized_usd", "positions", "exposure_gross", "exposure_net"),
        *("max_drawdown_pct", "sharpe", "sharpe_reported", "win_rate_pct", "trades", "fees_usd"),
        *("biggest_win_usd", "biggest_loss_usd", "observed_at", "n", "leverage", "rank_change", "net_usd"),
        *("chain", "drift_usd", "drift_pct"),
    ),
    "positions": (
        *("trader", "coin", "side", "quantity", "entry_price", "mark_price", "leverage", "notional_usd"),
        *("unrealized_usd", "liquidation_price", "stop_loss", "profit_target", "invalidation", "confidence"),
        *("risk_usd", "entry_at", "observed_at", "margin_usd", "name", "season", "competition"),
    ),
    "trades": (
        *("id", "trader", "coin", "side", "quantity", "entry_price", "exit_price", "entry_at", "exit_at"),
        *("held_s", "gross_usd", "fees_usd", "net_usd", "name", "season", "competition"),
    ),
    "prices": ("coin", "price", "observed_at"),
    "chat": ("id", "trader", "at", "summary", "signals", "answer_failed", "name", "season", "competition"),
    "equity": (
        *("trader", "observed_at", "equity_usd", "return_pct", "realized_usd", "unrealized_usd"),
        *("sharpe_reported", "positions", "fetched_at", "name", "season", "competition"),
    ),
    "events": (
        *("id", "at", "kind", "trader", "coin", "side", "quantity", "price", "leverage", "net_usd", "other"),
        *("detail", "name", "season", "competition", "value", "before", "stop_loss", "profit_target"),
        *("stop_loss_before", "profit_target_before", "feed", "reason"),
    ),
}
"""Keys of each kind of row, in order; the CSV header, also of an empty table."""
CHAT_TEXT_KEYS = ("reasoning", "prompt", "answer")


def build_leaderboard_row(item: LeaderboardRow, check: Reconciliation | None = None) -> ExportRow:
    """A leaderboard row; `check` is the latest check against the chain, if the wallet is known."""
    stats = item.stats
    return {
        "rank": item.rank,
        **_account_keys(item.account, item.trader.name),
        "maker": item.trader.maker,
        "equity_usd": item.equity_usd,
        "return_pct": item.return_pct,
        "change_24h_pct": item.change_24h_pct,
        "unrealized_usd": item.unrealized_usd,
        "realized_usd": item.realized_usd,
        "positions": item.positions,
        "exposure_gross": item.exposure_gross,
        "exposure_net": item.exposure_net,
        "max_drawdown_pct": item.max_drawdown_pct,
        "sharpe": item.sharpe.value,
        "sharpe_reported": item.sharpe_reported,
        "win_rate_pct": stats.win_rate_pct,
        "trades": stats.trades,
        "fees_usd": stats.fees_usd,
        "biggest_win_usd": stats.biggest_win_usd,
        "biggest_loss_usd": stats.biggest_loss_usd,
        "observed_at": item.observed_at,
        "n": item.n,
        "leverage": item.leverage,
        "rank_change": item.rank_change,
        "net_usd": stats.net_usd,
        "chain": check.verdict if check else None,
        "drift_usd": check.drift_usd if check else None,
        "drift_pct": check.drift_pct if check else None,
    }


def build_equity_row(row: AccountRow, name: str) -> ExportRow:
    """One observation of an account; `return_pct` is as reported by the API."""
    return {
        **_account_keys(row.account, name),
        "observed_at": row.observed_at,
        "equity_usd": row.equity_usd,
        "return_pct": row.return_pct_reported,
        "realized_usd": row.realized_usd,
        "unrealized_usd": row.unrealized_usd,
        "sharpe_reported": row.sharpe_reported,
        "positions": len(row.positions),
        "fetched_at": row.fetched_at,
    }


def build_price_row(price: Price) -> ExportRow:
    """One price."""
    return {"coin": price.coin, "price": price.price, "observed_at": price.observed_at}


def build_position_row(row: AccountRow, position: Position, name: str) -> ExportRow:
    """One open position of an account row."""
    plan = position.exit_plan or ExitPlan()
    return {
        **_account_keys(row.account, name),
        "coin": position.coin,
        "side": position.side,
        "quantity": position.quantity,
        "entry_price": position.entry_price,
        "mark_price": position.mark_price,
        "leverage": position.leverage,
        "notional_usd": position.notional_usd,
        "unrealized_usd": position.unrealized_usd,
        "liquidation_price": position.liquidation_price,
        "stop_loss": plan.stop_loss,
        "profit_target": plan.profit_target,
        "invalidation": plan.invalidation,
        "confidence": position.confidence,
        "risk_usd": position.risk_usd,
        "entry_at": position.entry_at,
        "observed_at": row.observed_at,
        "margin_usd": position.margin_usd,
    }


def build_trade_row(trade: Trade, name: str) -> ExportRow:
    """One closed trade."""
    return {
        "id": trade.id,
        **_account_keys(trade.account, name),
        "coin": trade.coin,
        "side": trade.side,
        "quantity": trade.quantity,
        "entry_price": trade.entry_price,
        "exit_price": trade.exit_price,
        "entry_at": trade.entry_at,
        "exit_at": trade.exit_at,
        "held_s": trade.held_s,
        "gross_usd": trade.gross_usd,
        "fees_usd": trade.fees_usd,
        "net_usd": trade.net_usd,
    }


def build_chat_row(
    decision: Decision, name: str, *, full: bool = False, links: Iterable[Attribution] | None = None
) -> ExportRow:
    """A decision; with its long texts if `full`, and with the orders of its signals if `links` are given."""
    row = {
        "id": decision.id,
        **_account_keys(decision.account, name),
        "at": decision.at,
        "summary": decision.summary,
        "signals": [_signal_row(signal) for signal in decision.signals],
        "answer_failed": decision.answer_failed,
    }
    if links is not None:
        row["signals"] = [
            _signal_row(link.signal) | {"caused": [_order_row(link, order) for order in link.orders]}
            for link in links
        ]
    return row | {key: getattr(decision.texts, key, None) for key in CHAT_TEXT_KEYS} if full else row


def _order_row(link: Attribution, order: ExecutedOrder) -> ExportRow:
    """An order caused by a signal."""
    return {
        "act": order.effect,
        "side": order.side,
        "at": order.at,
        "to_fill_s": (order.at - link.decision.at).total_seconds(),
        "order": order.oid,
        "trades": list(order.trades),
        "net_usd": order.net_usd,
    }


def build_event_row(event: Event, name: str | None, detail: str) -> ExportRow:
    """An event; `detail` is its description. Events of a feed have no trader."""
    plan, before = event.plan or ExitPlan(), event.plan_before or ExitPlan()
    no_account: ExportRow = dict.fromkeys(("trader", "name", "season", "competition"))
    return {
        "id": event.id,
        "at": event.at,
        "kind": event.kind,
        **(_account_keys(event.account, name or event.account.trader) if event.account else no_account),
        "coin": event.coin,
        "side": event.side,
        "quantity": event.quantity,
        "price": event.price,
        "leverage": event.leverage,
        "net_usd": event.net_usd,
        "other": event.other.slug if event.other else None,
        "detail": detail,
        "value": event.value,
        "before": event.before,
        "stop_loss": plan.stop_loss,
        "profit_target": plan.profit_target,
        "stop_loss_before": before.stop_loss,
        "profit_target_before": before.profit_target,
        "feed": event.feed.value if event.feed else None,
        "reason": event.reason,
    }


def _signal_row(signal: Signal) -> ExportRow:
    return {
        "coin": signal.coin,
        "signal": signal.action,
        "quantity": signal.quantity,
        "leverage": signal.leverage,
        "profit_target": signal.profit_target,
        "stop_loss": signal.stop_loss,
        "risk_usd": signal.risk_usd,
        "confidence": signal.confidence,
        "invalidation": signal.invalidation,
        "justification": signal.justification,
    }


def _account_keys(account: AccountKey, name: str) -> ExportRow:
    return {
        "trader": account.trader,
        "name": name,
        "season": account.season,
        "competition": account.competition or None,
    }
