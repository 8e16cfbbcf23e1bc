"""List entries of events, positions, trades and decisions, built from the records of a board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import merge
from itertools import islice

from rich.cells import cell_len, set_cell_size

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Position, Trade
from nof1tui.tui.columns.chat import SUMMARY_LIMIT, action_chips
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.list_entry import ListEntry, TextPart

_MAX_ENTRIES = 200
"""Most entries of a list; older records are on the screens that read the store."""
_MIN_NAME_WIDTH, _MAX_NAME_WIDTH = 10, 16
"""Cells of the trader name; the same for all entries of a list."""
_FREE_TEXT_KINDS = ("plan", "down", "up", "drift", "alert")
"""Kinds of events whose last part is free text of any length; it wraps."""


@dataclass(frozen=True, slots=True)
class EntryContext:
    """Shared by the entries of one list: trader identities, width of the name column, today's date."""

    identities: TraderIdentities
    name_width: int = _MIN_NAME_WIDTH
    today: date | None = None

    @classmethod
    def of(cls, board: Board, identities: TraderIdentities) -> EntryContext:
        """For a list of the whole board: the name column fits the longest name, within the limits."""
        longest = max((cell_len(identities.identity_of(key).short_name) for key in board.accounts), default=0)
        now = board.as_of or board.newest_at
        today = now.astimezone(UTC).date() if now else None
        return cls(identities, min(max(longest, _MIN_NAME_WIDTH), _MAX_NAME_WIDTH), today)

    def name_part(self, key: AccountKey) -> TextPart:
        identity = self.identities.identity_of(key)
        return self.label_part(identity.short_name, "$muted" if identity.is_benchmark else identity.color)

    def label_part(self, name: str, tone: str) -> TextPart:
        name = fmt.sanitise_line(name, self.name_width)
        return f"▌{set_cell_size(name, self.name_width)} ", tone

    def time_part(self, at: datetime) -> TextPart:
        """`07:03` for today, `27 Oct` for an earlier day."""
        is_earlier = self.today is not None and at.astimezone(UTC).date() < self.today
        return f"{fmt.day(at) if is_earlier else fmt.time_of_day(at):<6} ", "$muted"


def _side(side: str | None) -> tuple[str, str]:
    return (side or "").upper(), {"long": "$gain", "short": "$loss"}.get(side or "", "")


def _money(value: float | None, *, cents: bool = True) -> tuple[str, str]:
    tone = fmt.tone(value)
    return fmt.gain_usd(value, cents=cents), f"${tone}" if tone else ""


def event_entry(event: Event, context: EntryContext) -> ListEntry:
    """An event; leverage, price and size are left out when narrow. Long reasons and plans wrap."""
    line = describe_event(event, context.identities)
    subject = context.name_part(event.account) if event.account else None
    head: list[TextPart] = [
        context.time_part(event.at),
        subject or context.label_part(event.coin or "feed", "$muted"),
    ]
    if event.kind == "lead":
        previous = f" from {context.identities.identity_of(event.other).short_name}" if event.other else ""
        return ListEntry(event.id, (*head, ("▲ takes the lead", "$accent bold"), previous), drop_order=(3,))
    head += [_part(line.verb), " "]
    first_piece = len(head)
    if event.kind in _FREE_TEXT_KINDS:
        *first, last = line.pieces
        return ListEntry(event.id, (*head, *map(_part, first), " "), last.text.strip())
    head += map(_part, line.pieces)
    if event.kind == "trade":
        head += ["  ", _money(event.net_usd)]
    return ListEntry(event.id, tuple(head), drop_order=tuple(first_piece + at for at in line.drop_order))


def _part(cell: Cell) -> TextPart:
    """A cell's text with its style for a list entry: tones become theme variables."""
    attributes = ("bold", "dim", "reverse")
    styles = [it if it in attributes or it[0] == "#" else f"${it}" for it in cell.style.split()]
    return cell.text, " ".join(styles)


def position_entry(row: AccountRow, position: Position, context: EntryContext) -> ListEntry:
    coin = fmt.sanitise_line(position.coin, 8)
    side, style = _side(position.side)
    head: list[TextPart] = [
        (f"{coin:<6}", "bold"),
        (f"{side:<6}", style),
        context.name_part(row.account),
        f"{fmt.compact_usd(position.notional_usd):>8} ",
        (f"{fmt.leverage(position.leverage):>4} ", "$muted"),
    ]
    text, tone = _money(position.unrealized_usd, cents=False)
    head.append((f"{text:>9}", tone))
    return ListEntry(
        f"{row.account.season}/{row.account.slug}/{position.coin}", tuple(head), drop_order=(4, 3)
    )


def trade_entry(trade: Trade, context: EntryContext) -> ListEntry:
    side, style = _side(trade_side(trade))
    text, tone = _money(trade.net_usd)
    head: list[TextPart] = [
        (f"{fmt.day_and_time(trade.exit_at):>12} ", "$muted"),
        context.name_part(trade.account),
        (f"{fmt.sanitise_line(trade.coin, 8):<5} ", "bold"),
        (f"{side:<5} ", style),
        (f"{text:>10} ", tone),
        (f" {fmt.duration(trade.held_s)}", "$muted"),
    ]
    return ListEntry(trade.id, tuple(head), drop_order=(5,))


def decision_entry(decision: Decision, context: EntryContext | None) -> ListEntry:
    """A decision; without a context, for the list of one trader, it has no name and a full date."""
    if context is None:
        head: list[TextPart] = [(f"{fmt.day_and_time(decision.at)} ", "$muted")]
    else:
        head = [context.time_part(decision.at), context.name_part(decision.account)]
    head += action_chips(decision.signals)
    if decision.answer_failed:
        head.append(("malformed response", "$warn"))
    return ListEntry(decision.id, tuple(head), fmt.sanitise_line(decision.summary or "", SUMMARY_LIMIT))


def event_entries(board: Board, identities: TraderIdentities) -> tuple[ListEntry, ...]:
    context = EntryContext.of(board, identities)
    return tuple(event_entry(event, context) for event in board.events[:_MAX_ENTRIES])


def position_entries(board: Board, identities: TraderIdentities) -> tuple[ListEntry, ...]:
    """Every open position, largest notional first."""
    positions = [(row, position) for row in board.accounts.values() for position in row.positions]
    positions.sort(key=lambda item: -(item[1].notional_usd or 0.0))
    context = EntryContext.of(board, identities)
    return tuple(position_entry(row, position, context) for row, position in positions)


def trade_entries(board: Board, identities: TraderIdentities) -> tuple[ListEntry, ...]:
    context = EntryContext.of(board, identities)
    return tuple(trade_entry(trade, context) for trade in newest_trades(board.trades.values()))


def newest_trades(logs: Iterable[TradeLog]) -> Iterable[Trade]:
    """The newest trades of several accounts, newest first."""
    ordered = merge(*(log.trades for log in logs), key=lambda trade: trade.exit_at, reverse=True)
    return islice(ordered, _MAX_ENTRIES)


def chat_entries(board: Board, identities: TraderIdentities) -> tuple[ListEntry, ...]:
    context = EntryContext.of(board, identities)
    return tuple(decision_entry(decision, context) for decision in board.decisions[:_MAX_ENTRIES])
