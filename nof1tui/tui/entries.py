"""Events, positions, trades and chat as lines of a list, from the records of a board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice

from rich.cells import set_cell_size
from textual.content import Content

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.events import Event
from nof1tui.domain.model import AccountKey, AccountRow, Decision, Position, Signal, Trade
from nof1tui.tui import format as fmt
from nof1tui.tui.cells import Cell
from nof1tui.tui.event_columns import event_line
from nof1tui.tui.lineup import Lineup
from nof1tui.tui.trader_columns import trade_side

KEPT = 200
"""Lines of a list; older ones are for the store's screens."""

SUMMARY_LIMIT = 600

Part = str | tuple[str, str]
"""Text, or text and its style."""

_ACTIONS = {
    "buy_to_enter": ("▲ BUY", "$gain bold"),
    "sell_to_enter": ("▼ SELL", "$loss bold"),
    "close_position": ("■ CLOSE", "$warn bold"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list: a first line, and text that may wrap below it."""

    key: str
    head: tuple[Part, ...]
    body: str = ""

    @property
    def text(self) -> str:
        """What the filter looks at and the clipboard gets."""
        head = "".join(part if isinstance(part, str) else part[0] for part in self.head)
        return f"{head} {self.body}".strip()

    @property
    def content(self) -> Content:
        return Content.assemble(*self.head)


def _who(lineup: Lineup, key: AccountKey, width: int = 10) -> tuple[str, str]:
    face = lineup.face(key)
    name = fmt.plain_line(face.short, width)
    return f"▌{set_cell_size(name, width)} ", "$muted" if face.is_benchmark else face.color


def _side(side: str | None) -> tuple[str, str]:
    return (side or "").upper(), {"long": "$gain", "short": "$loss"}.get(side or "", "")


def _money(value: float | None, *, cents: bool = True) -> tuple[str, str]:
    tone = fmt.tone(value)
    return fmt.gain_usd(value, cents=cents), f"${tone}" if tone else ""


def event_entry(event: Event, lineup: Lineup) -> Entry:
    closed = event.kind == "trade"
    line = event_line(replace(event, price=None) if closed else event, lineup)
    nobody = f"▌{set_cell_size(line.who if event.coin else 'feed', 10)} "
    who = _who(lineup, event.account) if event.account else (nobody, "$muted")
    head: list[Part] = [(f"{fmt.time_of_day(event.at)} ", "$muted"), who]
    if event.kind == "lead":
        loser = f" from {lineup.face(event.other).short}" if event.other else ""
        head += [("▲ takes the lead", "$accent bold"), loser]
    else:
        head += [_part(line.verb), " ", *map(_part, line.pieces)]
        if closed:
            head += ["  ", _money(event.net_usd)]
    return Entry(event.id, tuple(head))


def _part(cell: Cell) -> Part:
    """A cell's text in the markup-free styles of a list: tones are variables of the theme."""
    plain = ("bold", "dim", "reverse")
    words = [word if word in plain or word[0] == "#" else f"${word}" for word in cell.style.split()]
    return cell.text, " ".join(words)


def position_entry(row: AccountRow, position: Position, lineup: Lineup) -> Entry:
    coin = fmt.plain_line(position.coin, 8)
    word, style = _side(position.side)
    head: list[Part] = [
        (f"{coin:<6}", "bold"),
        (f"{word:<6}", style),
        _who(lineup, row.account),
        f"{fmt.compact_usd(position.notional_usd):>8} ",
        (f"{fmt.leverage(position.leverage):>4} ", "$muted"),
    ]
    text, tone = _money(position.unrealized_usd, cents=False)
    head.append((f"{text:>9}", tone))
    return Entry(f"{row.account.season}/{row.account.slug}/{position.coin}", tuple(head))


def trade_entry(trade: Trade, lineup: Lineup) -> Entry:
    word, style = _side(trade_side(trade))
    text, tone = _money(trade.net_usd)
    head: list[Part] = [
        (f"{fmt.day_clock(trade.exit_at):>12} ", "$muted"),
        _who(lineup, trade.account),
        (f"{fmt.plain_line(trade.coin, 8):<5} ", "bold"),
        (f"{word:<5} ", style),
        (f"{text:>10} ", tone),
        (f" {fmt.duration(trade.held_s)}", "$muted"),
    ]
    return Entry(trade.id, tuple(head))


def chips(signals: Iterable[Signal]) -> list[Part]:
    """What a decision does, coin by coin; to hold is to do nothing and stays out."""
    parts: list[Part] = []
    for signal in signals:
        if signal.action == "hold":
            continue
        coin = fmt.plain_line(signal.coin, 8)
        word, style = _ACTIONS.get(signal.action, (fmt.plain_line(signal.action, 16), "$accent"))
        size = f" {fmt.leverage(signal.leverage)}" if signal.leverage and "enter" in signal.action else ""
        parts += [(f"{word} {coin}{size}", style), "  "]
    return parts


def decision_entry(decision: Decision, lineup: Lineup | None) -> Entry:
    """A line of chat; without a line-up the trader is left out, being known from the screen."""
    head: list[Part] = [
        (f"{fmt.time_of_day(decision.at) if lineup else fmt.day_clock(decision.at)} ", "$muted")
    ]
    if lineup is not None:
        head.append(_who(lineup, decision.account))
    head += chips(decision.signals)
    if decision.answer_failed:
        head.append(("answer was not readable", "$warn"))
    return Entry(decision.id, tuple(head), fmt.plain_line(decision.summary or "", SUMMARY_LIMIT))


def event_entries(board: Board, lineup: Lineup) -> tuple[Entry, ...]:
    return tuple(event_entry(event, lineup) for event in board.events[:KEPT])


def position_entries(board: Board, lineup: Lineup) -> tuple[Entry, ...]:
    """Every open position, the largest first."""
    held = [(row, position) for row in board.accounts.values() for position in row.positions]
    held.sort(key=lambda item: -(item[1].notional_usd or 0.0))
    return tuple(position_entry(row, position, lineup) for row, position in held)


def trade_entries(board: Board, lineup: Lineup) -> tuple[Entry, ...]:
    return tuple(trade_entry(trade, lineup) for trade in newest_trades(board.trades.values()))


def newest_trades(logs: Iterable[TradeLog]) -> Iterable[Trade]:
    """The newest trades over several accounts."""
    ordered = merge(*(log.trades for log in logs), key=lambda trade: trade.exit_at, reverse=True)
    return islice(ordered, KEPT)


def chat_entries(board: Board, lineup: Lineup) -> tuple[Entry, ...]:
    return tuple(decision_entry(decision, lineup) for decision in board.decisions[:KEPT])
