"""The event log, newest first: positions, trades, rank changes, new traders, feed failures, alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.documents import EVENTS
from nof1tui.domain.figures.views import EventView, Observation, PositionView
from nof1tui.domain.records import AccountKey, Trade
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.columns.events import EventDescription, describe_event, event_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.record_screen import RecordScreen
from nof1tui.tui.screens.table_screen import fit_summary
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.text import details


class EventsScreen(RecordScreen[Event, EventDescription]):
    """One row per event; enter opens its trade or position."""

    key_scopes = ("events", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    document = EVENTS
    empty_title = "No events yet."

    def __init__(self) -> None:
        super().__init__(
            event_columns(),
            key=lambda line: line.event.id,
            stamp=lambda event: PageCursor(event.at, event.id),
        )

    def record_source(self, board: Board) -> object:
        return board.events

    def board_records(self, board: Board) -> Sequence[Event]:
        return board.events

    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[Event]:
        return await history.events(wanted, after)

    def build_row(self, record: Event) -> EventDescription:
        return describe_event(record, self.context.identities)

    def account_of(self, row: EventDescription) -> AccountKey | None:
        return row.event.account

    def filter_text(self, row: EventDescription) -> str:
        return row.filter_text

    def summary(self, rows: Sequence[EventDescription]) -> Content:
        if not rows:
            return Content("")
        counts = Counter(line.verb.text.lstrip("▲▼⚠○●! ").removesuffix(" to") for line in rows)
        parts = [(len(counts) + 1, Content(self.count_text("event", len(rows))))]
        for place, (verb, count) in enumerate(counts.most_common()):
            parts.append((len(counts) - place, Content(f"{count:,} {verb}")))
        return fit_summary(parts, self.size.width - 2)

    # Keys

    def open(self, row: EventDescription) -> None:
        title = Content(
            f"{row.subject}: {row.verb.text.lstrip('▲▼⚠○● ')} · {fmt.day_and_time(row.event.at)} UTC"
        )
        text = Content.assemble(*self._detail_parts(row))
        self.context.detail.show_text(row.event.id, title, text, row.event.account)
        self.context.open_page("detail")

    def _detail_parts(self, row: EventDescription) -> list[TextPart]:
        """The event in one line, below it the trade or the current position on the board."""
        parts: list[TextPart] = [row.detail or row.verb.text, "\n\n"]
        event, board = row.event, self.context.board
        if board is None:
            return parts
        if event.kind == "trade":
            trade = _trade(board, event)
            return parts + details.trade_detail(trade) if trade else parts
        if event.account is None:
            return [*parts, fmt.sanitise(event.reason or "")]
        account = board.accounts.get(event.account)
        positions = [it for it in account.positions if it.coin == event.coin] if account else []
        if account is not None and positions:
            holder = Observation(account, board.roster.trader(account.account.trader))
            return [
                *parts,
                ("Current position\n", "$accent bold"),
                *details.position_detail(PositionView(holder, positions[0])),
            ]
        return [*parts, ("Position closed.", "$muted")] if event.coin else parts

    def views_of(self, row: EventDescription) -> Sequence[EventView]:
        account = row.event.account
        trader = self.context.identities.trader_of(account) if account else None
        return (EventView(row.event, trader, row.detail),)


def _trade(board: Board, event: Event) -> Trade | None:
    """The trade of a trade event, where the board has it."""
    trades = board.trades.get(event.account, TradeLog()).trades if event.account else ()
    return next((trade for trade in trades if event.id == f"trade:{trade.id}"), None)
