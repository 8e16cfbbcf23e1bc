"""Freshness of each trader and of the whole: limits by the source's own cadence, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from statistics import median
from typing import Literal

from msgspec import Struct

from nof1tui.domain.estimate import Mark, merged_marks
from nof1tui.domain.returns.dietz import DUST_USD
from nof1tui.domain.returns.timescale import DAY_S

LIMIT_CAP_S = 600.0
"""Longest time without rows before a trader is stale; a source with rarer rows declares its own."""
MISSED = 3
"""Rows or polls that may be missed."""
SPACING_ROWS = 20
ACTIVE_WITHIN_S = 7 * DAY_S
FreshnessState = Literal["live", "stale", "empty", "down", "uncollected"]
Outage = Literal["down", "uncollected"]
"""No answer from upstream; no process collects. Either outranks any age."""


def row_spacing(row_times: Sequence[float]) -> float | None:
    """Median seconds between the last 20 rows; None of fewer than two."""
    recent = row_times[-SPACING_ROWS:]
    return median(after - before for before, after in pairwise(recent)) if len(recent) > 1 else None


def freshness_limit(spacing_s: float | None, cadence_s: float, cap_s: float = LIMIT_CAP_S) -> float:
    """Seconds after which a trader is stale: three rows or three polls, at most the cap."""
    return min(cap_s, max(MISSED * (spacing_s or 0.0), MISSED * cadence_s))


class TraderFreshness(Struct, frozen=True):
    """Age of one trader's newest row against its own limit."""

    trader: str
    age_s: float | None
    """None before the first row."""
    limit_s: float = LIMIT_CAP_S
    active: bool = True
    marks: tuple[Mark, ...] = ()

    @property
    def stale(self) -> bool:
        return self.age_s is None or self.age_s > self.limit_s


def is_active(equity_usd: float, age_s: float, dust_usd: float = DUST_USD) -> bool:
    """Whether a trader of the season shown counts: equity above dust, and a row within 7 days."""
    return equity_usd >= dust_usd and age_s <= ACTIVE_WITHIN_S


class ArenaFreshness(Struct, frozen=True):
    """State of all active traders together."""

    state: FreshnessState
    live: int
    active: int
    stale_traders: tuple[str, ...] = ()
    oldest_age_s: float | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def label(self) -> str:
        """`LIVE`, `5 of 6 live`, or the outage, with its mark."""
        words = {"down": "no answer", "uncollected": "not collected", "empty": "no rows yet", "live": "LIVE"}
        text = words.get(self.state, f"{self.live} of {self.active} live")
        return f"{text} !" if "clock" in self.marks else text


def arena_freshness(traders: Iterable[TraderFreshness], outage: Outage | None = None) -> ArenaFreshness:
    """Live only if every active trader is."""
    active = [trader for trader in traders if trader.active]
    stale = tuple(trader.trader for trader in active if trader.stale)
    ages = [inf if trader.age_s is None else trader.age_s for trader in active]
    oldest = max(ages, default=inf)
    state: FreshnessState = outage or ("empty" if not active else "stale" if stale else "live")
    return ArenaFreshness(
        state=state,
        live=len(active) - len(stale),
        active=len(active),
        stale_traders=stale,
        oldest_age_s=None if oldest == inf else oldest,
        marks=merged_marks(*(trader.marks for trader in active)),
    )
