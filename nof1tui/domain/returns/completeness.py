"""Whether the list of closed trades that a source answers is complete."""

from __future__ import annotations

from collections.abc import Collection
from math import fsum

from msgspec import Struct

MISSING_USD = 1.0
MISSING_SHARE = 0.005
"""A difference to realised P&L above this share of it, and above `MISSING_USD`, shows missing trades."""
FULL_PAGES = (100, 2_000, 10_000)
"""Row counts at which sources cut their lists: trades, fills a page, fills kept at all."""


class TradeCompleteness(Struct, frozen=True):
    """Whether all closed trades are listed, and why not."""

    complete: bool = True
    reasons: tuple[str, ...] = ()
    rows: int = 0
    missing_usd: float | None = None
    """Realised P&L that the listed trades do not show; None where it cannot be compared."""

    @property
    def label(self) -> str | None:
        """Suffix for sums and ratios of these trades; None where the list is complete."""
        return None if self.complete else f"of the last {self.rows}"


def trade_completeness(
    rows: int,
    net_usd: float,
    *,
    realized_usd: float | None = None,
    open_closed_usd: float = 0.0,
    upstream_count: int | None = None,
    first_read: bool = True,
    full_pages: Collection[int] = FULL_PAGES,
) -> TradeCompleteness:
    """Completeness of a list of `rows` trades with a sum of net results.

    `open_closed_usd` is what open positions have realised so far. A full page counts as cut on the first
    read only: later reads continue a list that is known.
    """
    reasons, missing = [], None
    if first_read and rows in full_pages:
        reasons.append(f"exactly {rows} rows")
    if realized_usd is not None:
        missing = fsum((realized_usd, -net_usd, -open_closed_usd))
        if abs(missing) > missing_tolerance(realized_usd):
            reasons.append(f"sum of net differs from realised by {missing:.2f}")
    if upstream_count is not None and upstream_count > rows:
        reasons.append(f"upstream counts {upstream_count}")
    return TradeCompleteness(not reasons, tuple(reasons), rows, missing)


def missing_tolerance(realized_usd: float) -> float:
    """USD by which trades and realised P&L may differ: 0.5 %, at least 1."""
    return max(MISSING_USD, MISSING_SHARE * abs(realized_usd))
