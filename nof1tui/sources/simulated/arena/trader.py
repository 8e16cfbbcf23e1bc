"""Decisions of a simulated trader: triggers, reviews of positions, entries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nof1tui.sources.simulated.arena.decisions import DecidedAction, PositionSnapshot
from nof1tui.sources.simulated.arena.margin_account import CAPITAL_USD, MarginAccount, MarginPosition
from nof1tui.sources.simulated.arena.market import COIN_SPECS, Market, round_order_price, seeded_random
from nof1tui.sources.simulated.arena.order_executor import SLIPPAGE_RATE, OrderExecutor
from nof1tui.sources.simulated.arena.running_stats import ActivityStats
from nof1tui.sources.simulated.arena.strategies import TraderProfile

_EDGE_FEEDBACK = 0.5
"""Gains lower the edge and losses raise it, so that no account grows without bound."""


class SimulatedTrader:
    """A trader with its account and activity; `has_begun` once its account exists."""

    def __init__(self, profile: TraderProfile, seed: int, season_at: float) -> None:
        self.profile = profile
        self._style = profile.strategy
        self._rng = seeded_random(seed, profile.id)
        self.account = MarginAccount(self._rng)
        self._executor = OrderExecutor(self._style, self._rng, self.account)
        self.activity = ActivityStats()
        self.inception = season_at + profile.delay_s
        self.has_begun = False
        self.next_at = self.inception + self._rng.uniform(5.0, 60.0)
        self.decided_at = self.inception
        self.cycles = 0
        self._hour_equity = CAPITAL_USD

    @property
    def is_rated(self) -> bool:
        """Whether it appears in leaderboard and analytics."""
        return self.has_begun and not self.profile.is_benchmark

    def begin(self, market: Market) -> None:
        """Open the account; the benchmark buys its position."""
        self.has_begun = True
        if self.profile.is_benchmark:
            at = max(self.inception, market.start)
            price = market.price(0, at)
            self.account.buy_and_hold(0, math.floor(CAPITAL_USD / price * 1e5) / 1e5, price, at)

    def schedule_from(self, at: float) -> None:
        """Decide at the profile's interval from `at` on."""
        if self.has_begun:
            self.next_at = at + self._rng.uniform(0.0, self.profile.cadence_s)

    def close_hour(self, equity: float) -> None:
        """Record the hour's return."""
        self.activity.hourly_returns.add(equity / max(1.0, self._hour_equity) - 1.0)
        self._hour_equity = equity

    def close_triggered(self, market: Market) -> None:
        """Close the positions that reach stop, target or liquidation price within the running segment."""
        after, mins = market.after, (market.end - market.start) / 60.0
        triggered = []
        for position in self.account.positions.values():
            if position.quantity > 0:
                self.activity.long_mins += mins
            else:
                self.activity.short_mins += mins
            if (
                after[position.coin] <= position.lower_trigger
                or after[position.coin] >= position.upper_trigger
            ):
                triggered.append(position)
        for position in triggered:
            self._trigger(position, market)

    def decide(self, market: Market, at: float, pause_s: float) -> list[DecidedAction]:
        """Decide once and return the actions; the longer the pause before, the likelier there are some.

        The next decision comes about `pause_s` later. Skipped decisions are counted as if made.
        """
        elapsed_s = at - self.decided_at
        days = elapsed_s / 86_400.0
        cycles = max(1, round(elapsed_s / self.profile.cadence_s))
        self.decided_at, self.next_at = at, at + pause_s * self._rng.uniform(0.93, 1.12)
        self.cycles += cycles
        self.activity.holds += cycles * len(self.account.positions)
        self.activity.pauses_mins.add(elapsed_s / cycles / 60.0)
        actions: list[DecidedAction | None] = []
        review_chance = 1.0 - math.exp(-self._style.reviews_per_day * days)
        for position in list(self.account.positions.values()):
            if self._rng.random() < review_chance:
                actions += self._review_position(position, market, at)
        busy = len(self.account.positions) / (self._style.max_positions + 1)
        if self._rng.random() < 1.0 - math.exp(-self._style.entries_per_day * (1.2 - busy) * days):
            actions.append(self._consider_entry(market, at))
        done = [action for action in actions if action is not None]
        for action in done:
            self.activity.count(action.signal, action.plan.confidence, action.leverage)
        return done

    def position_snapshots(self, prices: Sequence[float]) -> tuple[PositionSnapshot, ...]:
        return tuple(
            PositionSnapshot(h.coin, h.quantity, h.entry_price, prices[h.coin], h.leverage, h.plan,
                 (h.oid, h.tp_oid, h.sl_oid), h.liquidation_price)
            for h in self.account.positions.values()
        )  # fmt: skip

    def _trigger(self, position: MarginPosition, market: Market) -> None:
        coin = COIN_SPECS[position.coin]
        before, after = market.before[position.coin], market.after[position.coin]
        falling = after <= position.lower_trigger
        level = position.lower_trigger if falling else position.upper_trigger
        won = falling == (position.quantity < 0)
        part = (level - before) / (after - before) if after != before else 1.0
        at = market.start + min(1.0, max(0.02, part)) * (market.end - market.start - 0.5)
        price = level if won else level * (1.0 - SLIPPAGE_RATE if falling else 1.0 + SLIPPAGE_RATE)
        self.account.close(position, round_order_price(coin, price), round(at, 3), crossed=not won)

    def _score(self, coin: int, market: Market) -> float:
        """The trader's score of a coin: positive for long, negative for short."""
        style = self._style
        equity = max(100.0, self.account.equity(market.before))
        edge = self.profile.edge - _EDGE_FEEDBACK * math.log(equity / CAPITAL_USD)
        edge_term = 2.0 * max(-0.9, min(0.9, edge)) * market.drift[coin] / COIN_SPECS[coin].daily_volatility
        signal = style.trend * market.trend(coin) - style.revert * market.overextension(coin)
        return style.long_bias + edge_term + signal + self._rng.gauss(0.0, style.noise)

    def _review_position(
        self, position: MarginPosition, market: Market, at: float
    ) -> list[DecidedAction | None]:
        """Review a position: close, flip, reduce or increase it, or trail its stop."""
        style, executor, chance = self._style, self._executor, self._rng.random
        side = 1.0 if position.quantity > 0 else -1.0
        score = side * self._score(position.coin, market)
        price = market.price(position.coin, at)
        progress = (price - position.entry_price) / (position.plan.target - position.entry_price)
        if score < -0.45:
            closed = executor.close_position(position, market, at)
            flips = score < -0.9 and not style.long_only and chance() < style.flip_chance
            return [closed, executor.open_position(position.coin, -side, market, at) if flips else None]
        if progress > 0.45 and chance() < style.partial_close_chance:
            return [executor.reduce_position(position, price, at)]
        if score > 0.7 and 0.1 < progress < 0.6 and chance() < style.add_chance:
            return [executor.increase_position(position, price)]
        if progress > 0.3 and chance() < 0.25:
            stop = position.entry_price + 0.4 * (price - position.entry_price)
            position.change_plan(
                replace(position.plan, stop=round_order_price(COIN_SPECS[position.coin], stop))
            )
        return []

    def _consider_entry(self, market: Market, at: float) -> DecidedAction | None:
        """Score three coins without a position and enter the best, if its score is high enough."""
        style = self._style
        free = [index for index in range(len(COIN_SPECS)) if index not in self.account.positions]
        if len(self.account.positions) >= style.max_positions or not free:
            return None
        candidates = self._rng.sample(free, min(3, len(free)))
        scored = [(self._score(coin, market), coin) for coin in candidates]
        if style.long_only:
            scored = [(max(0.0, score), coin) for score, coin in scored]
        score, coin = max(scored, key=lambda item: abs(item[0]))
        if abs(score) <= style.entry_threshold:
            return None
        return self._executor.open_position(coin, 1.0 if score > 0 else -1.0, market, at)
