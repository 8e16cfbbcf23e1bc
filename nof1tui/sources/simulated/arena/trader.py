"""How a trader of the simulated arena acts: what closes a position, when it looks, what it wants."""

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
"""Success dulls the edge and failure sharpens it, so that no account runs off for ever."""


class SimulatedTrader:
    """A character with its book and its habits. `begun` once its account exists."""

    def __init__(self, character: TraderProfile, seed: int, season_at: float) -> None:
        self.character = character
        self._style = character.strategy
        self._rng = seeded_random(seed, character.id)
        self.account = MarginAccount(self._rng)
        self._executor = OrderExecutor(self._style, self._rng, self.account)
        self.activity = ActivityStats()
        self.inception = season_at + character.delay_s
        self.has_begun = False
        self.next_at = self.inception + self._rng.uniform(5.0, 60.0)
        self.decided_at = self.inception
        self.cycles = 0
        self._hour_equity = CAPITAL_USD

    @property
    def is_rated(self) -> bool:
        """Whether leaderboard and analytics speak of it."""
        return self.has_begun and not self.character.is_benchmark

    def begin(self, market: Market) -> None:
        self.has_begun = True
        if self.character.is_benchmark:
            at = max(self.inception, market.start)
            price = market.price(0, at)
            self.account.buy_and_hold(0, math.floor(CAPITAL_USD / price * 1e5) / 1e5, price, at)

    def schedule_from(self, at: float) -> None:
        """From `at` on look at every beat of the cadence."""
        if self.has_begun:
            self.next_at = at + self._rng.uniform(0.0, self.character.cadence_s)

    def close_hour(self, equity: float) -> None:
        self.activity.hourly_returns.add(equity / max(1.0, self._hour_equity) - 1.0)
        self._hour_equity = equity

    def close_triggered(self, market: Market) -> None:
        """Close what the running segment takes to its stop, target or liquidation price."""
        after, mins = market.after, (market.end - market.start) / 60.0
        hit = []
        for holding in self.account.positions.values():
            if holding.quantity > 0:
                self.activity.long_mins += mins
            else:
                self.activity.short_mins += mins
            if after[holding.coin] <= holding.lower_trigger or after[holding.coin] >= holding.upper_trigger:
                hit.append(holding)
        for holding in hit:
            self._trigger(holding, market)

    def decide(self, market: Market, at: float, pause_s: float) -> list[DecidedAction]:
        """Look at everything once; the longer since the last look, the likelier something is done.

        The next look comes about `pause_s` later. Looks that were left out are counted as if made.
        """
        passed_s = at - self.decided_at
        days = passed_s / 86_400.0
        looks = max(1, round(passed_s / self.character.cadence_s))
        self.decided_at, self.next_at = at, at + pause_s * self._rng.uniform(0.93, 1.12)
        self.cycles += looks
        self.activity.holds += looks * len(self.account.positions)
        self.activity.pauses_mins.add(passed_s / looks / 60.0)
        actions: list[DecidedAction | None] = []
        question = 1.0 - math.exp(-self._style.reviews_per_day * days)
        for holding in list(self.account.positions.values()):
            if self._rng.random() < question:
                actions += self._review_position(holding, market, at)
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

    def _trigger(self, holding: MarginPosition, market: Market) -> None:
        coin = COIN_SPECS[holding.coin]
        before, after = market.before[holding.coin], market.after[holding.coin]
        falling = after <= holding.lower_trigger
        level = holding.lower_trigger if falling else holding.upper_trigger
        won = falling == (holding.quantity < 0)
        part = (level - before) / (after - before) if after != before else 1.0
        at = market.start + min(1.0, max(0.02, part)) * (market.end - market.start - 0.5)
        price = level if won else level * (1.0 - SLIPPAGE_RATE if falling else 1.0 + SLIPPAGE_RATE)
        self.account.close(holding, round_order_price(coin, price), round(at, 3), crossed=not won)

    def _score(self, coin: int, market: Market) -> float:
        """How much the trader would like to be long (positive) or short."""
        style = self._style
        equity = max(100.0, self.account.equity(market.before))
        edge = self.character.edge - _EDGE_FEEDBACK * math.log(equity / CAPITAL_USD)
        sensed = 2.0 * max(-0.9, min(0.9, edge)) * market.drift[coin] / COIN_SPECS[coin].daily_volatility
        seen = style.trend * market.trend(coin) - style.revert * market.overextension(coin)
        return style.long_bias + sensed + seen + self._rng.gauss(0.0, style.noise)

    def _review_position(
        self, holding: MarginPosition, market: Market, at: float
    ) -> list[DecidedAction | None]:
        """Question a position: out, turned, smaller, larger, or its stop moved up behind it."""
        style, desk, chance = self._style, self._executor, self._rng.random
        side = 1.0 if holding.quantity > 0 else -1.0
        liking = side * self._score(holding.coin, market)
        price = market.price(holding.coin, at)
        way = (price - holding.entry_price) / (holding.plan.target - holding.entry_price)
        if liking < -0.45:
            left = desk.close_position(holding, market, at)
            turns = liking < -0.9 and not style.long_only and chance() < style.flip_chance
            return [left, desk.open_position(holding.coin, -side, market, at) if turns else None]
        if way > 0.45 and chance() < style.partial_close_chance:
            return [desk.reduce_position(holding, price, at)]
        if liking > 0.7 and 0.1 < way < 0.6 and chance() < style.add_chance:
            return [desk.increase_position(holding, price)]
        if way > 0.3 and chance() < 0.25:
            stop = holding.entry_price + 0.4 * (price - holding.entry_price)
            holding.change_plan(replace(holding.plan, stop=round_order_price(COIN_SPECS[holding.coin], stop)))
        return []

    def _consider_entry(self, market: Market, at: float) -> DecidedAction | None:
        """Look at three coins without a position and take the best, if it is good enough."""
        style = self._style
        free = [index for index in range(len(COIN_SPECS)) if index not in self.account.positions]
        if len(self.account.positions) >= style.max_positions or not free:
            return None
        looked = self._rng.sample(free, min(3, len(free)))
        scored = [(self._score(coin, market), coin) for coin in looked]
        if style.long_only:
            scored = [(max(0.0, score), coin) for score, coin in scored]
        score, coin = max(scored, key=lambda item: abs(item[0]))
        if abs(score) <= style.entry_threshold:
            return None
        return self._executor.open_position(coin, 1.0 if score > 0 else -1.0, market, at)
