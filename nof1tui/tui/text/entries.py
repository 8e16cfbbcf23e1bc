"""Events, positions, trades and chat as lines of a list, from the records of a board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import merge
from itertools import islice

from rich.cells import cell_len, set_cell_size

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Position, Trade
from nof1tui.tui.columns.chat import SUMMARY_LIMIT, action_chips
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.columns.trader import trade_side
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.list_entry import ListEntry, TextPart

_MAX_ENTRIES = 200
"""Lines of a list; older ones are for the store's screens."""


_MIN_NAME_WIDTH, _MAX_NAME_WIDTH = 10, 16
"""Cells that names of traders take, all in a list as many."""


_FREE_TEXT_KINDS = ("plan", "down", "up", "drift", "alert")
"""Kinds of events whose last piece is text, however long."""


@dataclass(frozen=True, slots=True)
class EntryContext:
    """What the lines of one list have in common: who is who, how wide names are, which day it is."""

    identities: TraderIdentities
    name_width: int = _MIN_NAME_WIDTH
    today: date | None = None

    @classmethod
    def of(cls, board: Board, lineup: TraderIdentities) -> EntryContext:
        """For a list of the whole board: names are as wide as the longest of them."""
        longest = max((cell_len(lineup.identity_of(key).short_name) for key in board.accounts), default=0)
        now = board.as_of or board.newest_at
        today = now.astimezone(UTC).date() if now else None
        return cls(lineup, min(max(longest, _MIN_NAME_WIDTH), _MAX_NAME_WIDTH), today)

    def name_part(self, key: AccountKey) -> TextPart:
        face = self.identities.identity_of(key)
        return self.label_part(face.short_name, "$muted" if face.is_benchmark else face.color)

    def label_part(self, name: str, tone: str) -> TextPart:
        name = fmt.sanitise_line(name, self.name_width)
        return f"▌{set_cell_size(name, self.name_width)} ", tone

    def time_part(self, at: datetime) -> TextPart:
        """`07:03` of today, `27 Oct` of a day before."""
        old = self.today is not None and at.astimezone(UTC).date() < self.today
        return f"{fmt.day(at) if old else fmt.time_of_day(at):<6} ", "$muted"


def _side(side: str | None) -> tuple[str, str]:
    return (side or "").upper(), {"long": "$gain", "short": "$loss"}.get(side or "", "")


def _money(value: float | None, *, cents: bool = True) -> tuple[str, str]:
    tone = fmt.tone(value)
    return fmt.gain_usd(value, cents=cents), f"${tone}" if tone else ""


def event_entry(event: Event, manner: EntryContext) -> ListEntry:
    """What happened; with little room without leverage, price, size. Long reasons and plans wrap."""
    line = describe_event(event, manner.identities)
    who = manner.name_part(event.account) if event.account else None
    head: list[TextPart] = [
        manner.time_part(event.at),
        who or manner.label_part(event.coin or "feed", "$muted"),
    ]
    if event.kind == "lead":
        loser = f" from {manner.identities.identity_of(event.other).short_name}" if event.other else ""
        return ListEntry(event.id, (*head, ("▲ takes the lead", "$accent bold"), loser), drop_order=(3,))
    head += [_part(line.verb), " "]
    begin = len(head)
    if event.kind in _FREE_TEXT_KINDS:
        *first, last = line.pieces
        return ListEntry(event.id, (*head, *map(_part, first), " "), last.text.strip())
    head += map(_part, line.pieces)
    if event.kind == "trade":
        head += ["  ", _money(event.net_usd)]
    return ListEntry(event.id, tuple(head), drop_order=tuple(begin + place for place in line.drop_order))


def _part(cell: Cell) -> TextPart:
    """A cell's text in the markup-free styles of a list: tones are variables of the theme."""
    plain = ("bold", "dim", "reverse")
    words = [word if word in plain or word[0] == "#" else f"${word}" for word in cell.style.split()]
    return cell.text, " ".join(words)


def position_entry(row: AccountRow, position: Position, manner: EntryContext) -> ListEntry:
    coin = fmt.sanitise_line(position.coin, 8)
    word, style = _side(position.side)
    head: list[TextPart] = [
        (f"{coin:<6}", "bold"),
        (f"{word:<6}", style),
        manner.name_part(row.account),
        f"{fmt.compact_usd(position.notional_usd):>8} ",
        (f"{fmt.leverage(position.leverage):>4} ", "$muted"),
    ]
    text, tone = _money(position.unrealized_usd, cents=False)
    head.append((f"{text:>9}", tone))
    return ListEntry(
        f"{row.account.season}/{row.account.slug}/{position.coin}", tuple(head), drop_order=(4, 3)
    )


def trade_entry(trade: Trade, manner: EntryContext) -> ListEntry:
    word, style = _side(trade_side(trade))
    text, tone = _money(trade.net_usd)
    head: list[TextPart] = [
        (f"{fmt.day_and_time(trade.exit_at):>12} ", "$muted"),
        manner.name_part(trade.account),
        (f"{fmt.sanitise_line(trade.coin, 8):<5} ", "bold"),
        (f"{word:<5} ", style),
        (f"{text:>10} ", tone),
        (f" {fmt.duration(trade.held_s)}", "$muted"),
    ]
    return ListEntry(trade.id, tuple(head), drop_order=(5,))


def decision_entry(decision: Decision, manner: EntryContext | None) -> ListEntry:
    """A line of chat; without a manner that of one trader, known from the screen."""
    if manner is None:
        head: list[TextPart] = [(f"{fmt.day_and_time(decision.at)} ", "$muted")]
    else:
        head = [manner.time_part(decision.at), manner.name_part(decision.account)]
    head += action_chips(decision.signals)
    if decision.answer_failed:
        head.append(("answer was not readable", "$warn"))
    return ListEntry(decision.id, tuple(head), fmt.sanitise_line(decision.summary or "", SUMMARY_LIMIT))


def event_entries(board: Board, lineup: TraderIdentities) -> tuple[ListEntry, ...]:
    manner = EntryContext.of(board, lineup)
    return tuple(event_entry(event, manner) for event in board.events[:_MAX_ENTRIES])


def position_entries(board: Board, lineup: TraderIdentities) -> tuple[ListEntry, ...]:
    """Every open position, the largest first."""
    held = [(row, position) for row in board.accounts.values() for position in row.positions]
    held.sort(key=lambda item: -(item[1].notional_usd or 0.0))
    manner = EntryContext.of(board, lineup)
    return tuple(position_entry(row, position, manner) for row, position in held)


def trade_entries(board: Board, lineup: TraderIdentities) -> tuple[ListEntry, ...]:
    manner = EntryContext.of(board, lineup)
    return tuple(trade_entry(trade, manner) for trade in newest_trades(board.trades.values()))


def newest_trades(logs: Iterable[TradeLog]) -> Iterable[Trade]:
    """The newest trades over several accounts."""
    ordered = merge(*(log.trades for log in logs), key=lambda trade: trade.exit_at, reverse=True)
    return islice(ordered, _MAX_ENTRIES)


def chat_entries(board: Board, lineup: TraderIdentities) -> tuple[ListEntry, ...]:
    manner = EntryContext.of(board, lineup)
    return tuple(decision_entry(decision, manner) for decision in board.decisions[:_MAX_ENTRIES])
