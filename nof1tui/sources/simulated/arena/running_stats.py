"""Running statistics of values that are not stored: constant memory over a long simulated season."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_MEDIAN_OF = 256


@dataclass(slots=True)
class RunningStats:
    """Count, mean, deviation and extremes of values."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    low: float = 0.0
    high: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_MEDIAN_OF))

    def add(self, value: float) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value
        self.low = min(self.low, value) if self.n > 1 else value
        self.high = max(self.high, value) if self.n > 1 else value
        self.recent.append(value)

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else 0.0

    @property
    def std(self) -> float:
        """Sample standard deviation."""
        if self.n < 2:
            return 0.0
        return float(max(0.0, (self.squares - self.total * self.mean) / (self.n - 1)) ** 0.5)

    @property
    def median(self) -> float:
        """Median of the newest values."""
        return sorted(self.recent)[len(self.recent) // 2] if self.recent else 0.0


@dataclass(slots=True)
class TradeGroupStats:
    """Statistics of a group of closed trades: all, winners, losers, longs or shorts."""

    net: RunningStats = field(default_factory=RunningStats)
    notional: RunningStats = field(default_factory=RunningStats)
    held_mins: RunningStats = field(default_factory=RunningStats)

    def add(self, net: float, notional: float, held_mins: float) -> None:
        self.net.add(net)
        self.notional.add(notional)
        self.held_mins.add(held_mins)


@dataclass(slots=True)
class ClosedTradeStats:
    """Statistics of all closed trades of an account."""

    all: TradeGroupStats = field(default_factory=TradeGroupStats)
    winners: TradeGroupStats = field(default_factory=TradeGroupStats)
    losers: TradeGroupStats = field(default_factory=TradeGroupStats)
    longs: TradeGroupStats = field(default_factory=TradeGroupStats)
    shorts: TradeGroupStats = field(default_factory=TradeGroupStats)
    gross: RunningStats = field(default_factory=RunningStats)
    fee: RunningStats = field(default_factory=RunningStats)

    @property
    def count(self) -> int:
        return self.all.net.n

    def add(
        self, *, net: float, gross: float, fee: float, notional: float, held_mins: float, long: bool
    ) -> None:
        result = self.winners if net > 0 else self.losers
        side = self.longs if long else self.shorts
        for group in (self.all, result, side):
            group.add(net, notional, held_mins)
        self.gross.add(gross)
        self.fee.add(fee)


@dataclass(slots=True)
class ActivityStats:
    """Signals and decisions of a trader over the whole season."""

    holds: int = 0
    longs: int = 0
    shorts: int = 0
    closes: int = 0
    confidence: RunningStats = field(default_factory=RunningStats)
    leverage: RunningStats = field(default_factory=RunningStats)
    pauses_mins: RunningStats = field(default_factory=RunningStats)
    """Minutes between two decisions."""
    hourly_returns: RunningStats = field(default_factory=RunningStats)
    long_mins: float = 0.0
    short_mins: float = 0.0
    """Minutes with a short position, summed over the coins; `long_mins` likewise."""

    @property
    def sharpe(self) -> float | None:
        """Sharpe ratio of the hourly returns, scaled to a week; None for fewer than two."""
        hours = self.hourly_returns
        return round(hours.mean / hours.std * 168.0**0.5, 3) if hours.n > 1 and hours.std else None

    def count(self, signal: str, confidence: float, leverage: int) -> None:
        """Count a signal other than `hold`."""
        if signal == "buy_to_enter":
            self.longs += 1
        elif signal == "sell_to_enter":
            self.shorts += 1
        else:
            self.closes += 1
        self.confidence.add(confidence)
        self.leverage.add(leverage)
