"""Series on which our figures and those of the reference libraries are compared.

Random ones are drawn by seed from `random.Random(seed).random()` alone, whose sequence Python
promises to keep, so that a table of values made once stays true.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from nof1tui.domain.series.closes import Closes, daily_closes
from nof1tui.domain.series.curve import Curve

CAPITAL_USD = 10_000.0
FIRST_DAY = 20_378
"""17 October 2025."""


def random_closes(seed: int, days: int | None = None) -> Closes:
    """Daily closes of a trader: 3 to 200 days, quiet or wild, rising or falling; some days flat."""
    chance = Random(seed)
    drawn = 3 + int(chance.random() * 198)
    days = drawn if days is None else days
    width, drift = 0.001 + 0.2 * chance.random(), 0.02 * (chance.random() - 0.5)
    factors = [1.0 + drift + width * (sum(chance.random() for _ in range(3)) - 1.5) for _ in range(days)]
    if seed % 7 == 0:
        factors[1] = 1.0
    values = tuple(accumulate(factors, float.__mul__, initial=CAPITAL_USD))[1:]
    return Closes(CAPITAL_USD, tuple(range(FIRST_DAY, FIRST_DAY + days)), values)


def recorded_closes(folder: Path) -> dict[str, Closes]:
    """Daily closes of every account in the recordings: the arena's, and wallets with longer histories."""
    found = {name: daily_closes(Curve.of(CAPITAL_USD, points)) for name, points in _arena(folder).items()}
    portfolio = json.loads((folder / "hyperliquid" / "portfolio.json").read_text("utf-8"))
    for period in ("week", "month", "allTime"):
        history = dict(portfolio)[period]["accountValueHistory"]
        points = [(moment / 1000, float(value)) for moment, value in history if float(value) > 0]
        found[f"wallet, {period}"] = daily_closes(Curve.of(points[0][1], points))
    return {name: closes for name, closes in found.items() if len(closes.values) > 1}


def consecutive(closes: Closes) -> Closes:
    """The same values on days without gaps: the libraries count observations, and so do we."""
    days = tuple(range(FIRST_DAY, FIRST_DAY + len(closes.values)))
    return Closes(closes.base_usd, days, closes.values)


def market_of(closes: Closes) -> Closes:
    """A market over the same days that has nothing to do with them."""
    market = random_closes(1_000_003, len(closes.values))
    return Closes(market.base_usd, closes.periods, market.values)


def _arena(folder: Path) -> Mapping[str, list[tuple[float, float]]]:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in _account_rows(folder):
        points.setdefault(row["model_id"], []).append((row["timestamp"], row["dollar_equity"]))
    return points


def _account_rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*/account-totals*.json")):
        yield from json.loads(path.read_text("utf-8"))["accountTotals"]
