"""How long to wait. Pure: chance comes in as a number between 0 and 1."""

from __future__ import annotations

JITTER = 0.1
"""A healthy cadence moves by up to this share, so that many viewers do not ask in step."""

CAP_UNREACHABLE_S = 15.0
"""Nobody answers: asking again burdens nobody, and people wait for the recovery."""
CAP_BROKEN_S = 60.0
"""The server answers with an error or with rubbish."""
CAP_REFUSED_S = 300.0
"""The server says we are not welcome (401, 403, 410, 429)."""
LONGEST_RETRY_AFTER_S = 3600.0

_UNWELCOME = frozenset({401, 403, 404, 410, 429})


def next_poll_s(interval_s: float, chance: float) -> float:
    """Seconds to the next poll of a healthy feed."""
    return interval_s * (1.0 + JITTER * (2.0 * chance - 1.0))


def next_try_s(
    interval_s: float,
    failures: int,
    *,
    status: int | None,
    retry_after_s: float | None,
    chance: float,
) -> float:
    """Seconds to the next try after `failures` (≥ 1) failures in a row.

    Exponential with jitter over the upper half, never sooner than a second and never sooner than
    upstream's own wish (`Retry-After`).
    """
    if status is None:
        first, cap = 1.0, CAP_UNREACHABLE_S
    else:
        cap = CAP_REFUSED_S if status in _UNWELCOME else CAP_BROKEN_S
        first = min(interval_s, cap)
    longest = min(cap, first * 2.0 ** min(failures - 1, 20))
    delay = max(1.0, longest * (0.5 + 0.5 * chance))
    if retry_after_s is not None:
        delay = max(delay, min(retry_after_s, LONGEST_RETRY_AFTER_S))
    return delay


def next_write_s(failures: int, chance: float) -> float:
    """Seconds to the next try of a store that was away `failures` (≥ 1) times: 1 to 60."""
    return min(60.0, 2.0 ** min(failures - 1, 10)) * (0.75 + 0.25 * chance)
