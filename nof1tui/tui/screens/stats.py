"""Every figure of every trader, with the number of observations behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.decisions.attribution import attribute_orders, executed_orders
from nof1tui.domain.decisions.outcomes import EntryOutcome, decision_figures, entry_outcomes
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import Span
from nof1tui.domain.stats.stats_cache import StatsCache, TraderFigures
from nof1tui.domain.stats.upstream_diff import UpstreamDiff, account_upstream_diffs
from nof1tui.ports.history import History, RecordFilter
from nof1tui.tui.chart import series
from nof1tui.tui.columns.stats import POSITION_STATS, STAT_COLUMNS, STATS, StatsRow, stat_detail
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen, fit_summary
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.table.export import TableExport
from nof1tui.tui.text.empty_states import has_decisions
from nof1tui.tui.text.position_history import decision_stats_parts

_LEGEND = (
    (5, Content("greyed: fewer than 30 observations")),
    (4, Content("n/a: enter tells why")),
    (2, Content("daily closes, 365 periods a year, risk-free 0")),
)
_POSITIONS_NOTE = (3, Content("positions are those held now"))


class StatsScreen(TableScreen[StatsRow]):
    """One row a trader; enter tells what each figure rests on."""

    key_scopes = ("stats", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    empty_title = "No trader has an account yet."

    def __init__(self) -> None:
        super().__init__(STAT_COLUMNS, key=lambda line: line.figures.account.slug)
        self._book = StatsCache()
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
        lineup = self.context.identities
        told = zip(
            board.leaderboard, self._book.figures(board, series.metrics_span(board, self._range)), strict=True
        )
        return [
            StatsRow(lineup.identity_of(its.account), its.rank, figures, self._checks(board, figures))
            for its, figures in told
        ]

    def _checks(self, board: Board, figures: TraderFigures) -> tuple[UpstreamDiff, ...]:
        """Upstream speaks of the whole season only."""
        return account_upstream_diffs(board, figures) if self._range.seconds is None else ()

    def filter_text(self, row: StatsRow) -> str:
        return f"{row.identity.name} {row.figures.account.slug}"

    def summary(self, rows: Sequence[StatsRow]) -> Content:
        if not rows:
            return Content("")
        ranged = self._range.seconds is not None
        of = (
            [(6, Content.styled(f"the last {self._range.column_title}", "$accent")), _POSITIONS_NOTE]
            if ranged
            else []
        )
        return fit_summary([*of, *_LEGEND], self.size.width - 2)

    def open(self, row: StatsRow) -> None:
        """Every figure, and below them what the store says of the trader's decisions."""
        context, account = self.context, row.figures.account
        board, shown = context.board, self._range
        of = "" if shown.seconds is None else f", the last {shown.column_title}"

        def first(note: str) -> list[TextPart]:
            return [*stat_detail(row), ("\n" + note, "$muted")]

        async def told(store: History) -> list[TextPart]:
            if board is None:
                return stat_detail(row)
            span = series.metrics_span(board, shown)
            figures = await read_entry_outcomes(store, board, account, span)
            return [*stat_detail(row), *decision_stats_parts(decision_figures(figures))]

        title = Content(row.identity.name + of)
        if has_decisions(account):
            context.detail.show_then_load(
                account.slug, title, first, told, context.history, "Its decisions", account
            )
        else:
            context.detail.show_text(account.slug, title, Content.assemble(*stat_detail(row)), account)
        context.open_page("detail")

    def action_next_range(self) -> None:
        self._range = series.next_range(self._range)
        self.repaint_board()

    def action_open_trader(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.context.open_trader(row.figures.account)

    def build_export(self) -> TableExport:
        rows = [
            {"trader": line.figures.account.slug, "name": line.identity.name}
            | {stat.key: stat.read(line.figures).value for stat in (*STATS, *POSITION_STATS)}
            for line in self.shown_rows
        ]
        return TableExport("stats", rows)


async def read_entry_outcomes(
    store: History, board: Board, account: AccountKey, span: Span
) -> Sequence[EntryOutcome]:
    """The account's signals to enter inside the span, with what became of them. Raises StoreUnavailable."""
    wanted = RecordFilter(
        traders=[account.trader],
        season=account.season,
        since=span.since,
        until=board.as_of,
        actions_only=True,
    )
    decisions = [it for it in await store.decisions(wanted) if it.account == account]
    plans = await store.events(replace(wanted, kinds=["plan"]))
    trades, row = board.trades.get(account, TradeLog()).trades, board.accounts.get(account)
    links = attribute_orders(decisions, executed_orders(trades, (row,) if row else ()))
    return entry_outcomes(links, trades, plans)
