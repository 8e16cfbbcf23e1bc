"""Decisions of the models, newest first; the filter also searches the store."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import CHAT
from nof1tui.domain.figures.views import DecisionView
from nof1tui.domain.records import AccountKey, Decision, Feed
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.columns.chat import ChatRow, chat_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.record_screen import RecordScreen
from nof1tui.tui.screens.table_screen import fit_summary

_MIN_SEARCH_LETTERS = 3
_MAX_SEARCH_RESULTS = 300
_SEARCH_DEBOUNCE_S = 0.3
"""Time without typing before the store is searched."""
_PLAIN_TEXT = re.compile(r"""[\w\s"'%,.:/-]+""")
"""Filters that mean the same to the store's search; others (regular expressions) match on the screen only."""


def store_search_text(pattern: str) -> str | None:
    """The text the store is searched for with this filter; None where it cannot be searched."""
    text = pattern.strip()
    is_searchable = _PLAIN_TEXT.fullmatch(text) and sum(map(str.isalnum, text)) >= _MIN_SEARCH_LETTERS
    return text if is_searchable else None


class ChatScreen(RecordScreen[Decision, ChatRow]):
    """One row per decision; enter opens it with reasoning and prompt."""

    key_scopes = ("chat", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    feed = Feed.DECISIONS
    document = CHAT
    empty_title = "No decisions yet."

    def __init__(self) -> None:
        super().__init__(
            chat_columns(),
            key=lambda line: line.decision.id,
            stamp=lambda decision: PageCursor(decision.at, decision.id),
        )
        self._row_of: dict[str, ChatRow] = {}
        """Rows by decision id, reused while the decision and the trader's identity are the same."""
        self._matches: tuple[Decision, ...] = ()
        """The store's matches for the filter in force."""
        self._is_searching = False
        self._search_failure = ""

    def record_source(self, board: Board) -> object:
        return board.decisions

    def board_records(self, board: Board) -> Sequence[Decision]:
        return board.decisions

    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[Decision]:
        return await history.decisions(wanted, after)

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return *super().row_inputs(board), self._matches

    def build_rows(self, board: Board) -> Sequence[ChatRow]:
        decisions = {decision.id: decision for decision in (*self._matches, *self._paged.records)}
        ordered = sorted(decisions.values(), key=lambda it: (it.at, it.id), reverse=True)
        previous = self._row_of
        self._row_of = {}
        return [self._row_of.setdefault(it.id, self._reuse_row(it, previous.get(it.id))) for it in ordered]

    def _reuse_row(self, decision: Decision, row: ChatRow | None) -> ChatRow:
        """The previous row of a decision if it is still right, else a new one."""
        identity = self.context.identities.identity_of(decision.account)
        if row is not None and row.decision == decision and row.identity is identity:
            return row
        trader = self.context.identities.trader_of(decision.account)
        return ChatRow.of(identity, DecisionView(decision, trader))

    def build_row(self, record: Decision) -> ChatRow:
        return self._reuse_row(record, self._row_of.get(record.id))

    def account_of(self, row: ChatRow) -> AccountKey:
        return row.decision.account

    def filter_text(self, row: ChatRow) -> str:
        return row.filter_text

    def row_predicate(self, pattern: str) -> Callable[[ChatRow], bool]:
        """Whether a row matches, by its own text or by the store's search of the full texts."""
        passes, matches = super().row_predicate(pattern), {decision.id for decision in self._matches}
        return lambda row: row.decision.id in matches or passes(row)

    def summary(self, rows: Sequence[ChatRow]) -> Content:
        if not rows:
            return Content("")
        acting = sum(bool(line.actions) for line in rows)
        traders = len({line.decision.account for line in rows})
        parts = [
            (3, Content(self.count_text("decision", len(rows)))),
            (2, Content(f"{acting:,} acted")),
            (1, Content(f"{traders} trader{'s' if traders != 1 else ''}")),
        ]
        if self._matches:
            parts.append((4, Content(f"{len(self._matches):,} in the store")))
        return fit_summary(parts, self.size.width - 2)

    @property
    def status_texts(self) -> Sequence[str]:
        status = "searching …" if self._is_searching else self._search_failure
        return [*super().status_texts, *([status] if status else [])]

    # Search

    @on(Input.Changed)
    def _search(self) -> None:
        """Search the store for the filter once typing pauses; a newer filter replaces the search."""
        history, text = self.context.history, store_search_text(self.filter.value)
        self._matches, self._search_failure = (), ""
        self._is_searching = history is not None and text is not None
        if history is not None and text is not None:
            self.run_worker(self._search_store(history, text), group="search", exclusive=True)
        else:
            self.workers.cancel_group(self, "search")

    async def _search_store(self, history: History, text: str) -> None:
        await asyncio.sleep(_SEARCH_DEBOUNCE_S)
        board = self.context.board
        wanted = RecordFilter(text=text, until=board.as_of if board else None, limit=_MAX_SEARCH_RESULTS)
        try:
            self._matches = tuple(await history.decisions(wanted))
        except StoreUnavailable:
            self._search_failure = "store search unavailable"
        self._is_searching = False
        self.repaint_board()

    # Keys

    def open(self, row: ChatRow) -> None:
        decision, context = row.decision, self.context
        context.detail.show_decision(decision, context.board, context.history, decision.account)
        self.context.open_page("detail")
