"""Traders of the simulated arena and their strategies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nof1tui.sources.simulated.arena.market import seeded_random

BENCHMARK_TRADER = "buynhold_btc"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy in numbers. Rates are per day; distances in the coin's standard daily moves."""

    name: str
    leverage: tuple[int, int]
    max_positions: int
    """Limit of positions open at the same time."""
    risk: float
    """Share of equity lost when the stop is hit."""
    stop: float
    reward_ratio: float
    """Distance of the target over that of the stop."""
    entries_per_day: float
    reviews_per_day: float
    """How often an open position is reviewed."""
    max_gross_leverage: float
    """Largest notional over equity."""
    trend: float = 0.0
    revert: float = 0.0
    noise: float = 0.5
    """Standard deviation of the random part of a score."""
    long_bias: float = 0.0
    """Added to every score in favour of longs."""
    entry_threshold: float = 0.5
    """Smallest score that opens a position."""
    long_only: bool = False
    reckless: bool = False
    """Sets stops beyond the liquidation price."""
    flip_chance: float = 0.15
    partial_close_chance: float = 0.2
    add_chance: float = 0.1


TREND = Strategy("trend", (8, 15), 4, 0.04, 0.9, 2.4, 9, 9, 5.5, trend=1.1, noise=0.4, add_chance=0.3)
FADER = Strategy("fader", (8, 15), 4, 0.03, 0.8, 1.3, 9, 9, 4.5, revert=1.2, noise=0.4, flip_chance=0.3)
SCALPER = Strategy(
    "scalper", (10, 20), 3, 0.014, 0.3, 1.4, 18, 30, 6.0, trend=0.5, noise=0.7, flip_chance=0.4
)
HODLER = Strategy(
    "hodler", (8, 12), 6, 0.07, 2.2, 2.0, 6.0, 1.5, 5.0,
    trend=0.3, noise=0.4, long_bias=0.6, entry_threshold=0.2, long_only=True,
    partial_close_chance=0.4, add_chance=0.3,
)  # fmt: skip
OVERTRADER = Strategy(
    "overtrader", (10, 20), 5, 0.02, 0.45, 1.4, 20, 18, 6.5, trend=0.5, noise=1.0, flip_chance=0.5
)
GAMBLER = Strategy(
    "gambler", (18, 25), 2, 0.16, 1.1, 1.6, 9.0, 3.5, 8.0,
    trend=0.7, noise=0.6, long_bias=0.3, entry_threshold=0.5, reckless=True,
    partial_close_chance=0.15, flip_chance=0.4,
)  # fmt: skip
CAREFUL = Strategy("careful", (5, 12), 5, 0.02, 0.7, 1.9, 9, 7, 3.8, trend=0.6, revert=0.4, noise=0.4)
SWINGER = Strategy(
    "swinger", (8, 20), 5, 0.045, 1.2, 2.0, 8, 6, 5.5, trend=0.8, noise=0.7, flip_chance=0.6, add_chance=0.2
)
_STRATEGIES = (TREND, FADER, SCALPER, HODLER, OVERTRADER, GAMBLER, CAREFUL, SWINGER)


@dataclass(frozen=True, slots=True)
class TraderProfile:
    """One trader of the season."""

    id: str
    strategy: Strategy
    delay_s: float
    """How long after the season's start its account begins."""
    cadence_s: float
    """Seconds between two decisions."""
    hides_reasoning: bool = False
    """Whether it shows its answer in place of its reasoning."""
    edge: float = 0.0
    """Correlation with the market's hidden drift; negative trades against it."""

    @property
    def is_benchmark(self) -> bool:
        return self.id == BENCHMARK_TRADER


_MODEL_PROFILES = (
    TraderProfile("gpt-5", CAREFUL, 9.834, 143.0),
    TraderProfile("claude-sonnet-4-5", TREND, 674.211, 127.0),
    TraderProfile("gemini-2.5-pro", OVERTRADER, 92.022, 137.0),
    TraderProfile("grok-4", SWINGER, 136.02, 170.0, hides_reasoning=True),
    TraderProfile("deepseek-chat-v3.1", HODLER, 285.79, 160.0),
    TraderProfile("qwen3-max", GAMBLER, 227.934, 122.0, hides_reasoning=True),
)
_BENCHMARK = TraderProfile(BENCHMARK_TRADER, HODLER, 2_467.3, 150.0)
_EDGES = (0.85, 0.5, 0.2, -0.15, -0.45, -0.8)


def build_profiles(seed: int, count: int) -> tuple[TraderProfile, ...]:
    """`count` accounts: the six models, the benchmark, then traders named from `trader-08` on.

    With fewer than seven, models are left out and the benchmark is kept; a single account is a model.
    Raises ValueError for a count below one.
    """
    if count < 1:
        raise ValueError(f"an arena needs at least one trader, not {count}")
    rng = seeded_random(seed, "cast")
    edges = list(_EDGES)
    rng.shuffle(edges)
    models = [replace(c, edge=edge) for c, edge in zip(_MODEL_PROFILES, edges, strict=True)]
    if count == 1:
        return (models[0],)
    extras = [_extra_profile(seed, number, count) for number in range(8, count + 1)]
    return (*models[: count - 1], *extras, _BENCHMARK)


def _extra_profile(seed: int, number: int, count: int) -> TraderProfile:
    rng = seeded_random(seed, "cast", number)
    style = _STRATEGIES[(number + rng.randrange(2)) % len(_STRATEGIES)]
    activity = 0.45 if count > 20 else 0.8
    style = replace(
        style,
        max_positions=min(style.max_positions, 3),
        risk=style.risk * rng.uniform(0.7, 1.3),
        stop=style.stop * rng.uniform(0.8, 1.25),
        entries_per_day=style.entries_per_day * activity,
        reviews_per_day=style.reviews_per_day * activity,
    )
    return TraderProfile(
        id=f"trader-{number:02d}",
        strategy=style,
        delay_s=round(720.0 + (number * 137.31) % 1_700.0, 3),
        cadence_s=float(rng.randrange(122, 190)),
        hides_reasoning=number % 3 == 0,
        edge=rng.gauss(0.0, 0.5),
    )
