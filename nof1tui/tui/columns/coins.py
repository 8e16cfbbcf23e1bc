"""Columns of the coin × trader matrix and of the correlations between traders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from nof1tui.domain.figures.views import CoinView
from nof1tui.domain.metrics.figure_value import FigureValue, percent
from nof1tui.domain.records import AccountKey
from nof1tui.tui.columns.looks import Look, coin_look, figure_columns, model_column, view_of
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import DisplayIdentity, TraderIdentities
from nof1tui.tui.table.layout import Column, as_read

_MIN_TRADER_WIDTH, _MAX_TRADER_WIDTH = 8, 12
"""Cells of a trader's column."""
_SPARK_WIDTH = 12


@dataclass(frozen=True, slots=True)
class CoinRow:
    """A coin with positions; `dissenter` is the only trader on its side against two or more."""

    view: CoinView
    spark: Callable[[int], str]
    dissenter: DisplayIdentity | None

    @property
    def coin(self) -> str:
        return fmt.sanitise_line(self.view.coin, 24)


_TRADERS_KEPT_LONGEST = 6
"""Columns of this number of traders are dropped after the summary columns."""


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    account: AccountKey
    identity: DisplayIdentity
    correlation_with: Callable[[AccountKey], FigureValue]


def coin_columns(
    identities: TraderIdentities, accounts: Sequence[AccountKey], range_title: str
) -> tuple[Column[CoinRow], ...]:
    """Signed notional as a share of each trader's equity; the last traders are dropped first."""
    width = _widest(identities, accounts)
    columns: tuple[Column[CoinRow], ...] = figure_columns("coin", _LOOKS, view_of)
    coin, price, *exposures, alone = columns
    return (
        coin,
        price,
        Column("spark", range_title, _SPARK_WIDTH, _spark, read_at_width=_spark, justify="left",
               drop_order=500, tooltip="The price over the range that the chart shows (t)"),
        *exposures,
        replace(alone, read=_contrarian, paint=as_read, sort_key=None),
        *(_position_share(identities.identity_of(key), key, width, place, len(accounts))
          for place, key in enumerate(accounts)),
    )  # fmt: skip


def _sides(view: CoinView) -> tuple[int, int]:
    """Number of long and of short accounts."""
    return (len(view.crowd.longs), len(view.crowd.shorts)) if view.crowd else (0, 0)


def _percent(fraction: float) -> str:
    return fmt.pct(percent(fraction), 0)


_LOOKS = {
    "coin": coin_look(5),
    "price": Look(9, 690),
    "exposure_net": Look(7, text=_percent),
    "exposure_gross": Look(6, 600, text=lambda fraction: fmt.share(percent(fraction))),
    "holders": Look(5, 700, read=_sides, paint=lambda sides: Cell(f"{sides[0]}/{sides[1]}"),
                    sort=lambda sides: sides[0] - sides[1], title="L/S"),
    "alone": Look(12, 650),
}  # fmt: skip


def correlation_columns(
    identities: TraderIdentities, accounts: Sequence[AccountKey]
) -> tuple[Column[CorrelationRow], ...]:
    """The correlation of each trader with each other trader."""
    width = _widest(identities, accounts)
    return (
        model_column(14, 22, "Correlation"),
        *(_correlated(identities.identity_of(key), key, width, place, len(accounts))
          for place, key in enumerate(accounts)),
    )  # fmt: skip


def _widest(identities: TraderIdentities, accounts: Sequence[AccountKey]) -> int:
    """Cells of every trader's column: the longest short name fits as its title."""
    longest = max(
        (cell_len(identities.identity_of(key).short_name) for key in accounts), default=_MIN_TRADER_WIDTH
    )
    return min(max(longest, _MIN_TRADER_WIDTH), _MAX_TRADER_WIDTH)


def _position_share(
    identity: DisplayIdentity, key: AccountKey, width: int, place: int, of: int
) -> Column[CoinRow]:
    def share(line: CoinRow) -> float | None:
        held = line.view.crowding.holding(line.view.coin, key) if line.view.crowding else None
        return None if held is None else held.share

    def paint(fraction: float | None) -> Cell:
        return Cell("·", "muted") if fraction is None else Cell(_percent(fraction), fmt.tone(fraction))

    return Column(
        f"held:{key.slug}", fmt.sanitise_line(identity.short_name, width), width, share, paint,
        sort_key=share, drop_order=of - place if place >= _TRADERS_KEPT_LONGEST else 1_000 - place,
        tooltip=f"{identity.name}: signed notional over equity",
    )  # fmt: skip


def _correlated(
    identity: DisplayIdentity, key: AccountKey, width: int, place: int, of: int
) -> Column[CorrelationRow]:
    def cell(line: CorrelationRow) -> Cell:
        if line.account == key:
            return Cell("·", "muted")
        figure = line.correlation_with(key)
        text = "n/a" if figure.value is None else f"{figure.value:+.2f}"
        return Cell(text, "muted" if figure.is_weak or figure.value is None else "")

    return Column(
        f"corr:{key.slug}", fmt.sanitise_line(identity.short_name, width), width, cell,
        sort_key=lambda line: line.correlation_with(key).value, drop_order=of - place,
        tooltip=f"With {identity.name}",
    )  # fmt: skip


def _spark(line: CoinRow, width: int = _SPARK_WIDTH) -> Cell:
    return Cell(line.spark(width), "accent")


def _contrarian(line: CoinRow) -> Cell:
    if line.dissenter is None:
        return Cell("")
    crowd = line.view.crowd
    is_long = crowd is not None and crowd.contrarian in crowd.longs
    return Cell(
        f"{'▲' if is_long else '▼'} {fmt.sanitise_line(line.dissenter.short_name, 10)}",
        line.dissenter.color,
    )
