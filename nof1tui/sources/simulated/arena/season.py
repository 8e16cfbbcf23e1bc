"""The simulated season, advanced in fixed steps that do not depend on requests.

Coarse steps build the history quickly, fine ones its last hour and the live part. Figures requested
within a step are marked at the prices of that moment; a request never changes a decision.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence

from nof1tui.sources.simulated.arena import payloads as records
from nof1tui.sources.simulated.arena.decisions import DecisionCycle
from nof1tui.sources.simulated.arena.margin_account import MAX_CLOSED_TRADES
from nof1tui.sources.simulated.arena.market import CoinSnapshot, Market, seeded_random
from nof1tui.sources.simulated.arena.row_archive import MARKER_HOUR_S, ArchivedRow, RowArchive
from nof1tui.sources.simulated.arena.strategies import TraderProfile
from nof1tui.sources.simulated.arena.trader import SimulatedTrader

_FINE_STEP_S, _COARSE_STEP_S = 120.0, 600.0
_FINE_HISTORY_S = 3_600.0
"""Length of the history with fine steps, so that there are decisions to read."""
_COARSE_PAUSE_S = 2_100.0
"""Time between two decisions of a trader in coarse steps; those in between are only counted."""
_ROW_EVERY_S = 10.0
"""Interval at which an account's current row is rewritten."""
_ANSWER_LEAD_S = 7.0
"""A decision is made this long before the step's end, so that its answer and fills lie within it."""
MAX_CYCLES = 100
_TRADER_STEPS_PER_YIELD = 64
"""Trader-steps between two yields: one or two milliseconds."""
_LEADERBOARD_STALE_AFTER = 0.6
"""Share of the history after which the leaderboard endpoint is stale."""


class SimulatedSeason:
    """The arena's state at `market.start`. Times are seconds since the epoch."""

    def __init__(
        self, seed: int, profiles: Sequence[TraderProfile], begins_at: float, live_at: float
    ) -> None:
        self._live_at = live_at
        self._leaderboard_frozen_at = begins_at + _LEADERBOARD_STALE_AFTER * (live_at - begins_at)
        self._texts = seeded_random(seed, "texts")
        self._pending: Iterator[None] | None = None
        self._fine = False
        self._spent = 0
        self.begins_at = begins_at
        self.traders = [SimulatedTrader(profile, seed, begins_at) for profile in profiles]
        self.market = Market(seeded_random(seed, "market"), begins_at, self._width(begins_at))
        self.archive = RowArchive(begins_at)
        self.closing_rows: dict[int, ArchivedRow] = {}
        """By trader: the last row of an hour that ends within the running step."""
        self.trades: list[deque[tuple[float, bytes]]] = [deque(maxlen=MAX_CLOSED_TRADES) for _ in profiles]
        """By trader: exit times and serialised trades."""
        self.cycles: deque[DecisionCycle] = deque(maxlen=MAX_CYCLES + len(profiles))
        self.leaderboard: list[records.JsonObject] = []

    def slices(self, until: float) -> Iterator[None]:
        """Advance to the last step that ends at or before `until`.

        May be abandoned at any yield; another call continues the step.
        """
        while True:
            if self._pending is None:
                if self.market.end > until:
                    return
                self._pending = self._step()
            step = self._pending
            for _ in step:
                yield
            if self._pending is step:
                self._pending = None

    def row_written_at(self, index: int, at: float) -> float:
        """The time at which this trader's row that is valid at `at` was written."""
        offset = round(index * 3.7713 % _ROW_EVERY_S, 4)
        written = math.floor((at - offset) / _ROW_EVERY_S) * _ROW_EVERY_S + offset
        return round(max(written, self.market.start, self.traders[index].inception), 6)

    def row(self, index: int, at: float) -> ArchivedRow:
        """The account row that is valid at `at`, a moment of the running step."""
        trader, written = self.traders[index], self.row_written_at(index, at)
        prices = self.market.prices(written)
        data = records.build_account_payload(trader, prices, written, trader.activity.sharpe)
        return ArchivedRow(written, data["since_inception_hourly_marker"], records.encode_payload(data))

    def _width(self, at: float) -> float:
        return _COARSE_STEP_S if at + _COARSE_STEP_S <= self._live_at - _FINE_HISTORY_S else _FINE_STEP_S

    def _step(self) -> Iterator[None]:
        market = self.market
        fine = market.end - market.start <= _FINE_STEP_S
        if fine and not self._fine:
            self._fine = True
            for trader in self.traders:
                trader.schedule_from(market.start)
        snapshots = market.snapshots() if fine else ()
        for index, trader in enumerate(self.traders):
            self._step_trader(trader, snapshots)
            self._serialise_trades(index)
            if self._is_time_to_yield():
                yield
        self.archive.add(self.closing_rows.values())
        self.closing_rows = {}
        market.advance(self._width(market.end))
        if not self.leaderboard and market.start >= self._leaderboard_frozen_at:
            rated = sorted((t for t in self.traders if t.is_rated), key=lambda t: t.profile.id)
            self.leaderboard = [records.build_leaderboard_payload(trader, market.before) for trader in rated]
        for index in range(len(self.traders)):
            self._close_hour(index)
            if self._is_time_to_yield():
                yield

    def _is_time_to_yield(self) -> bool:
        self._spent = (self._spent + 1) % _TRADER_STEPS_PER_YIELD
        return self._spent == 0

    def _step_trader(self, trader: SimulatedTrader, snapshots: tuple[CoinSnapshot, ...]) -> None:
        market = self.market
        if not trader.has_begun:
            if trader.inception < market.end:
                trader.begin(market)
            return
        trader.close_triggered(market)
        if trader.next_at >= market.end or trader.profile.is_benchmark:
            return
        latest = market.end - _ANSWER_LEAD_S + trader.next_at % 1.0
        at = round(max(market.start, min(trader.next_at, latest)), 6)
        if snapshots:
            self._run_cycle(trader, at, snapshots)
        else:
            trader.decide(market, at, _COARSE_PAUSE_S)

    def _run_cycle(self, trader: SimulatedTrader, at: float, snapshots: tuple[CoinSnapshot, ...]) -> None:
        prices = tuple(self.market.prices(at))
        account, before = trader.account, trader.position_snapshots(prices)
        equity, free_cash = account.equity(prices), account.free_cash
        actions = trader.decide(self.market, at, trader.profile.cadence_s)
        self.cycles.append(
            DecisionCycle(
                trader=trader.profile,
                number=trader.cycles,
                at=at,
                started_at=trader.inception,
                equity=equity,
                free_cash=free_cash,
                sharpe=trader.activity.sharpe or 0.0,
                positions_before=before,
                positions_after=trader.position_snapshots(prices),
                actions=tuple(actions),
                snapshots=snapshots,
                prices=prices,
                seed=self._texts.getrandbits(48),
            )
        )

    def _serialise_trades(self, index: int) -> None:
        trader = self.traders[index]
        while trader.account.unserialized:
            closed = trader.account.unserialized.popleft()
            wire = records.encode_payload(records.build_trade_payload(trader.profile.id, closed))
            self.trades[index].append((closed.exit_at, wire))

    def _close_hour(self, index: int) -> None:
        trader, market = self.traders[index], self.market
        if not trader.has_begun:
            return
        hours = math.floor((market.start - trader.inception) / MARKER_HOUR_S) + 1
        ends_at = trader.inception + hours * MARKER_HOUR_S
        if ends_at <= market.end:
            row = self.row(index, ends_at - 0.001)
            self.closing_rows[index] = row
            trader.close_hour(trader.account.equity(market.prices(row.at)))
