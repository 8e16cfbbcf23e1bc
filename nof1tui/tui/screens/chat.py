"""What the models said and decided, newest first; the filter also searches the store."""

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
from nof1tui.domain.export.rows import build_chat_row
from nof1tui.domain.records import AccountKey, Decision, Feed
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.columns.chat import CHAT_COLUMNS, ChatRow
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.record_screen import RecordScreen
from nof1tui.tui.screens.table_screen import fit_summary
from nof1tui.tui.table.export import TableExport

_MIN_SEARCH_LETTERS = 3
_MAX_SEARCH_RESULTS = 300
_SEARCH_DEBOUNCE_S = 0.3
"""So long a filter must stand before the store is asked."""
_WORDS = re.compile(r"""[\w\s"'%,.:/-]+""")
"""Text that means the same to the store's search as to a reader; other patterns are for the screen alone."""


def store_search_text(pattern: str) -> str | None:
    """What the store is asked for this filter; None where it cannot help."""
    words = pattern.strip()
    worded = _WORDS.fullmatch(words) and sum(map(str.isalnum, words)) >= _MIN_SEARCH_LETTERS
    return words if worded else None


class ChatScreen(RecordScreen[Decision, ChatRow]):
    """One line a decision; enter opens it with its reasoning and its prompt."""

    key_scopes = ("chat", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    feed = Feed.DECISIONS
    empty_title = "No trader has said anything yet."

    def __init__(self) -> None:
        super().__init__(
            CHAT_COLUMNS,
            key=lambda line: line.decision.id,
            stamp=lambda decision: PageCursor(decision.at, decision.id),
        )
        self._lines: dict[str, ChatRow] = {}
        self._found: tuple[Decision, ...] = ()
        """What the store found for the filter in force."""
        self._asking = False
        self._trouble = ""

    def record_source(self, board: Board) -> object:
        return board.decisions

    def board_records(self, board: Board) -> Sequence[Decision]:
        return board.decisions

    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[Decision]:
        return await history.decisions(wanted, after)

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return *super().row_inputs(board), self._found

    def build_rows(self, board: Board) -> Sequence[ChatRow]:
        decisions = {decision.id: decision for decision in (*self._found, *self._shelf.records)}
        ordered = sorted(decisions.values(), key=lambda it: (it.at, it.id), reverse=True)
        known = self._lines
        self._lines = {}
        return [self._lines.setdefault(it.id, self._line(it, known.get(it.id))) for it in ordered]

    def _line(self, decision: Decision, known: ChatRow | None) -> ChatRow:
        face = self.context.identities.identity_of(decision.account)
        same = known is not None and known.decision == decision and known.identity is face
        return known if known is not None and same else ChatRow.of(face, decision)

    def build_row(self, record: Decision) -> ChatRow:
        return self._line(record, self._lines.get(record.id))

    def account_of(self, row: ChatRow) -> AccountKey:
        return row.decision.account

    def filter_text(self, row: ChatRow) -> str:
        return row.filter_text

    def row_predicate(self, pattern: str) -> Callable[[ChatRow], bool]:
        """By the words on the line, or because the store found them in what the line has no room for."""
        passes, found = super().row_predicate(pattern), {decision.id for decision in self._found}
        return lambda line: line.decision.id in found or passes(line)

    def summary(self, rows: Sequence[ChatRow]) -> Content:
        if not rows:
            return Content("")
        acting = sum(bool(line.actions) for line in rows)
        traders = len({line.decision.account for line in rows})
        parts = [
            (3, Content(self.count_text("decision", len(rows)))),
            (2, Content(f"{acting:,} with more than hold")),
            (1, Content(f"{traders} trader{'s' if traders != 1 else ''}")),
        ]
        if self._found:
            parts.append((4, Content(f"{len(self._found):,} found by the store")))
        return fit_summary(parts, self.size.width - 2)

    @property
    def status_texts(self) -> Sequence[str]:
        asking = "searching the store …" if self._asking else self._trouble
        return [*super().status_texts, *([asking] if asking else [])]

    # Search

    @on(Input.Changed)
    def _search(self) -> None:
        """Ask the store for what the filter says, once typing has paused; a newer filter takes its place."""
        history, words = self.context.history, store_search_text(self.filter.value)
        self._found, self._trouble = (), ""
        self._asking = history is not None and words is not None
        if history is not None and words is not None:
            self.run_worker(self._ask(history, words), group="search", exclusive=True)
        else:
            self.workers.cancel_group(self, "search")

    async def _ask(self, history: History, words: str) -> None:
        await asyncio.sleep(_SEARCH_DEBOUNCE_S)
        board = self.context.board
        wanted = RecordFilter(text=words, until=board.as_of if board else None, limit=_MAX_SEARCH_RESULTS)
        try:
            self._found = tuple(await history.decisions(wanted))
        except StoreUnavailable:
            self._trouble = "the store cannot be searched now"
        self._asking = False
        self.repaint_board()

    # Keys

    def open(self, row: ChatRow) -> None:
        decision, context = row.decision, self.context
        context.detail.show_decision(decision, context.board, context.history, decision.account)
        self.context.open_page("detail")

    def build_export(self) -> TableExport:
        name, decisions = self.context.identities.roster_name, (line.decision for line in self.shown_rows)
        return TableExport(
            "chat", [build_chat_row(decision, name(decision.account)) for decision in decisions]
        )
