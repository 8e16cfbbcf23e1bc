"""`--where`: the filter language over the rows of a table."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from nof1tui.bounded_regex import compile_pattern
from nof1tui.domain.export.documents import Document
from nof1tui.domain.export.row_filters import DocumentRowReader, document_fields
from nof1tui.domain.export.rows import ExportRow, rows_of
from nof1tui.domain.figures.board_views import View
from nof1tui.domain.filters.errors import FilterError
from nof1tui.domain.filters.matcher import COMMAND_BUDGET_S, MatchBudget, RowMatcher, compile_filter
from nof1tui.domain.filters.parser import parse_filter
from nof1tui.errors import UsageError

ViewT = TypeVar("ViewT", bound=View)


class WhereFilter:
    """A filter of one command; its regular expressions share one time budget."""

    def __init__(self, text: str, document: Document, now: datetime) -> None:
        """Relative moments of the text count from `now`. Raises UsageError for a filter that is wrong."""
        try:
            compiled = compile_filter(parse_filter(text, document_fields(document), now), compile_pattern)
        except FilterError as error:
            raise UsageError(f"--where: {error}") from error
        self._document = document
        self._matcher = RowMatcher(compiled, DocumentRowReader())
        self._budget = MatchBudget(COMMAND_BUDGET_S, time.perf_counter)

    def matching_rows(self, rows: Iterable[ExportRow]) -> list[ExportRow]:
        """The rows that pass, in order. Raises UsageError when the budget is used up."""
        try:
            return list(self._matcher.matching(rows, self._budget))
        except FilterError as error:
            raise UsageError(f"--where: {error}") from error

    def matching_views(self, views: Sequence[ViewT]) -> list[ViewT]:
        """The views whose rows pass, long texts included. Raises UsageError when the budget is used up."""
        rows = rows_of(self._document, views, full=True)
        kept = {id(row) for row in self.matching_rows(rows)}
        return [view for view, row in zip(views, rows, strict=True) if id(row) in kept]
