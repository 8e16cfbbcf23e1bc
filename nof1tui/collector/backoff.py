"""Delays of polls and retries. Pure: `jitter` is a random number between 0 and 1."""

from __future__ import annotations

POLL_JITTER = 0.05
"""Polls come within this share of the interval after its mark: spread out, but close enough together that
the API's caches serve all but the first."""

MAX_DELAY_UNREACHABLE_S = 15.0
"""No response: a retry costs the server little, and users wait for the recovery."""
MAX_DELAY_BROKEN_S = 60.0
"""The server responds with an error or a malformed body."""
MAX_DELAY_REFUSED_S = 300.0
"""The server refuses the request (401, 403, 404, 410, 429)."""
MAX_RETRY_AFTER_S = 3600.0

_REFUSAL_STATUSES = frozenset({401, 403, 404, 410, 429})


def poll_delay_s(interval_s: float, now_s: float, jitter: float) -> float:
    """Seconds to the next poll of a healthy feed, from `now_s` since the epoch.

    All instances poll at the same marks, the multiples of the interval. Two polls are at shortest half an
    interval apart.
    """
    to_mark_s = interval_s - now_s % interval_s + POLL_JITTER * interval_s * jitter
    return to_mark_s if to_mark_s >= interval_s / 2 else to_mark_s + interval_s


def retry_delay_s(
    interval_s: float,
    failures: int,
    *,
    status: int | None,
    retry_after_s: float | None,
    jitter: float,
) -> float:
    """Seconds to the next attempt after `failures` (≥ 1) consecutive failures.

    Exponential with full jitter; at shortest a second, the interval if the server responds, and the
    server's `Retry-After`.
    """
    if status is None:
        shortest, cap = 1.0, MAX_DELAY_UNREACHABLE_S
    else:
        cap = MAX_DELAY_REFUSED_S if status in _REFUSAL_STATUSES else MAX_DELAY_BROKEN_S
        shortest = min(interval_s, cap)
    longest = min(cap, shortest * 2.0 ** min(failures - 1, 20))
    delay = max(1.0, shortest, longest * jitter)
    if retry_after_s is not None:
        delay = max(delay, min(retry_after_s, MAX_RETRY_AFTER_S))
    return delay


def store_retry_delay_s(failures: int, jitter: float) -> float:
    """Seconds to the next attempt to write to a store after `failures` (≥ 1) failures: 1 to 60."""
    return min(60.0, 2.0 ** min(failures - 1, 10)) * (0.75 + 0.25 * jitter)
