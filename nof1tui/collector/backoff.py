"""How long to wait. Pure: chance comes in as a number between 0 and 1."""

from __future__ import annotations

POLL_JITTER = 0.05
"""Polls come within this share of a cadence after its mark: not all at one instant, and near enough
for upstream's caches to answer all but the first."""

MAX_DELAY_UNREACHABLE_S = 15.0
"""Nobody answers: asking again burdens nobody, and people wait for the recovery."""
MAX_DELAY_BROKEN_S = 60.0
"""The server answers with an error or with rubbish."""
MAX_DELAY_REFUSED_S = 300.0
"""The server says we are not welcome (401, 403, 410, 429)."""
MAX_RETRY_AFTER_S = 3600.0

_REFUSAL_STATUSES = frozenset({401, 403, 404, 410, 429})


def poll_delay_s(interval_s: float, now_s: float, chance: float) -> float:
    """Seconds to the next poll of a healthy feed, from `now_s` since the epoch.

    Every viewer in the world polls at the same marks, the whole multiples of the cadence. Two polls
    are never closer than half of it.
    """
    to_mark_s = interval_s - now_s % interval_s + POLL_JITTER * interval_s * chance
    return to_mark_s if to_mark_s >= interval_s / 2 else to_mark_s + interval_s


def retry_delay_s(
    interval_s: float,
    failures: int,
    *,
    status: int | None,
    retry_after_s: float | None,
    chance: float,
) -> float:
    """Seconds to the next try after `failures` (≥ 1) failures in a row.

    Exponential with full jitter; never sooner than a second, than the cadence where a server answers,
    and than upstream's own wish (`Retry-After`).
    """
    if status is None:
        least, cap = 1.0, MAX_DELAY_UNREACHABLE_S
    else:
        cap = MAX_DELAY_REFUSED_S if status in _REFUSAL_STATUSES else MAX_DELAY_BROKEN_S
        least = min(interval_s, cap)
    longest = min(cap, least * 2.0 ** min(failures - 1, 20))
    delay = max(1.0, least, longest * chance)
    if retry_after_s is not None:
        delay = max(delay, min(retry_after_s, MAX_RETRY_AFTER_S))
    return delay


def store_retry_delay_s(failures: int, chance: float) -> float:
    """Seconds to the next try of a store that was away `failures` (≥ 1) times: 1 to 60."""
    return min(60.0, 2.0 ** min(failures - 1, 10)) * (0.75 + 0.25 * chance)
