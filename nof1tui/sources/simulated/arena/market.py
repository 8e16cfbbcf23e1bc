"""Seeded prices of the simulated arena: correlated random walks with changing drift and volatility.

The market is one segment ahead of the traders: between `start` and `end` every price is known, so a price
can be read for any second of the segment without changing the market.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from random import Random

_DAY_S = 86_400.0
_LONG_BAR_S = 4 * 3600.0
_SERIES_LENGTH = 10
"""Values in every series of a prompt."""
MAX_STEP_MOVE = 0.010
"""The largest move of a coin in two minutes, so that a safe position is not bankrupt one step later."""


def seeded_random(*names: object) -> Random:
    """A random stream for these names, equal in every process."""
    return Random(":".join(map(str, names)))  # noqa: S311 not used for secrets


@dataclass(frozen=True, slots=True)
class CoinSpec:
    """One coin: starting price, quotation, volatility."""

    symbol: str
    price: float
    tick: float
    """Step of order prices; mid prices come in halves of it."""
    price_digits: int
    """Decimals of a mid price."""
    quantity_digits: int
    """Decimals of a quantity."""
    daily_volatility: float
    """Standard deviation of a day's return."""
    beta: float
    """Sensitivity to the common drift."""
    open_interest: float
    """Open interest in coins."""


COIN_SPECS = (
    CoinSpec("BTC", 108_420.0, 1.0, 1, 2, 0.026, 1.0, 30_013.0),
    CoinSpec("ETH", 3_884.0, 0.1, 2, 2, 0.038, 1.35, 513_733.0),
    CoinSpec("SOL", 187.4, 0.01, 3, 2, 0.044, 1.5, 3_858_370.0),
    CoinSpec("BNB", 1_088.0, 0.1, 2, 2, 0.034, 1.1, 74_501.0),
    CoinSpec("DOGE", 0.1895, 0.00001, 6, 0, 0.050, 1.6, 585_225_900.0),
    CoinSpec("XRP", 2.372, 0.0001, 5, 0, 0.043, 1.3, 52_787_400.0),
)

IntradayBar = tuple[float, float, float, float, float]
"""Mid price, EMA 20, MACD, RSI 7, RSI 14."""
FourHourBar = tuple[float, float]
"""MACD, RSI 14 of a four-hour bar."""


@dataclass(frozen=True, slots=True)
class CoinSnapshot:
    """The figures of one coin's section of a prompt, at one moment."""

    bars: tuple[IntradayBar, ...]
    long_bars: tuple[FourHourBar, ...]
    long_emas: tuple[float, float]
    volatility: float
    """Volatility of the running segment, per day."""


class _Indicators:
    """Moving averages and momentum of one coin, fed price by price at any step width."""

    __slots__ = ("bars", "down", "emas", "long_bars", "next_long_at", "up")

    SPANS_S = (3_600.0, 2_160.0, 4_680.0, 7_200.0, 43_200.0, 288_000.0, 720_000.0, 172_800.0, 374_400.0)
    """EMA 20, 12 and 26 of three minutes; two and twelve hours; EMA 20, 50, 12, 26 of four hours."""
    RSI_S = (1_260.0, 2_520.0, 201_600.0)
    """RSI 7 and 14 of three minutes, 14 of four hours."""

    def __init__(self, price: float, at: float) -> None:
        self.emas = [price] * len(self.SPANS_S)
        self.up = [price * 1e-4] * 3
        self.down = [price * 1e-4] * 3
        self.bars: deque[IntradayBar] = deque(maxlen=_SERIES_LENGTH)
        self.long_bars: deque[FourHourBar] = deque(maxlen=_SERIES_LENGTH)
        self.next_long_at = at

    def feed(self, price: float, change: float, weights: tuple[list[float], list[float]], at: float) -> None:
        emas = self.emas
        for index, weight in enumerate(weights[0]):
            emas[index] += weight * (price - emas[index])
        gain, loss = (change, 0.0) if change > 0 else (0.0, -change)
        for index, weight in enumerate(weights[1]):
            self.up[index] += weight * (gain - self.up[index])
            self.down[index] += weight * (loss - self.down[index])
        self.bars.append((price, emas[0], emas[1] - emas[2], self._rsi(0), self._rsi(1)))
        if at >= self.next_long_at:
            self.next_long_at += _LONG_BAR_S
            self.long_bars.append((emas[7] - emas[8], self._rsi(2)))

    def _rsi(self, index: int) -> float:
        total = self.up[index] + self.down[index]
        return 100.0 * self.up[index] / total if total else 50.0


