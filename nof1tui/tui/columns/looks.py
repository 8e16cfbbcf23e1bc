"""Columns of figures: the catalogue says what they show, a table adds width, drop order and painting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.figure import Figure, SubjectKind
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike, cell_text
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.units import Painter, is_left_aligned, painter, unit_width, value_of
from nof1tui.tui.table.layout import Column, RowT


@dataclass(frozen=True, slots=True)
class Look:
    """How one table shows a figure. `width` 0 is that of the unit; `drop_order` is that of Column."""

    width: int = 0
    drop_order: float = 0
    text: Callable[[Any], str] | None = None
    """Text of a value, in place of the unit's."""
    style: str = ""
    toned: bool | None = None
    """Whether a value is coloured by its sign; None: as the figure is declared."""
    paint: Painter | None = None
    """Paints a reading, in place of `text`, `style` and `toned`."""
    read: Callable[[Any], Any] | None = None
    """What the cell is painted from, read of a view; in place of the figure's own reading."""
    sort: Callable[[Any], Any] = value_of
    """The value to sort by, of a reading."""
    title: str = ""
    left: bool = False
    grows: bool = False


_NEW_FIGURE = Look(drop_order=0.5)
"""A figure without a look of its own: the first to be dropped."""


def figure_columns(
    subject: SubjectKind,
    looks: Mapping[str, Look],
    view: Callable[[RowT], Any],
    *,
    rest: Callable[[Figure[Any]], bool] = lambda figure: False,
) -> tuple[Column[RowT], ...]:
    """A column for each figure that has a look, in that order, then for the others that `rest` accepts."""
    declared = catalogue.default_catalogue()
    others = [figure.key for figure in declared.of(subject) if figure.key not in looks and rest(figure)]
    shown = {**looks, **dict.fromkeys(others, _NEW_FIGURE)}
    return tuple(_column(declared.get(subject, key), look, view) for key, look in shown.items())


def _column(figure: Figure[Any], look: Look, view: Callable[[RowT], Any]) -> Column[RowT]:
    read_view: Callable[[Any], Any] = look.read or figure.read
    return Column(
        figure.key,
        look.title or figure.title,
        look.width or unit_width(figure),
        lambda row: read_view(view(row)),
        look.paint or painter(figure, look.text, style=look.style, toned=look.toned),
        figure,
        justify="left" if look.left or is_left_aligned(figure) else "right",
        sort_key=lambda row: look.sort(read_view(view(row))),
        drop_order=look.drop_order,
        grows=look.grows,
        tooltip=figure.description,
    )


def own_view(view: Any) -> Any:
    """The view of a row that is a view itself."""
    return view


def view_of(row: Any) -> Any:
    """The view that a row holds."""
    return row.view


def model_cell(identity: DisplayIdentity, width: int = 99) -> CellLike:
    """The trader's colour and name, or its short name where the name is too wide."""
    return Cell("▌", identity.color), Cell(identity.name_for_width(width - 1))


def model_column(width: int = 16, max_width: int = 28, title: str = "Model") -> Column[Any]:
    """The trader of rows that have an `identity`."""
    return Column(
        "name", title, width, lambda row: model_cell(row.identity), justify="left",
        sort_key=lambda row: row.identity.name, grows=True, max_width=max_width,
        read_at_width=lambda row, width: model_cell(row.identity, width),
    )  # fmt: skip


def side_cell(side: str | None) -> Cell:
    """`LONG` or `SHORT`, coloured."""
    return Cell((side or fmt.UNKNOWN).upper(), {"long": "gain", "short": "loss"}.get(side or "", "muted"))


def coin_look(width: int) -> Look:
    """The coin, without its market where that is too wide."""
    return Look(width, text=partial(fmt.coin, width=width), style="bold")


def tab_separated_row(columns: Sequence[Column[RowT]], row: RowT) -> str:
    """A row for the clipboard: every column, separated by tabs, as spreadsheets read them."""
    return "\t".join(cell_text(column.render(row)).strip() for column in columns)
