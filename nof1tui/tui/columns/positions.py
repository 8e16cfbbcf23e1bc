"""Columns of the positions of all traders; rows are positions, and totals of one trader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

from nof1tui.domain.figures.views import PositionView
from nof1tui.domain.records import AccountKey, Position
from nof1tui.tui.columns.looks import model_column, side_cell
from nof1tui.tui.columns.trader import NO_PLAN, position_columns
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
    """A position or, where `view` is None, a trader's totals."""

    identity: DisplayIdentity
    account: AccountKey
    view: PositionView | None
    totals: PositionTotals | None = None
    """Set on a row of totals."""
    is_indented: bool = False
    """Whether the row is below its trader's totals, which show the name."""

    @property
    def key(self) -> str:
        coin = f" {self.view.position.coin}" if self.view else ""
        return f"{self.account.season}/{self.account.slug}{coin}"

    @property
    def filter_text(self) -> str:
        """The text that the filter searches."""
        if self.view is None:
            return self.identity.name
        position = self.view.position
        plan = "" if position.exit_plan else NO_PLAN
        slug = fmt.sanitise_line(self.account.slug)
        return f"{self.identity.name} {slug} {fmt.sanitise_line(position.coin)} {position.side} {plan}"


def _model(line: PositionTableRow, width: int = 99) -> CellLike:
    if line.is_indented:
        return Cell(" ▏", line.identity.color)
    return Cell("▌", line.identity.color), Cell(
        line.identity.name_for_width(width - 1),
        "muted" if line.identity.is_benchmark else "bold" if line.totals else "",
    )


def _net_side(totals: PositionTotals) -> Cell:
    """The side of the trader's net exposure."""
    return side_cell("long" if totals.net_usd > 0 else "short") if totals.gross_usd else Cell("")


_SUMS: dict[str, tuple[Callable[[PositionTotals], Cell], Callable[[PositionTotals], float | None]]] = {
    "coin": (lambda b: Cell(f"×{b.positions}", "muted"), lambda b: b.positions),
    "side": (_net_side, lambda b: b.net_usd),
    "leverage": (lambda b: Cell(fmt.leverage(b.leverage), "muted"), lambda b: b.leverage),
    "notional_usd": (lambda b: Cell(fmt.compact_usd(b.gross_usd), "bold"), lambda b: b.gross_usd),
    "unrealized_usd": (
        lambda b: Cell(fmt.gain_usd(b.unrealized_usd), f"{fmt.tone(b.unrealized_usd)} bold"),
        lambda b: b.unrealized_usd,
    ),
}
"""Cell and sort value of a row of totals, by column key."""


def _with_totals(column: Column[Any]) -> Column[PositionTableRow]:
    """A column of positions that also paints rows of totals."""
    show, value = _SUMS.get(column.key, (lambda totals: Cell(""), lambda totals: None))
    read, paint, sort = column.read, column.paint, column.sort_key

    def sorted_by(line: PositionTableRow) -> object:
        if line.view is None:
            return value(line.totals) if line.totals else None
        return sort(line.view) if sort else None

    return replace(
        column,
        read=lambda line: line.totals if line.view is None else read(line.view),
        paint=lambda reading: show(reading) if isinstance(reading, PositionTotals) else paint(reading),
        sort_key=sorted_by,
    )


def position_table_columns(*, ascii: bool) -> tuple[Column[PositionTableRow], ...]:  # noqa: A002
    """The model column and the trader screen's columns of positions."""
    model = replace(model_column(), read=_model, read_at_width=_model)
    return model, *(_with_totals(column) for column in position_columns(ascii=ascii))


def group_by_trader(lines: Sequence[PositionTableRow]) -> list[PositionTableRow]:
    """The rows of positions, each trader's below a row of its totals."""
    by_account: dict[AccountKey, list[PositionTableRow]] = {}
    for line in lines:
        by_account.setdefault(line.account, []).append(line)
    arranged = list[PositionTableRow]()
    for members in by_account.values():
        totals = PositionTotals.of([line.view.position for line in members if line.view])
        arranged.append(replace(members[0], view=None, totals=totals))
        arranged += [replace(line, is_indented=True) for line in members]
    return arranged
