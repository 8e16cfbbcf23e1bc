"""Columns of the chat: one line a decision."""

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
    """Chips of the signals that are more than to hold."""
    summary: str
    filter_text: str
    """What the filter looks at: also the reasons and conditions of the signals."""

    @classmethod
    def of(cls, face: DisplayIdentity, decision: Decision) -> ChatRow:
        parts = action_chips(decision.signals)
        if decision.answer_failed:
            parts += [("answer was not readable", "$warn"), "  "]
        did = tuple(
            Cell(part) if isinstance(part, str) else Cell(part[0], part[1].replace("$", "")) for part in parts
        )
        said = decision.summary or ""
        for signal in decision.signals:
            said += f" {signal.coin} {signal.justification or ''} {signal.invalidation or ''}"
        chips_text = "".join(cell.text for cell in did)
        words = f"{face.name} {decision.account.slug} {decision.account.season} {chips_text} {said}"
        summary = fmt.sanitise_line(decision.summary or "", SUMMARY_LIMIT)
        return cls(face, decision, did, summary, fmt.sanitise_line(words))


def _said(line: ChatRow) -> CellLike:
    return *line.actions, Cell(line.summary)


CHAT_COLUMNS: tuple[Column[ChatRow], ...] = (
    Column(
        "at",
        "Time",
        12,
        lambda line: Cell(fmt.day_and_time(line.decision.at), "muted"),
        sort_key=lambda line: line.decision.at.timestamp(),
        drop_order=1,
        tooltip="UTC",
    ),
    Column(
        "model",
        "Model",
        14,
        lambda line: model_cell(line.identity),
        render_at_width=lambda line, width: model_cell(line.identity, width),
        justify="left",
        sort_key=lambda line: line.identity.name,
        grows=True,
        max_width=20,
    ),
    Column(
        "said",
        "Did and said",
        24,
        _said,
        justify="left",
        sort_key=lambda line: sum(signal.action != "hold" for signal in line.decision.signals),
        grows=True,
        tooltip="Signals that are not hold, then the summary; sorts by their number",
    ),
)


SUMMARY_LIMIT = 600


_ACTIONS = {
    "buy_to_enter": ("▲ BUY", "$gain bold"),
    "sell_to_enter": ("▼ SELL", "$loss bold"),
    "close_position": ("■ CLOSE", "$warn bold"),
}


def action_chips(signals: Iterable[Signal]) -> list[TextPart]:
    """What a decision does, coin by coin; to hold is to do nothing and stays out."""
    parts: list[TextPart] = []
    for signal in signals:
        if signal.action == "hold":
            continue
        coin = fmt.sanitise_line(signal.coin, 8)
        word, style = _ACTIONS.get(signal.action, (fmt.sanitise_line(signal.action, 16), "$accent"))
        size = f" {fmt.leverage(signal.leverage)}" if signal.leverage and "enter" in signal.action else ""
        parts += [(f"{word} {coin}{size}", style), "  "]
    return parts
