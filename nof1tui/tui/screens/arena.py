"""The home screen: who leads, how they got there, what they do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from nof1tui.domain.board import Board
from nof1tui.domain.model import AccountKey
from nof1tui.tui import columns, curves
from nof1tui.tui import format as fmt
from nof1tui.tui.columns import ArenaRow
from nof1tui.tui.filtering import matcher
from nof1tui.tui.keys import Place, bindings, keys_of
from nof1tui.tui.widgets.equity_pane import EquityPane
from nof1tui.tui.widgets.filter_line import FilterLine
from nof1tui.tui.widgets.footer_line import FooterLine
from nof1tui.tui.widgets.live_table import LiveTable
from nof1tui.tui.widgets.notice import Notice, notice_text
from nof1tui.tui.widgets.side_pane import SidePane
from nof1tui.tui.widgets.status_corner import status_parts
from nof1tui.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from nof1tui.tui.app import ArenaApp

WIDE = 110
"""From here on chart and side pane stand side by side."""
TALL = 30
"""Below, the table takes what it needs and the rest gets what is left."""
ROOM_FOR_SEASON = 56
LEAST_LOWER = 7
"""Rows below which a chart is not worth its frame."""


def arena_words(board: Board | None, width: int) -> Content:
    """Where one is: the program, the season, its day; the program alone where there is no room."""
    parts: list[str | tuple[str, str]] = [("nof1", "$accent bold")]
    if board is not None and board.season is not None and width >= ROOM_FOR_SEASON:
        parts += ["  ", fmt.plain_line(board.season.name, 28)]
        if board.season.starts_at is not None and board.newest_at is not None:
            day = (board.newest_at - board.season.starts_at).days + 1
            if day > 0:
                parts.append((f" · day {day}", "$muted"))
    return Content.assemble(*parts)


class ArenaScreen(Screen[None]):
    """Fed with boards; shows, never fetches."""

    place: Place = "arena"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("arena")]

    def __init__(self, *, first_words: str, chart: curves.ChartStyle) -> None:
        super().__init__()
        self.bar = TopBar(with_ticker=True)
        self.notice = Notice()
        self.table: LiveTable[ArenaRow] = LiveTable(
            columns.arena_columns(curves.RANGES[-1].column),
            key=lambda row: row.slug,
            empty=fmt.plain_line(first_words),
        )
        self.equity = EquityPane("Account value", chart)
        self.pane = SidePane()
        self.filter = FilterLine()
        self.footer = FooterLine((*keys_of("arena"), *keys_of("everywhere")))
        self._lower_half = Horizontal(id="lower")
        self._lower = "auto"
        self._zoomed = False
        self._hidden: frozenset[AccountKey] = frozenset()
        self._only: AccountKey | None = None
        self._sparklines = curves.Sparklines(chart)
        self._rows: tuple[ArenaRow, ...] = ()
        self._table_of: tuple[object, ...] = ()

    @property
    def monitor(self) -> ArenaApp:
        return cast("ArenaApp", self.app)

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.notice
        yield self.table
        with self._lower_half:
            yield self.equity
            yield self.pane
        yield self.filter
        yield self.footer

    def on_mount(self) -> None:
        self.watch(self.app, "board", self.show_board)
        self.table.focus()

    def on_screen_resume(self) -> None:
        self.show_board(self.monitor.board)

    # Painting

    def show_board(self, board: Board | None) -> None:
        """Paint what is new in this board, and nothing else."""
        if self.monitor.shown is not self or not self.is_mounted:
            return
        self.bar.say(arena_words(board, self.size.width))
        if board is not None:
            self.bar.ticker.show(board.prices)
            self._show_table(board)
            self._arrange()
            if self.equity.display:
                baseline = board.season.capital_usd if board.season else None
                self.equity.show(board, self.monitor.lineup, self._drawn(board), baseline=baseline)
            if self.pane.display:
                self.pane.show_board(board, self.monitor.lineup)
        self.tick(self.monitor.clock())
        self._say_state()

    def tick(self, now: datetime) -> None:
        """Repaint the status corner; the notice only when its words change."""
        board, condition = self.monitor.board, self.monitor.condition
        room = max(12, self.size.width // 3 if self.size.width >= 60 else self.size.width - 7)
        self.bar.corner.show(status_parts(board, now, condition, room))
        shown = self.notice.display
        self.notice.show(notice_text(board, self.monitor.stopped))
        if self.notice.display is not shown:
            self._arrange()

    def _show_table(self, board: Board) -> None:
        of = (
            board.standings,
            board.curves,
            self.monitor.lineup,
            self.equity.range,
            self._hidden,
            self._only,
            self.filter.value,
        )
        if len(of) == len(self._table_of) and all(
            new is old for new, old in zip(of, self._table_of, strict=True)
        ):
            return
        self._table_of = of
        lineup, shown = self.monitor.lineup, curves.window(board, self.equity.range)
        sparks = self._sparklines.draw(board.curves, shown)
        drawn = self._drawn(board)
        passes = matcher(self.filter.value)
        rows = (
            ArenaRow(
                standing,
                name=lineup.face(standing.account).name,
                color=lineup.face(standing.account).color,
                spark=sparks.get(standing.account, ""),
                hidden=standing.account not in drawn,
            )
            for standing in board.standings
        )
        self._rows = tuple(row for row in rows if passes(columns.row_matches(row)))
        self.table.show_rows(self._rows)

    def _drawn(self, board: Board) -> frozenset[AccountKey]:
        """The accounts whose lines are in the chart."""
        if self._only is not None and self._only in board.accounts:
            return frozenset({self._only})
        return frozenset(board.accounts) - self._hidden

    def _say_state(self) -> None:
        hidden = self.table.hidden_columns if self.table.size.width else 0
        left = len(self._rows)
        pattern = self.filter.value.strip()
        self.footer.show(
            f"/{fmt.plain_line(pattern, 24)} {left} row{'s' if left != 1 else ''}" if pattern else "",
            f"+{hidden} column{'s' if hidden > 1 else ''} hidden" if hidden else "",
        )

    # Room

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self.show_board(self.monitor.board)
        self.call_after_refresh(self._say_state)

    def _arrange(self) -> None:
        """Share the height between table and lower half, the width between chart and pane."""
        width, height = self.size
        body = height - 2 - self.notice.display - self.filter.display
        wanted = max(len(self._rows), 2) + 1
        if self._zoomed:
            table = min(wanted, max(body // 3, 3))
        elif height >= TALL:
            table = min(wanted, max(body - 12, body // 2))
        else:
            table = min(wanted, body)
        lower = body - table >= (3 if self._zoomed else LEAST_LOWER)
        self.table.styles.height = table if lower else "1fr"
        wide = width >= WIDE
        self._lower_half.display = lower
        self.equity.display = lower and (wide or self._lower != "pane")
        self.pane.display = lower and (self._lower == "pane" or (wide and self._lower == "auto"))
        if self.focused is not None and not self.focused.display:
            self.table.focus()

    # Keys

    @on(LiveTable.Selected)
    def open_trader(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self.monitor.trader.choose(row.standing.account)
            self.monitor.push_screen("trader")

    def action_clear(self) -> None:
        """Undo one thing: the filter, then what was done to the lower half."""
        if self.filter.value:
            self.filter.close(kept=False)
        else:
            self._lower, self._zoomed, self._only = "auto", False, None
            self._again()

    def action_filter(self) -> None:
        self.filter.open()
        self._arrange()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._again()

    @on(FilterLine.Closed)
    def _filtered(self) -> None:
        self.table.focus()
        self._again()

    def action_sort_next(self) -> None:
        self.table.sort_next()

    def action_sort_reverse(self) -> None:
        self.table.sort_reverse()

    def action_next_range(self) -> None:
        self.equity.next_range()
        self.table.set_columns(columns.arena_columns(self.equity.range.column))
        self._again()

    def action_toggle_percent(self) -> None:
        self.equity.toggle_percent()
        self._again()

    def action_show_chart(self) -> None:
        if not self.equity.display:
            self._lower, self._zoomed = "auto", not self._lower_half.display
        elif self.size.width >= WIDE:
            self._lower = "auto" if self._lower == "chart" else "chart"
        else:
            self._zoomed = not self._zoomed
        self._again()

    def action_next_tab(self) -> None:
        if self.pane.display:
            self.pane.choose(self.pane.tab + 1)
        else:
            self._zoomed = self._zoomed or not self._lower_half.display
            self._lower = "auto" if self.size.width >= WIDE else "pane"
        self._again()

    @on(SidePane.Turned)
    def _turned(self) -> None:
        self._again()

    def action_next_pane(self) -> None:
        if self.pane.display and self.focused is self.table:
            self.pane.feed.focus()
        else:
            self.table.focus()

    def action_focus_table(self) -> None:
        self.table.focus()

    def action_focus_pane(self) -> None:
        if self.pane.display:
            self.pane.feed.focus()

    def action_hide_line(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self._only = None
            self._hidden ^= {row.standing.account}
            self._again()

    def action_only_line(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self._only = None if self._only == row.standing.account else row.standing.account
            self._again()

    def action_copy_row(self) -> None:
        if self.focused is self.pane.feed:
            entry = self.pane.feed.highlighted
            text = entry.text if entry else ""
        else:
            row = self.table.highlighted
            text = columns.copied(columns.arena_columns(self.equity.range.column), row) if row else ""
        if text:
            self.monitor.copy_row(text)

    def _again(self) -> None:
        """Paint the same board after a key changed how."""
        self._arrange()
        self.show_board(self.monitor.board)
