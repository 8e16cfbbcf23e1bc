"""P&L by coin and side that sums to the change of equity less flows, with an unexplained rest."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum

from msgspec import Struct

from nof1tui.domain.estimate import Mark
from nof1tui.domain.records import Side
from nof1tui.domain.returns.dietz import attribution_tolerance


class PnlEntry(Struct, frozen=True):
    """One contribution to the P&L of a coin and side: a fill, a payment, a change of unrealised P&L."""

    coin: str
    side: Side
    closed_usd: float = 0.0
    """Price result of what was closed, before fees and funding."""
    fees_usd: float = 0.0
    """A cost is positive."""
    funding_usd: float = 0.0
    """Received is positive."""
    unrealized_change_usd: float = 0.0
    """At the end of the window less at its begin."""

    @property
    def total_usd(self) -> float:
        return fsum((self.closed_usd, -self.fees_usd, self.funding_usd, self.unrealized_change_usd))


class PnlAttribution(Struct, frozen=True):
    """Rows by coin and side, and what no row explains."""

    rows: tuple[PnlEntry, ...]
    """One per coin and side, by coin, long before short."""
    unexplained_usd: float
    equity_change_usd: float
    """Less flows: the sum of all rows and the unexplained rest."""
    marks: tuple[Mark, ...] = ()

    @property
    def explained_usd(self) -> float:
        return fsum(row.total_usd for row in self.rows)


def attribute_pnl(
    entries: Iterable[PnlEntry], begin_usd: float, end_usd: float, flows_usd: float = 0.0
) -> PnlAttribution:
    """The entries summed by coin and side; the rest is marked above 0.05 % of equity, at least 1 USD."""
    groups: dict[tuple[str, Side], list[PnlEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.coin, entry.side), []).append(entry)
    rows = tuple(_summed(coin, side, groups[coin, side]) for coin, side in sorted(groups))
    change = fsum((end_usd, -begin_usd, -flows_usd))
    rest = fsum((end_usd, -begin_usd, -flows_usd, *(-row.total_usd for row in rows)))
    unexplained = abs(rest) > attribution_tolerance(end_usd)
    return PnlAttribution(rows, rest, change, ("unexplained",) if unexplained else ())


def _summed(coin: str, side: Side, entries: list[PnlEntry]) -> PnlEntry:
    return PnlEntry(
        coin,
        side,
        fsum(entry.closed_usd for entry in entries),
        fsum(entry.fees_usd for entry in entries),
        fsum(entry.funding_usd for entry in entries),
        fsum(entry.unrealized_change_usd for entry in entries),
    )


def fill_entries(
    coin: str, start: float, change: float, closed_usd: float, fee_usd: float
) -> tuple[PnlEntry, ...]:
    """Entries of one fill, given the signed position before it and its signed size.

    A fill through zero is split: the closing side gets what it realised and its part of the fee by size,
    the opening side the rest of the fee.
    """
    after = start + change
    if start * after >= 0:
        held = start if start else after
        return (PnlEntry(coin, _side(held), closed_usd, fee_usd),)
    closing = fee_usd * abs(start / change)
    return (
        PnlEntry(coin, _side(start), closed_usd, closing),
        PnlEntry(coin, _side(after), 0.0, fee_usd - closing),
    )


def _side(quantity: float) -> Side:
    return "long" if quantity >= 0 else "short"