class Market:
    """Prices of all coins on the segment from `start` to `end` (seconds since the epoch)."""

    def __init__(self, rng: Random, start: float, width_s: float) -> None:
        self._rng = rng
        self._salt = rng.getrandbits(32)
        self._segment = 0
        self._common_drift = rng.gauss(0.004, 0.012)
        self._coin_drifts = [rng.gauss(0.0, 0.012) for _ in COIN_SPECS]
        self._drift_left_s = rng.uniform(10, 30) * 3600
        self._log_volatility = rng.gauss(0.0, 0.3)
        self.start = self.end = start
        self.before = self.after = [coin.price for coin in COIN_SPECS]
        self._raw = list(self.before)
        self._indicators = [_Indicators(coin.price, start) for coin in COIN_SPECS]
        self.sigma = [0.0] * len(COIN_SPECS)
        """Standard deviation of the running segment's return, by coin."""
        self.drift = [0.0] * len(COIN_SPECS)
        """Hidden expected daily return, by coin; traders with an edge follow it."""
        self.advance(width_s)

    @property
    def volatility_ratio(self) -> float:
        """Today's volatility relative to a usual day's."""
        return math.exp(self._log_volatility)

    def advance(self, width_s: float) -> None:
        """Advance to the next segment, `width_s` wide."""
        rng, days = self._rng, width_s / _DAY_S
        self._shift_drift(width_s)
        earlier = self.before
        self.start, self.before = self.end, self.after
        self.end = self.start + width_s
        self._segment += 1
        root = math.sqrt(days) * self.volatility_ratio
        limit = MAX_STEP_MOVE * math.sqrt(width_s / 120.0)
        common = rng.gauss(0.0, 1.0) + self._shock(width_s) / math.sqrt(days)
        for index, coin in enumerate(COIN_SPECS):
            pull = 0.012 * math.log(self._raw[index] / coin.price)
            self.drift[index] = coin.beta * self._common_drift + self._coin_drifts[index] - pull
            self.sigma[index] = coin.daily_volatility * root
            own = 0.76 * common + 0.65 * rng.gauss(0.0, 1.0)
            change = self.drift[index] * days + self.sigma[index] * own
            self._raw[index] *= math.exp(max(-limit, min(limit, change)))
        self.after = [_round_mid_price(coin, raw) for coin, raw in zip(COIN_SPECS, self._raw, strict=True)]
        self._feed_indicators(earlier, width_s)

    def price(self, index: int, at: float) -> float:
        """The mid price at a moment of the running segment."""
        before, after = self.before[index], self.after[index]
        part = (at - self.start) / (self.end - self.start)
        if part <= 0.0:
            return before
        if part >= 1.0:
            return after
        noise = self._noise(int(at), index) * self.sigma[index] * math.sqrt(part * (1.0 - part))
        return _round_mid_price(COIN_SPECS[index], before * (after / before) ** part * (1.0 + 0.5 * noise))

    def prices(self, at: float) -> list[float]:
        return [self.price(index, at) for index in range(len(COIN_SPECS))]

    def trend(self, index: int) -> float:
        """Distance of the two-hour average from the twelve-hour one, in standard daily moves."""
        emas = self._indicators[index].emas
        return (emas[3] / emas[4] - 1.0) / COIN_SPECS[index].daily_volatility

    def overextension(self, index: int) -> float:
        """Distance of the price from its two-hour average, in standard daily moves."""
        return (self.before[index] / self._indicators[index].emas[3] - 1.0) / COIN_SPECS[
            index
        ].daily_volatility

    def snapshots(self) -> tuple[CoinSnapshot, ...]:
        """The figures of a prompt at the segment's start, by coin."""
        return tuple(
            CoinSnapshot(
                tuple(g.bars),
                tuple(g.long_bars),
                (g.emas[5], g.emas[6]),
                coin.daily_volatility * self.volatility_ratio,
            )
            for coin, g in zip(COIN_SPECS, self._indicators, strict=True)
        )

    def _shift_drift(self, width_s: float) -> None:
        rng, hours = self._rng, width_s / 3600.0
        self._drift_left_s -= width_s
        if self._drift_left_s <= 0:
            self._common_drift = -0.35 * self._common_drift + rng.gauss(0.0, 0.019)
            self._coin_drifts = [0.3 * drift + rng.gauss(0.0, 0.013) for drift in self._coin_drifts]
            self._drift_left_s = rng.uniform(8, 40) * 3600
        self._log_volatility += -self._log_volatility * hours / 14.0 + 0.13 * math.sqrt(hours) * rng.gauss(
            0.0, 1.0
        )

    def _shock(self, width_s: float) -> float:
        """A rare common move, after which volatility is higher; 0.0 at most times."""
        if self._rng.random() > 0.022 * width_s / 3600.0:
            return 0.0
        self._log_volatility = min(1.1, self._log_volatility + 0.45)
        return self._rng.choice((-1, 1)) * self._rng.uniform(0.2, 0.7)

    def _feed_indicators(self, earlier: list[float], width_s: float) -> None:
        emas = [1.0 - math.exp(-width_s / span) for span in _Indicators.SPANS_S]
        rsis = [1.0 - math.exp(-width_s / span) for span in _Indicators.RSI_S]
        for indicators, price, was in zip(self._indicators, self.before, earlier, strict=True):
            indicators.feed(price, price - was, (emas, rsis), self.start)

    def _noise(self, second: int, index: int) -> float:
        """A number between -1 and 1, determined by segment, second and coin."""
        x = (
            self._segment * 0x9E3779B1 ^ second * 0x85EBCA6B ^ (index + 1) * 0xC2B2AE35 ^ self._salt
        ) & 0xFFFFFFFF
        x = ((x ^ x >> 16) * 0x45D9F3B) & 0xFFFFFFFF
        x = ((x ^ x >> 15) * 0x45D9F3B) & 0xFFFFFFFF
        return (x ^ x >> 16) / 0x7FFFFFFF - 1.0


def _round_mid_price(coin: CoinSpec, price: float) -> float:
    half = coin.tick / 2
    return round(max(1.0, round(price / half)) * half, coin.price_digits)


def round_order_price(coin: CoinSpec, price: float) -> float:
    """The nearest price an order can have."""
    return round(max(1.0, round(price / coin.tick)) * coin.tick, coin.price_digits)


def round_quantity(coin: CoinSpec, size: float) -> float:
    """An order size rounded down to the lot."""
    scale = 10.0**coin.quantity_digits
    return math.floor(size * scale) / scale
