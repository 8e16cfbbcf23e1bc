"""Freshness of each trader and of the whole: limits by the source's own cadence, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from statistics import median
from typing import Literal

from msgspec import Struct

from nof1tui.domain.estimate import Mark, merged_marks
from nof1tui.domain.returns.clock_offset import ClockOffset, row_age
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
    """Seconds after which a trader is stale: three rows or three polls, at most the cap.

    It is the cap while neither spacing nor cadence is known.
    """
    return min(cap_s, MISSED * max(spacing_s or 0.0, cadence_s)) if spacing_s or cadence_s else cap_s


class RowPace(Struct, frozen=True, gc=False):
    """Times of an account's last rows, and when the newest arrived. Extended as rows arrive."""

    times: tuple[float, ...] = ()
    """At most `SPACING_ROWS`, oldest first, each once."""
    first_seen: float = 0.0
    """When the newest row was received first, on the wall clock of the collector."""
    spacing_s: float | None = None
    """Median of the spacing of these rows; None of fewer than two."""

    def extended(self, times: Iterable[float], received: float) -> RowPace:
        """With rows of these times, in any order, received at a moment; itself where none is new."""
        recent = tuple(sorted({*self.times, *times})[-SPACING_ROWS:])
        if recent == self.times:
            return self
        newer = not self.times or recent[-1] > self.times[-1]
        return RowPace(recent, received if newer else self.first_seen, row_spacing(recent))


class TraderFreshness(Struct, frozen=True, gc=False):
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


class Cadence(Struct, frozen=True):
    """How often account rows can come: the poll interval, and the source's longest time without a row."""

    poll_s: float = 0.0
    cap_s: float = LIMIT_CAP_S


def trader_freshness(
    trader: str, pace: RowPace, equity_usd: float, now: float, offset: ClockOffset, cadence: Cadence
) -> TraderFreshness:
    """Freshness of an account with at least one row, at a moment of our wall clock."""
    age = row_age(pace.times[-1], pace.first_seen, now, offset)
    limit_s = freshness_limit(pace.spacing_s, cadence.poll_s, cadence.cap_s)
    return TraderFreshness(trader, age.seconds, limit_s, is_active(equity_usd, age.seconds or 0.0), age.marks)


def stale_names(traders: Iterable[TraderFreshness]) -> str:
    """Stale traders, each with the age of its newest row: `no new rows of gpt-5 for 12m (limit 7m)`."""
    named = [f"{its.trader} for {_minutes(its.age_s)} (limit {_minutes(its.limit_s)})" for its in traders]
    return f"no new rows of {', '.join(named)}" if named else ""


def _minutes(seconds: float | None) -> str:
    """`45s`, `12m`, `5h`; `ever` for None."""
    if seconds is None:
        return "ever"
    if seconds < 100:
        return f"{seconds:.0f}s"
    return f"{seconds / 60:.0f}m" if seconds < 6_000 else f"{seconds / 3_600:.0f}h"


class ArenaFreshness(Struct, frozen=True):
    """State of all active traders together."""

    state: FreshnessState
    live: int
    active: int
    stale_traders: tuple[str, ...] = ()
    oldest_age_s: float | None = None
    newest_age_s: float | None = None
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
        newest_age_s=min((age for age in ages if age != inf), default=None),
        marks=merged_marks(*(trader.marks for trader in active)),
    )
