"""A table that is fed whole rows again and again, and paints only the lines whose cells changed.

Lines are made for visible rows alone, one strip a row, kept until its cells are others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nof1tui.tui.cells import Cell, CellLike, Palette
from nof1tui.tui.widgets.lines import cropped, paints_itself
from nof1tui.tui.widgets.table_order import Order
from nof1tui.tui.widgets.table_strips import Column, Layout, R, fit_columns, row_strip

__all__ = ["Column", "LiveTable"]

_HEADER, _ROW, _WORDS = "header", "row", "words"


@dataclass(frozen=True, slots=True)
class _Tones:
    """What a theme makes of the table's parts."""

    palette: Palette
    ground: Style
    header: Style
    highlight: Style


@dataclass(slots=True)
class _Line:
    """A line as it was last made, and for which feeding of rows its cells were last looked at."""

    cells: tuple[CellLike, ...]
    ground: Style
    strip: Strip
    fed: int


class LiveTable(ScrollView, Generic[R], can_focus=True):
    """Rows by key, a highlight that follows its row, a header that stays."""

    DEFAULT_CSS = """
    LiveTable {
        background: $background; color: $foreground;
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        & > .live-table--header { color: $foreground 60%; }
        & > .live-table--highlight { background: $foreground 8%; }
        &:focus > .live-table--highlight { background: $accent 25%; }
        &:ansi {
            & > .live-table--header { color: $foreground; text-style: underline; }
            & > .live-table--highlight { background: $background; text-style: bold; }
            &:focus > .live-table--highlight { background: $background; text-style: reverse; }
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--header", "live-table--highlight"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, tooltip="One row up"),
        Binding("down,j", "move(1)", "down", show=False, tooltip="One row down"),
        Binding("home,g", "first", "first", show=False, tooltip="The first row"),
        Binding("end,G", "last", "last", show=False, tooltip="The last row"),
        Binding("ctrl+u", "page(-0.5)", "half page up", show=False, tooltip="Half a page up"),
        Binding("ctrl+d", "page(0.5)", "half page down", show=False, tooltip="Half a page down"),
        Binding("pageup", "page(-1)", "page up", show=False, tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", show=False, tooltip="A page down"),
        Binding("enter", "select", "open", show=True, tooltip="Open the highlighted row"),
    ]
    ALLOW_SELECT = False

    class Highlighted(Message):
        """The highlight went to another row."""

        def __init__(self, table: LiveTable[Any], row: Any) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    class Selected(Highlighted):
        """The highlighted row was chosen, by enter or by a click on it."""

    class Sorted(Message):
        """The rows are in another order."""

        def __init__(self, table: LiveTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        key: Callable[[R], Hashable],
        empty: str = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._key = key
        self._empty = empty
        self._order: Order[R] = Order(tuple(columns))
        self._given: Sequence[R] = ()
        self._shown: list[R] = []
        self._place = -1
        self._highlighted_key: Hashable = None
        self._pointed: str | None = None
        """Key of the column chosen by the keys; None while none is."""
        self._layout_of: Layout[R] | None = None
        self._fitted_to = (0, 0)
        """Cells the columns may take, and the whole width, which may have a scrollbar at its end."""
        self._tones: _Tones | None = None
        self._fed = 0
        self._lines: dict[Hashable, _Line] = {}
        self._painted: list[Strip] = []

    # What is shown

    @property
    def shown(self) -> Sequence[R]:
        """The rows in the order they are shown."""
        return self._shown

    @property
    def columns(self) -> Sequence[Column[R]]:
        """All columns, also those that have left for want of room."""
        return self._order.columns

    @property
    def highlighted(self) -> R | None:
        return self._shown[self._place] if self._place >= 0 else None

    @property
    def place(self) -> int:
        """Where the highlight is, from 0; -1 without rows."""
        return self._place

    @property
    def highlighted_key(self) -> Hashable:
        """The key of the highlighted row; None without rows."""
        return self._highlighted_key

    @property
    def sorted_by(self) -> tuple[str | None, bool]:
        """The key of the column sorted by (None: as given), and whether the highest comes first."""
        return self._order.key, self._order.reverse

    @property
    def hidden_columns(self) -> int:
        """How many columns have left for want of room."""
        return self._layout.hidden

    @property
    def pointed(self) -> Column[R] | None:
        """The column that a cell is copied of: the one chosen, else the one sorted by, else the first."""
        columns = {column.key: column for column in self._layout.columns}
        first = next(iter(columns.values()), None)
        return columns.get(self._pointed or "") or columns.get(self._order.key or "") or first

    @property
    def points(self) -> bool:
        """Whether a column was chosen."""
        return self._pointed is not None

    def point(self, steps: int) -> None:
        """Choose the column so many further on; the first time, show which one it is. 0: none."""
        keys = [column.key for column in self._layout.columns]
        pointed = self.pointed
        if steps == 0 or pointed is None:
            self._pointed = None
        elif self._pointed not in keys:
            self._pointed = pointed.key
        else:
            self._pointed = keys[min(max(keys.index(pointed.key) + steps, 0), len(keys) - 1)]
        self._fed += 1
        self._repaint()

    def say_empty(self, words: str) -> None:
        """What stands where there is no row."""
        if words != self._empty:
            self._empty = words
            self._repaint()

    def give_up(self, key: str) -> None:
        """Leave this key to the screen, which has another use for it."""
        self._bindings.key_to_bindings.pop(key, None)

    def group_by(self, group: Callable[[R], Hashable] | None) -> None:
        """Keep the rows of a group together, below the first of them, which is their head."""
        self._order = replace(self._order, group=group)
        self._arrange()

    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows in place of the last ones."""
        self._given = rows
        self._fed += 1
        self._arrange()

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Show other columns; the sorted column stays if it is among them."""
        self._order = self._order.over(tuple(columns))
        self._forget_lines()
        self._arrange()

    def highlight(self, key: Hashable) -> None:
        """Move the highlight to the row with this key and bring it into view; unknown keys do nothing."""
        for place, row in enumerate(self._shown):
            if self._key(row) == key:
                self._go_to(place)
                return

    # Order

    def sort_by(self, key: str | None, reverse: bool = False) -> None:
        """Sort by a column; None: in the order given."""
        self._reorder(self._order.by(key, reverse))

    def sort_next(self) -> None:
        """Sort by the next column shown that can be sorted by; after the last, as given."""
        self._reorder(self._order.next(self._layout.columns, self._given))

    def sort_reverse(self) -> None:
        self._reorder(self._order.by(self._order.key, not self._order.reverse))

    def _reorder(self, order: Order[R]) -> None:
        self._order = order
        self._arrange()
        self.post_message(self.Sorted(self))

    def _arrange(self) -> None:
        """Order the rows and let the highlight find its own again, or the nearest."""
        self._shown = self._order.arranged(self._given)
        self._find_highlight()
        if self.virtual_size.height != len(self._shown) + 1:
            self.virtual_size = Size(0, len(self._shown) + 1)
        self._repaint()

    def _find_highlight(self) -> None:
        key = self._key
        if self._place >= 0:
            wanted = self._highlighted_key
            if self._place < len(self._shown) and key(self._shown[self._place]) == wanted:
                return
            for place, row in enumerate(self._shown):
                if key(row) == wanted:
                    self._place = place
                    return
        self._set_place(min(max(self._place, 0), len(self._shown) - 1))

    def _set_place(self, place: int) -> None:
        self._place = place
        key = self._key(self._shown[place]) if place >= 0 else None
        if key != self._highlighted_key:
            self._highlighted_key = key
            self.post_message(self.Highlighted(self, self.highlighted))

    # Lines

    @property
    def _layout(self) -> Layout[R]:
        room, width = self.scrollable_content_region.width, self.size.width
        if self._layout_of is None or self._fitted_to != (room, width):
            self._fitted_to = (room, width)
            self._layout_of = replace(fit_columns(self._order.columns, room), width=width)
            self._lines.clear()
        return self._layout_of

    def _forget_lines(self) -> None:
        self._layout_of = None
        self._lines.clear()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._tones = None
        self._lines.clear()

    def _toned(self) -> _Tones:
        if self._tones is None:
            self._tones = _Tones(
                Palette.of(self.app.theme_variables),
                self.rich_style,
                self.get_component_rich_style("live-table--header"),
                self.get_component_rich_style("live-table--highlight"),
            )
        return self._tones

    def _repaint(self) -> None:
        """Refresh the lines that are no longer what was painted."""
        if not self.is_attached or not self.is_on_screen:
            self._painted = []
            return
        height, width = self.size.height, self.size.width
        if len(self._painted) != height:
            self.refresh()
            return
        fresh = self._visible(0, height)
        dirty = [
            Region(0, y, width, 1)
            for y, (new, old) in enumerate(zip(fresh, self._painted, strict=True))
            if new is not old
        ]
        if dirty:
            self.refresh(*dirty)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, past the styles' cache: a line is its row's strip as it stands."""
        if not paints_itself(self, crop):
            return super().render_lines(crop)
        height = self.size.height
        if len(self._painted) != height:
            self._painted = self._visible(0, height)
        else:
            self._painted[crop.y : crop.bottom] = self._visible(crop.y, crop.bottom)
        return cropped(self, self._painted[crop.y : crop.bottom], crop)

    def render_line(self, y: int) -> Strip:
        return self._visible(y, y + 1)[0]

    def _visible(self, start: int, end: int) -> list[Strip]:
        """The strips of the widget's lines from `start` up to `end`."""
        scrolled = min(self.scroll_offset.y, max(0, len(self._shown) + 1 - self.size.height))
        tones, layout = self._toned(), self._layout
        strips = [
            self._header(layout, tones) if y == 0 else self._row_line(y - 1 + scrolled, layout, tones)
            for y in range(start, end)
        ]
        if len(self._lines) > 4 * self.size.height + 64:
            for key in list(self._lines)[: -2 * self.size.height]:
                del self._lines[key]
        return strips

    def _header(self, layout: Layout[R], tones: _Tones) -> Strip:
        titles = self._pointing([self._order.title(column) for column in layout.columns], layout, "underline")
        return self._line((_HEADER,), titles, layout, tones.header, tones.palette)

    def _row_line(self, place: int, layout: Layout[R], tones: _Tones) -> Strip:
        if place < len(self._shown):
            row = self._shown[place]
            name = (_ROW, self._key(row))
            ground = tones.highlight if place == self._place else tones.ground
            kept = self._lines.get(name)
            if kept is not None and kept.fed == self._fed and kept.ground is ground:
                return kept.strip
            cells = tuple(column.render(row) for column in layout.columns)
            if place == self._place:
                cells = self._pointing(cells, layout, "reverse")
            return self._line(name, cells, layout, ground, tones.palette)
        words = Cell(f" {self._empty}" if place == 0 else "", "muted")
        alone = Layout((_message_column(layout.width),), 0, layout.width)
        return self._line((_WORDS, words.text), (words,), alone, tones.ground, tones.palette)

    def _pointing(self, cells: Sequence[CellLike], layout: Layout[R], tone: str) -> tuple[CellLike, ...]:
        """The cells, that of the chosen column in this tone as well."""
        return tuple(
            cell if column.key != self._pointed else _toned_cell(cell, tone)
            for column, cell in zip(layout.columns, cells, strict=True)
        )

    def _line(
        self,
        name: tuple[Hashable, ...],
        cells: tuple[CellLike, ...],
        layout: Layout[Any],
        ground: Style,
        palette: Palette,
    ) -> Strip:
        """The strip of this line; the one it had, as long as its cells and its ground are the same."""
        kept = self._lines.get(name)
        if kept is not None and kept.ground is ground and kept.cells == cells:
            kept.fed = self._fed
            return kept.strip
        strip = row_strip(cells, layout, palette, ground)
        self._lines.pop(name, None)
        self._lines[name] = _Line(cells, ground, strip, self._fed)
        return strip

    # Keys and mouse

    @property
    def _page(self) -> int:
        return max(self.size.height - 1, 1)

    def _go_to(self, place: int) -> None:
        """Highlight the row at this place, or the nearest there is, and bring it into view."""
        if not self._shown:
            return
        self._set_place(min(max(place, 0), len(self._shown) - 1))
        top = self.scroll_offset.y
        if self._place < top:
            self.scroll_to(y=self._place, animate=False)
        elif self._place >= top + self._page:
            self.scroll_to(y=self._place - self._page + 1, animate=False)
        self._repaint()

    def action_move(self, rows: int) -> None:
        self._go_to(self._place + rows)

    def action_page(self, pages: float) -> None:
        step = max(1, round(abs(pages) * self._page))
        self._go_to(self._place + (step if pages > 0 else -step))

    def action_first(self) -> None:
        self._go_to(0)

    def action_last(self) -> None:
        self._go_to(len(self._shown) - 1)

    def action_select(self) -> None:
        if self._place >= 0:
            self.post_message(self.Selected(self, self.highlighted))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            column = self._layout.column_at(offset.x)
            if column is not None and column.sort is not None:
                self._reorder(self._order.clicked(column, self._given))
            return
        place = offset.y - 1 + self.scroll_offset.y
        if place == self._place:
            self.action_select()
        elif place < len(self._shown):
            self._go_to(place)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        offset = event.get_content_offset(self)
        column = self._layout.column_at(offset.x) if offset is not None and offset.y == 0 else None
        words = column.tooltip if column is not None else ""
        if words != (self.tooltip or ""):
            self.tooltip = Content(words) if words else None


def _toned_cell(cell: CellLike, tone: str) -> CellLike:
    pieces = (cell,) if isinstance(cell, Cell) else cell
    return tuple(Cell(piece.text, f"{piece.style} {tone}") for piece in pieces)


def _message_column(width: int) -> Column[Any]:
    return Column("", "", width, lambda words: words, justify="left")
