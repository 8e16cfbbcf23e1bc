"""Columns of the positions of all traders; rows are positions, and totals of one trader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import fsum

from nof1tui.domain.records import AccountKey, AccountRow, Position
from nof1tui.tui.columns.trader import NO_PLAN, PositionRow, position_columns, side_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.table.layout import Column


@dataclass(frozen=True, slots=True)
class PositionTotals:
    """Totals of positions in USD. Shorts are negative in `net_usd` only."""

    positions: int = 0
    long_usd: float = 0.0
    short_usd: float = 0.0
    unrealized_usd: float | None = None
    leverage: float | None = None
    """The highest."""
    unpriced: int = 0
    """Number of positions without a price; the totals leave them out."""

    @classmethod
    def of(cls, positions: Sequence[Position]) -> PositionTotals:
        sized = [(position.side, position.notional_usd) for position in positions]
        gains = [p.unrealized_usd for p in positions if p.unrealized_usd is not None]
        return cls(
            len(positions),
            fsum(size for side, size in sized if side == "long" and size is not None),
            fsum(size for side, size in sized if side == "short" and size is not None),
            fsum(gains) if gains else None,
            max((p.leverage for p in positions if p.leverage is not None), default=None),
            sum(size is None for _, size in sized),
        )

    @property
    def net_usd(self) -> float:
        return self.long_usd - self.short_usd

    @property
    def gross_usd(self) -> float:
        return self.long_usd + self.short_usd


@dataclass(frozen=True, slots=True)
class PositionTableRow:
    """A position or, where `position` is None, a trader's totals."""

    identity: DisplayIdentity
    account_row: AccountRow
    position: Position | None
    totals: PositionTotals | None = None
    """Set on a row of totals."""
    is_indented: bool = False
    """Whether the row is below its trader's totals, which show the name."""

    @property
    def account(self) -> AccountKey:
        return self.account_row.account

    @property
    def key(self) -> str:
        coin = f" {self.position.coin}" if self.position else ""
        return f"{self.account.season}/{self.account.slug}{coin}"

    @property
    def position_row(self) -> PositionRow | None:
        return PositionRow(self.account_row, self.position) if self.position else None

    @property
    def filter_text(self) -> str:
        """The text that the filter searches."""
        if self.position is None:
            return self.identity.name
        plan = "" if self.position.exit_plan else NO_PLAN
        slug = fmt.sanitise_line(self.account.slug)
        return (
            f"{self.identity.name} {slug} {fmt.sanitise_line(self.position.coin)} {self.position.side} {plan}"
        )


def _model(line: PositionTableRow, width: int = 99) -> CellLike:
    if line.is_indented:
        return Cell(" ▏", line.identity.color)
    return Cell("▌", line.identity.color), Cell(
        line.identity.name_for_width(width - 1),
        "muted" if line.identity.is_benchmark else "bold" if line.totals else "",
    )


def muted_cell(cell: CellLike) -> CellLike:
    """The same cell in the muted tone."""
    pieces = (cell,) if isinstance(cell, Cell) else cell
    return tuple(Cell(piece.text, "muted") for piece in pieces)


def _net_side(totals: PositionTotals) -> Cell:
    """The side of the trader's net exposure."""
    return side_cell("long" if totals.net_usd > 0 else "short") if totals.gross_usd else Cell("")


_SUMS: dict[str, tuple[Callable[[PositionTotals], Cell], Callable[[PositionTotals], float | None]]] = {
    "coin": (lambda b: Cell(f"×{b.positions}", "muted"), lambda b: b.positions),
    "side": (_net_side, lambda b: b.net_usd),
    "leverage": (lambda b: Cell(fmt.leverage(b.leverage), "muted"), lambda b: b.leverage),
    "notional": (lambda b: Cell(fmt.compact_usd(b.gross_usd), "bold"), lambda b: b.gross_usd),
    "unrealized": (
        lambda b: Cell(fmt.gain_usd(b.unrealized_usd), f"{fmt.tone(b.unrealized_usd)} bold"),
        lambda b: b.unrealized_usd,
    ),
}
"""Cell and sort value of a row of totals, by column key."""


def _with_totals(column: Column[PositionRow]) -> Column[PositionTableRow]:
    """A column of positions that also renders rows of totals."""
    show, value = _SUMS.get(column.key, (lambda totals: Cell(""), lambda totals: None))

    def render(line: PositionTableRow) -> CellLike:
        position = line.position_row
        if position is not None:
            cell = column.render(position)
        else:
            cell = show(line.totals) if line.totals else Cell("")
        return muted_cell(cell) if line.identity.is_benchmark else cell

    def sort(line: PositionTableRow) -> object:
        if line.position_row is not None:
            return column.sort_key(line.position_row) if column.sort_key else None
        return value(line.totals) if line.totals else None

    return Column(
        column.key,
        column.title,
        column.width,
        render,
        justify=column.justify,
        sort_key=sort if column.sort_key else None,
        drop_order=column.drop_order,
        tooltip=column.tooltip,
    )


def position_table_columns(*, ascii: bool) -> tuple[Column[PositionTableRow], ...]:  # noqa: A002
    """The model column and the trader screen's columns of positions."""
    model: Column[PositionTableRow] = Column(
        "model", "Model", 16, _model, justify="left", sort_key=lambda line: line.identity.name, grows=True,
        max_width=28, render_at_width=_model,
    )  # fmt: skip
    return model, *(_with_totals(column) for column in position_columns(ascii=ascii))


def group_by_trader(lines: Sequence[PositionTableRow]) -> list[PositionTableRow]:
    """The rows of positions, each trader's below a row of its totals."""
    by_account: dict[AccountKey, list[PositionTableRow]] = {}
    for line in lines:
        by_account.setdefault(line.account, []).append(line)
    arranged = list[PositionTableRow]()
    for members in by_account.values():
        totals = PositionTotals.of([line.position for line in members if line.position])
        arranged.append(replace(members[0], position=None, totals=totals))
        arranged += [replace(line, is_indented=True) for line in members]
    return arranged
