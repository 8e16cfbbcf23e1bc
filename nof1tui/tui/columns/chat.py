"""Columns of the chat: one row for each decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nof1tui.domain.figures.views import DecisionView
from nof1tui.domain.records import Decision, Signal
from nof1tui.tui.columns.looks import Look, figure_columns, model_column, view_of
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.table.layout import Column, as_read


@dataclass(frozen=True, slots=True)
class ChatRow:
    identity: DisplayIdentity
    view: DecisionView
    actions: tuple[Cell, ...]
    """The signals that are not hold, as chips."""
    summary: str
    filter_text: str
    """The text that the filter searches: also the justifications and invalidations of the signals."""

    @property
    def decision(self) -> Decision:
        return self.view.decision

    @classmethod
    def of(cls, identity: DisplayIdentity, view: DecisionView) -> ChatRow:
        """The row of one decision."""
        decision = view.decision
        parts = action_chips(decision.signals)
        if decision.answer_failed:
            parts += [("malformed response", "$warn"), "  "]
        chips = tuple(
            Cell(part) if isinstance(part, str) else Cell(part[0], part[1].replace("$", "")) for part in parts
        )
        written = decision.summary or ""
        for signal in decision.signals:
            written += f" {signal.coin} {signal.justification or ''} {signal.invalidation or ''}"
        chips_text = "".join(cell.text for cell in chips)
        text = f"{identity.name} {decision.account.slug} {decision.account.season} {chips_text} {written}"
        summary = fmt.sanitise_line(decision.summary or "", SUMMARY_LIMIT)
        return cls(identity, view, chips, summary, fmt.sanitise_line(text))


def _decision(row: ChatRow) -> CellLike:
    return *row.actions, Cell(row.summary)


def chat_columns() -> tuple[Column[ChatRow], ...]:
    """Time, model, and the decision: signals other than hold, then the summary."""
    columns: tuple[Column[ChatRow], ...] = figure_columns("decision", _LOOKS, view_of)
    at, summary = columns
    decided = replace(
        summary,
        read=_decision,
        paint=as_read,
        sort_key=lambda row: sum(signal.action != "hold" for signal in row.decision.signals),
        tooltip="Signals other than hold, then summary; sorts by signal count",
    )
    return at, model_column(14, 20), decided


_LOOKS = {
    "at": Look(12, 1, style="muted", title="Time"),
    "summary": Look(24, title="Decision", grows=True),
}

SUMMARY_LIMIT = 600
"""Characters of a summary in a row."""

_ACTIONS = {
    "buy_to_enter": ("▲ BUY", "$gain bold"),
    "sell_to_enter": ("▼ SELL", "$loss bold"),
    "close_position": ("■ CLOSE", "$warn bold"),
}


def action_chips(signals: Iterable[Signal]) -> list[TextPart]:
    """The signals of a decision as chips, coin by coin, without those that hold."""
    parts: list[TextPart] = []
    for signal in signals:
        if signal.action == "hold":
            continue
        coin = fmt.sanitise_line(signal.coin, 8)
        word, style = _ACTIONS.get(signal.action, (fmt.sanitise_line(signal.action, 16), "$accent"))
        size = f" {fmt.leverage(signal.leverage)}" if signal.leverage and "enter" in signal.action else ""
        parts += [(f"{word} {coin}{size}", style), "  "]
    return parts
