"""Columns of the coin × trader matrix and of the correlations between traders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from nof1tui.domain.metrics.crowding import CoinCrowding, Crowding
from nof1tui.domain.metrics.figure_value import FigureValue, percent
from nof1tui.domain.records import AccountKey
from nof1tui.tui.columns.trades import model_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import DisplayIdentity, TraderIdentities
from nof1tui.tui.table.layout import Column

_MIN_TRADER_WIDTH, _MAX_TRADER_WIDTH = 8, 12
"""Cells of a trader's column."""
_SPARK_WIDTH = 12


@dataclass(frozen=True, slots=True)
class CoinRow:
    crowd: CoinCrowding
    crowding: Crowding
    price: float | None
    spark: Callable[[int], str]
    dissenter: DisplayIdentity | None

    @property
    def coin(self) -> str:
        return fmt.sanitise_line(self.crowd.coin, 24)


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
    return (
        Column("coin", "Coin", 5, lambda r: Cell(fmt.coin(r.coin, 5), "bold"), justify="left",
               sort_key=lambda r: r.coin),
        Column("price", "Price", 9, lambda r: Cell(fmt.price(r.price)), sort_key=lambda r: r.price,
               drop_order=690),
        Column("spark", range_title, _SPARK_WIDTH, _spark, render_at_width=_spark, justify="left",
               drop_order=500, tooltip="The price over the range that the chart shows (t)"),
        Column("net", "Net", 7, lambda r: _share(r.crowd.net.value), sort_key=lambda r: r.crowd.net.value,
               tooltip="Σ signed notional of all traders over Σ equity"),
        Column("gross", "Gross", 6, lambda r: Cell(_percent(r.crowd.gross.value)),
               sort_key=lambda r: r.crowd.gross.value, drop_order=600, tooltip="Σ notional over Σ equity"),
        Column("sides", "L/S", 5, lambda r: Cell(f"{len(r.crowd.longs)}/{len(r.crowd.shorts)}"),
               sort_key=lambda r: len(r.crowd.longs) - len(r.crowd.shorts), drop_order=700,
               tooltip="Number of long and short traders"),
        Column("contrarian", "Contrarian", 12, _contrarian, justify="left", drop_order=650,
               tooltip="The only trader on that side against two or more"),
        *(_position_share(identities.identity_of(key), key, width, place, len(accounts))
          for place, key in enumerate(accounts)),
    )  # fmt: skip


def correlation_columns(
    identities: TraderIdentities, accounts: Sequence[AccountKey]
) -> tuple[Column[CorrelationRow], ...]:
    """The correlation of each trader with each other trader."""
    width = _widest(identities, accounts)
    return (
        Column("model", "Correlation", 14, lambda r: model_cell(r.identity), justify="left",
               sort_key=lambda r: r.identity.name, grows=True, max_width=22,
               render_at_width=lambda r, width: model_cell(r.identity, width)),
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
        holding = line.crowding.holding(line.crowd.coin, key)
        return None if holding is None else holding.share

    return Column(
        f"held:{key.slug}", fmt.sanitise_line(identity.short_name, width), width,
        lambda line: Cell("·", "muted") if share(line) is None else _share(share(line)),
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
        return Cell(text, "muted" if figure.weak or figure.value is None else "")

    return Column(
        f"corr:{key.slug}", fmt.sanitise_line(identity.short_name, width), width, cell,
        sort_key=lambda line: line.correlation_with(key).value, drop_order=of - place,
        tooltip=f"With {identity.name}",
    )  # fmt: skip


def _spark(line: CoinRow, width: int = _SPARK_WIDTH) -> Cell:
    return Cell(line.spark(width), "accent")


def _percent(fraction: float | None) -> str:
    return fmt.share(percent(fraction))


def _share(fraction: float | None) -> Cell:
    return Cell(fmt.pct(percent(fraction), 0), fmt.tone(fraction))


def _contrarian(line: CoinRow) -> Cell:
    if line.dissenter is None:
        return Cell("")
    side = "long" if line.crowd.contrarian in line.crowd.longs else "short"
    return Cell(
        f"{'▲' if side == 'long' else '▼'} {fmt.sanitise_line(line.dissenter.short_name, 10)}",
        line.dissenter.color,
    )
