"""All figures of every trader, with their number of observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.outcomes import decision_figures
from nof1tui.domain.export.documents import STATS
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.ports.history import History
from nof1tui.ports.outcomes import read_entries
from nof1tui.tui.chart import series
from nof1tui.tui.columns.stats import StatsRow, stat_detail, stats_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen, fit_summary
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.text.empty_states import has_decisions
from nof1tui.tui.text.position_history import decision_stats_parts

_LEGEND = (
    (5, Content("grey: n < 30")),
    (4, Content("n/a: ⏎ explains")),
    (2, Content("daily closes, 365 periods a year, risk-free 0")),
)
_EXPOSURE_NOTE = (3, Content("exposure is current"))


class StatsScreen(TableScreen[StatsRow]):
    """One row per trader; enter explains what each figure is based on."""

    key_scopes = ("stats", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    document = STATS
    empty_title = "No accounts yet."

    def __init__(self) -> None:
        super().__init__(
            stats_columns(),
            key=lambda line: line.view.account.slug,
            is_muted=lambda line: line.identity.is_benchmark,
        )
        self._stats_cache = StatsCache()
        self._range = series.CHART_RANGES[-1]

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return (
            board.leaderboard,
            board.curves,
            board.trades,
            board.analytics,
            self.context.identities,
            self._range,
        )

    def build_rows(self, board: Board) -> Sequence[StatsRow]:
        identities = self.context.identities
        span = series.metrics_span(board, self._range)
        views = Views(board, self.context.clock(), self._stats_cache, span).accounts
        return [StatsRow(identities.identity_of(view.account), view) for view in views]

    def filter_text(self, row: StatsRow) -> str:
        return f"{row.identity.name} {row.view.account.slug}"

    def summary(self, rows: Sequence[StatsRow]) -> Content:
        if not rows:
            return Content("")
        ranged = self._range.seconds is not None
        range_parts = (
            [(6, Content.styled(range_text(self._range), "$accent")), _EXPOSURE_NOTE] if ranged else []
        )
        return fit_summary([*range_parts, *_LEGEND], self.size.width - 2)

    def open(self, row: StatsRow) -> None:
        """Open every figure of the trader and, from the store, the statistics of its entry signals."""
        context, account = self.context, row.view.account
        board, chosen = context.board, self._range

        def initial(note: str) -> list[TextPart]:
            return [*stat_detail(row.view), ("\n" + note, "$muted")]

        async def load(history: History) -> list[TextPart]:
            if board is None:
                return stat_detail(row.view)
            span = series.metrics_span(board, chosen)
            outcomes = (await read_entries(history, board, (account,), span))[account]
            return [*stat_detail(row.view), *decision_stats_parts(decision_figures(outcomes))]

        title = Content(
            row.identity.name if chosen.seconds is None else f"{row.identity.name}, {range_text(chosen)}"
        )
        if has_decisions(account):
            context.detail.show_then_load(
                account.slug, title, initial, load, context.history, "Decisions", account
            )
        else:
            context.detail.show_text(account.slug, title, Content.assemble(*stat_detail(row.view)), account)
        context.open_page("detail")

    def action_next_range(self) -> None:
        self._range = series.next_range(self._range)
        self.repaint_board()

    def action_open_trader(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.context.open_trader(row.view.account)


def range_text(chosen: series.ChartRange) -> str:
    """`last 24 hours`, `last 7 days`; `season` for the range without a length."""
    if chosen.seconds is None:
        return "season"
    hours = round(chosen.seconds / 3_600)
    return f"last {hours} hours" if hours <= 72 else f"last {hours // 24} days"
