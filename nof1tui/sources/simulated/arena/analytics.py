"""Statistics of a trader as the simulated arena reports them: six tables (contract 3.5)."""

from __future__ import annotations

from typing import Any

from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.arena.running_stats import ActivityStats, ClosedTradeStats, TradeGroupStats

_JsonObject = dict[str, Any]
_PERCENT = 100.0


def _table(**values: float) -> _JsonObject:
    """A table with the integer 0 for missing data, as upstream writes it."""
    return {key: value or 0 for key, value in values.items()}


def build_analytics_tables(
    closed: ClosedTradeStats, activity: ActivityStats, elapsed_mins: float, cycles: int
) -> _JsonObject:
    """The tables of one trader after `elapsed_mins` minutes and this number of cycles."""
    return {
        "fee_pnl_moves_breakdown_table": _fees(closed),
        "winners_losers_breakdown_table": _results(closed),
        "signals_breakdown_table": _signals(activity, elapsed_mins),
        "invocation_breakdown_table": _invocations(activity, cycles),
        "longs_shorts_breakdown_table": _sides(closed),
        "overall_trades_overview_table": _overview(closed, activity),
    }


def _fees(closed: ClosedTradeStats) -> _JsonObject:
    net, gross, fee = closed.all.net, closed.gross, closed.fee
    return _table(
        std_net_pnl=net.std,
        total_fees_paid=fee.total,
        overall_pnl_without_fees=gross.total,
        total_fees_as_pct_of_pnl=_PERCENT * fee.total / net.total if net.total > 0 else 0,
        overall_pnl_with_fees=net.total,
        avg_taker_fee=fee.mean,
        std_gross_pnl=gross.std,
        avg_net_pnl=net.mean,
        biggest_net_loss=min(0.0, net.low),
        avg_gross_pnl=gross.mean,
        biggest_net_gain=max(0.0, net.high),
        std_taker_fee=fee.std,
    )


def _group(name: str, group: TradeGroupStats) -> _JsonObject:
    return _table(**{
        f"avg_{name}_net_pnl": group.net.mean,
        f"std_{name}_net_pnl": group.net.std,
        f"avg_{name}_notional": group.notional.mean,
        f"std_{name}_notional": group.notional.std,
        f"avg_{name}_holding_period": group.held_mins.mean,
        f"std_{name}_holding_period": group.held_mins.std,
    })  # fmt: skip


def _results(closed: ClosedTradeStats) -> _JsonObject:
    rate = _PERCENT * closed.winners.net.n / closed.count if closed.count else 0
    return {"win_rate": rate, **_group("winners", closed.winners), **_group("losers", closed.losers)}


def _sides(closed: ClosedTradeStats) -> _JsonObject:
    longs, shorts = closed.longs.net.n, closed.shorts.net.n
    return {
        **_group("longs", closed.longs),
        **_group("shorts", closed.shorts),
        "num_long_trades": longs,
        "num_short_trades": shorts,
        "long_short_trades_ratio": longs / closed.count if closed.count else 0,
    }


def _signals(activity: ActivityStats, elapsed_mins: float) -> _JsonObject:
    counts = {
        "long": activity.longs,
        "short": activity.shorts,
        "hold": activity.holds,
        "close": activity.closes,
    }
    total = sum(counts.values())
    combined = {"long": activity.long_mins, "short": activity.short_mins}
    possible = max(1.0, elapsed_mins * len(COIN_SPECS))
    combined["flat"] = max(0.0, possible - activity.long_mins - activity.short_mins)
    confidence = activity.confidence
    values: dict[str, float] = {"total_signals": total}
    for name, count in counts.items():
        values[f"num_{name}_signals"] = count
        values[f"{name}_signal_pct"] = _PERCENT * count / total if total else 0
        values[f"avg_confidence_{name}"] = confidence.mean if count else 0
        values[f"std_confidence_{name}"] = confidence.std if count else 0
    for name, mins in combined.items():
        values[f"mins_{name}_combined"] = mins
        values[f"pct_mins_{name}_combined"] = _PERCENT * mins / possible
    values |= {
        "avg_confidence": confidence.mean, "std_confidence": confidence.std,
        "median_confidence": confidence.median,
        "long_short_ratio": activity.longs / activity.shorts if activity.shorts else 0,
        "avg_leverage": 1, "std_leverage": 0, "median_leverage": 1,
        "avg_leverage_long": 1 if activity.longs else 0, "std_leverage_long": 0,
        "avg_leverage_short": 1 if activity.shorts else 0, "std_leverage_short": 0,
    }  # fmt: skip
    return _table(**values)


def _invocations(activity: ActivityStats, cycles: int) -> _JsonObject:
    breaks = activity.pauses_mins
    return _table(
        max_invocation_break_mins=breaks.high,
        std_invocation_break_mins=breaks.std,
        num_invocations=cycles,
        min_invocation_break_mins=breaks.low,
        avg_invocation_break_mins=breaks.mean,
    )


def _overview(closed: ClosedTradeStats, activity: ActivityStats) -> _JsonObject:
    hold, size = closed.all.held_mins, closed.all.notional
    return _table(
        avg_convo_leverage=activity.leverage.mean,
        avg_holding_period_mins=hold.mean,
        avg_take_profit_distance_pct=0,
        median_holding_period_mins=hold.median,
        std_size_of_trade_notional=size.std,
        avg_size_of_trade_notional=size.mean,
        total_trades=closed.count,
        median_size_of_trade_notional=size.median,
        avg_size_of_trade_portfolio_pct=0,
        std_holding_period_mins=hold.std,
        avg_stop_loss_distance_pct=0,
        std_size_of_trade_portfolio_pct=0,
        median_convo_leverage=activity.leverage.median,
    )
