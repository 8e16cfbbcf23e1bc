"""Columns of the chat: one row for each decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nof1tui.domain.records import Decision, Signal
from nof1tui.tui.columns.trades import model_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.table.layout import Column


@dataclass(frozen=True, slots=True)
class ChatRow:
    identity: DisplayIdentity
    decision: Decision
    actions: tuple[Cell, ...]
    """The signals that are not hold, as chips."""
    summary: str
    filter_text: str
    """The text that the filter searches: also the justifications and invalidations of the signals."""

    @classmethod
    def of(cls, identity: DisplayIdentity, decision: Decision) -> ChatRow:
        """The row of one decision."""
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
        return cls(identity, decision, chips, summary, fmt.sanitise_line(text))


def _decision(row: ChatRow) -> CellLike:
    return *row.actions, Cell(row.summary)


CHAT_COLUMNS: tuple[Column[ChatRow], ...] = (
    Column(
        "at",
        "Time",
        12,
        lambda row: Cell(fmt.day_and_time(row.decision.at), "muted"),
        sort_key=lambda row: row.decision.at.timestamp(),
        drop_order=1,
        tooltip="UTC",
    ),
    Column(
        "model",
        "Model",
        14,
        lambda row: model_cell(row.identity),
        render_at_width=lambda row, width: model_cell(row.identity, width),
        justify="left",
        sort_key=lambda row: row.identity.name,
        grows=True,
        max_width=20,
    ),
    Column(
        "decision",
        "Decision",
        24,
        _decision,
        justify="left",
        sort_key=lambda row: sum(signal.action != "hold" for signal in row.decision.signals),
        grows=True,
        tooltip="Signals other than hold, then summary; sorts by signal count",
    ),
)


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
