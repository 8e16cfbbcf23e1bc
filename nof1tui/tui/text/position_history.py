"""Text of the detail page: a position's history, the decision behind an order, entry signal statistics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.decisions.attribution import (
    MAX_FILL_DELAY,
    MAX_FILL_LEAD,
    Attribution,
    ExecutedOrder,
    attribute_orders,
    executed_orders,
    find_cause,
)
from nof1tui.domain.decisions.outcomes import DecisionFigures, ExitOutcome
from nof1tui.domain.events.position_history import PositionChange, PositionHistory, position_changes
from nof1tui.domain.records import Decision
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.style.sparkline import forward_fill, resample, spark
from nof1tui.tui.text.details import heading, signal_parts

_SPARK_WIDTH = 64
_SUMMARY_LIMIT = 600
"""Most characters of the decision's summary; the Chat screen shows all of it."""


def position_history_parts(history: PositionHistory) -> list[TextPart]:
    """Unrealised P&L since entry, and each change of plan, size or leverage."""
    parts = _pnl_parts(history.unrealized)
    changes = position_changes(history.versions)
    parts += heading("Changes since entry")
    if not history.versions:
        return [*parts, ("Entry not recorded.\n", "$muted")]
    if not changes:
        return [*parts, ("No changes.\n", "$muted")]
    for change in changes:
        parts += [(f"{fmt.day_and_time(change.at)}  ", "$muted"), _change_text(change), "\n"]
    return parts


def _pnl_parts(line: TimeSeries) -> list[TextPart]:
    parts = heading("Unrealised P&L since entry")
    if len(line) < 2:
        return [*parts, ("Nothing stored yet.\n", "$muted")]
    low, high = min(line.values), max(line.values)
    cells = forward_fill(resample(line.times, line.values, line.times[0], line.times[-1], _SPARK_WIDTH))
    return [
        *parts,
        (spark(cells).lstrip(), "$accent"),
        "\n",
        ("low ", "$muted"),
        f"{fmt.gain_usd(low, cents=True)} {_time_of(line, low)}",
        (" · high ", "$muted"),
        f"{fmt.gain_usd(high, cents=True)} {_time_of(line, high)}",
        "\n",
    ]


def _time_of(line: TimeSeries, value: float) -> str:
    at = line.times[line.values.index(value)]
    return fmt.day_and_time(datetime.fromtimestamp(at, UTC))


def _change_text(change: PositionChange) -> str:
    formats = {"quantity": fmt.quantity, "leverage": fmt.leverage}
    texts = [
        f"{name} {formats.get(name, fmt.price)(old)} → {formats.get(name, fmt.price)(new)}"
        for name, old, new in change.figures
    ]
    if change.invalidation:
        texts.append(f"invalidation: {fmt.sanitise_line(change.invalidation, 300)}")
    return " · ".join(texts)


def attribution_parts(
    verb: str, order: ExecutedOrder | None, decisions: Iterable[Decision]
) -> list[TextPart]:
    """The decision that caused this order; `verb` is `Opened` or `Closed`, None an order of unknown time."""
    cause = find_cause(order, decisions) if order is not None else None
    if order is None or cause is None:
        parts = heading(f"{verb}: no matching decision recorded")
        if order is None:
            return [*parts, ("Time unknown.\n", "$muted")]
        if order.effect == "open":
            return parts
        return [*parts, ("Stop, target or liquidation order, or decision not recorded.\n", "$muted")]
    decision, signal = cause
    delay_s = (order.at - decision.at).total_seconds()
    delay = f"{fmt.duration(abs(delay_s))} {'before' if delay_s >= 0 else 'after'} the fill"
    return [
        *heading(f"{verb} by decision {fmt.day_and_time(decision.at)} UTC, {delay}"),
        *signal_parts(signal)[1:],
        ("\n" + fmt.sanitise_line(decision.summary or "", _SUMMARY_LIMIT) + "\n", "$muted"),
    ]


def fills_near_decision(board: Board | None, decision: Decision) -> tuple[ExecutedOrder, ...]:
    """The board's orders of a decision's account close enough in time to be caused by it."""
    if board is None:
        return ()
    account = decision.account
    trades = board.trades.get(account, TradeLog()).trades
    row = board.accounts.get(account)
    fills = executed_orders(trades, (row,) if row else ())
    return tuple(fill for fill in fills if -MAX_FILL_LEAD <= fill.at - decision.at <= MAX_FILL_DELAY)


def link_decision(
    decision: Decision, others: Iterable[Decision], fills: Iterable[ExecutedOrder]
) -> tuple[Attribution, ...]:
    """The orders that a decision caused; `others` are decisions that may have caused some of them."""
    candidates = {it.id: it for it in others if it.account == decision.account} | {decision.id: decision}
    return tuple(it for it in attribute_orders(candidates.values(), fills) if it.decision is decision)


def decision_stats_parts(figures: DecisionFigures) -> list[TextPart]:
    """Of a trader's entry signals: fills, exits, and calibration of the stated confidence."""
    parts = heading("Entry signals")
    for name, figure, render in (
        ("Signals filled", figures.filled_pct, fmt.share),
        ("Median time to fill", figures.to_fill_s, _seconds),
        ("Brier score (0 best, 0.25 coin toss)", figures.brier, fmt.ratio),
    ):
        value = "n/a" if figure.value is None else render(figure.value)
        parts += [(f"{name:<56}", "$muted"), (f"{value:>12}", "bold")]
        parts.append((f"  {figure.basis_text}\n", "$muted"))
    for outcome, label in _OUTCOME_LABELS.items():
        parts += [(f"{label:<56}", "$muted"), (f"{figures.exit_outcomes.get(outcome, 0):>12}\n", "bold")]
    if figures.calibration:
        parts += heading("Calibration")
        parts.append((f"{'Stated':<12}{'Mean':>8}{'Won':>8}{'Avg net':>12}{'Entries':>10}\n", "$muted"))
    for bucket in figures.calibration:
        stated, won, net = bucket.stated_pct, bucket.won_pct, bucket.net_usd
        range_ = f"{bucket.low:.1f} to {bucket.high:.1f}"
        style = "$muted" if won.is_weak else ""
        figures_ = f"{fmt.share(stated.value):>8}{fmt.share(won.value):>8}{fmt.gain_usd(net.value):>12}"
        parts.append((f"{range_:<12}{figures_}{won.n:>10,}\n", style))
    return parts


_OUTCOME_LABELS: dict[ExitOutcome, str] = {
    "target": "Target reached",
    "before": "Closed early",
    "kept": "Stop filled",
    "overrun": "Stop overrun",
}


def _seconds(value: float | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:.1f}s"
