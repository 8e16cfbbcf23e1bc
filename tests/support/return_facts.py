"""Short ways to write times, rows, flows and daily returns in tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from nof1tui.domain.returns.daily import DayReturn
from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint

HOUR, DAY = 3_600.0, 86_400.0

THIRTY_DAYS = (
    0.0121, -0.0084, 0.0037, 0.0205, -0.0162, 0.0048, 0.0091, -0.0033, 0.0177, -0.0241,
    0.0066, 0.0012, -0.0058, 0.0139, 0.0027, -0.0095, 0.0083, 0.0112, -0.0148, 0.0054,
    0.0236, -0.0071, 0.0019, -0.0026, 0.0104, -0.0312, 0.0088, 0.0047, 0.0153, -0.0062,
)  # fmt: skip
"""Daily returns of a trader in the worked examples."""
THIRTY_DAYS_OF_BTC = (
    0.008, -0.011, 0.002, 0.014, -0.009, 0.001, 0.007, -0.006, 0.012, -0.019,
    0.003, 0.004, -0.002, 0.009, -0.001, -0.008, 0.005, 0.01, -0.012, 0.006,
    0.016, -0.004, -0.001, 0.002, 0.007, -0.022, 0.009, 0.001, 0.011, -0.007,
)  # fmt: skip
"""Daily returns of the benchmark on the same days."""


def exact(value: Any) -> Any:
    """The tolerance of the worked examples: 1e-9 relative, 1e-12 near zero."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def at(text: str) -> float:
    """Seconds since the epoch of `2026-03-01` or `2026-03-01 12:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def row(
    when: str | float, equity: float | None, *, unrealized: float = 0.0, learned: str | None = None
) -> EquityPoint:
    """A row, learned as it happened where `learned` is missing."""
    moment = at(when) if isinstance(when, str) else when
    learned_at = moment if learned is None else at(learned)
    return EquityPoint(at=moment, learned_at=learned_at, equity_usd=equity, unrealized_usd=unrealized)


def flow(when: str | float, usd: float, *, learned: str | None = None) -> CapitalFlow:
    moment = at(when) if isinstance(when, str) else when
    return CapitalFlow(at=moment, learned_at=moment if learned is None else at(learned), usd=usd)


def days(
    values: Iterable[float], taus: Sequence[int] | None = None, first_day: int = 20_000
) -> tuple[DayReturn, ...]:
    """Daily returns on neighbouring days, or over these numbers of days."""
    listed = tuple(values)
    spans = [1] * len(listed) if taus is None else list(taus)
    ends = [first_day + sum(spans[: index + 1]) for index in range(len(spans))]
    return tuple(DayReturn(*item) for item in zip(ends, listed, spans, strict=True))
