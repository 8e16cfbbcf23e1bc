"""The course of the simulated season: time goes on in fixed steps, whoever asks and whenever.

Coarse steps build the past quickly, fine ones run its last hour and the live part. Figures asked
for within a step are marked at the prices of that moment; nothing is decided by asking.
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
"""This long before the live part steps are fine already, so that there is talk to read."""
_COARSE_PAUSE_S = 2_100.0
"""Between two looks of a trader in the past; those in between are only counted."""
_ROW_EVERY_S = 10.0
"""How often an account's running row is rewritten."""
_ANSWER_LEAD_S = 7.0
"""A decision is made so long before a step's end that its answer and fills lie within the step."""
MAX_CYCLES = 100
_TRADER_STEPS_PER_YIELD = 64
"""Trader-steps between two yields: one or two milliseconds."""
_LEADERBOARD_STALE_AFTER = 0.6
"""The share of the past after which upstream's leaderboard was not kept any more."""


class SimulatedSeason:
    """The arena's state at `market.start`. Times are seconds since the epoch."""

    def __init__(self, seed: int, cast: Sequence[TraderProfile], begins_at: float, live_at: float) -> None:
        self._live_at = live_at
        self._leaderboard_frozen_at = begins_at + _LEADERBOARD_STALE_AFTER * (live_at - begins_at)
        self._texts = seeded_random(seed, "texts")
        self._pending: Iterator[None] | None = None
        self._fine = False
        self._spent = 0
        self.begins_at = begins_at
        self.traders = [SimulatedTrader(character, seed, begins_at) for character in cast]
        self.market = Market(seeded_random(seed, "market"), begins_at, self._width(begins_at))
        self.archive = RowArchive(begins_at)
        self.closing_rows: dict[int, ArchivedRow] = {}
        """By trader: the last state of an hour that ends within the running step."""
        self.trades: list[deque[tuple[float, bytes]]] = [deque(maxlen=MAX_CLOSED_TRADES) for _ in cast]
        """By trader: exit time and serialised trade."""
        self.cycles: deque[DecisionCycle] = deque(maxlen=MAX_CYCLES + len(cast))
        self.leaderboard: list[records.JsonObject] = []

    def slices(self, until: float) -> Iterator[None]:
        """Go on to the last step that ends at or before `until`.

        May be left off at any yield, and somebody else's run may go on with the step in between.
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
        """When the row of this trader that is valid at `at` was written."""
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
        sights = market.snapshots() if fine else ()
        for index, trader in enumerate(self.traders):
            self._step_trader(trader, sights)
            self._keep_trades(index)
            if self._is_time_to_yield():
                yield
        self.archive.add(self.closing_rows.values())
        self.closing_rows = {}
        market.advance(self._width(market.end))
        if not self.leaderboard and market.start >= self._leaderboard_frozen_at:
            rated = sorted((t for t in self.traders if t.is_rated), key=lambda t: t.character.id)
            self.leaderboard = [records.build_leaderboard_payload(trader, market.before) for trader in rated]
        for index in range(len(self.traders)):
            self._close_hour(index)
            if self._is_time_to_yield():
                yield

    def _is_time_to_yield(self) -> bool:
        self._spent = (self._spent + 1) % _TRADER_STEPS_PER_YIELD
        return self._spent == 0

    def _step_trader(self, trader: SimulatedTrader, sights: tuple[CoinSnapshot, ...]) -> None:
        market = self.market
        if not trader.has_begun:
            if trader.inception < market.end:
                trader.begin(market)
            return
        trader.close_triggered(market)
        if trader.next_at >= market.end or trader.character.is_benchmark:
            return
        latest = market.end - _ANSWER_LEAD_S + trader.next_at % 1.0
        at = round(max(market.start, min(trader.next_at, latest)), 6)
        if sights:
            self._keep_cycle(trader, at, sights)
        else:
            trader.decide(market, at, _COARSE_PAUSE_S)

    def _keep_cycle(self, trader: SimulatedTrader, at: float, sights: tuple[CoinSnapshot, ...]) -> None:
        prices = tuple(self.market.prices(at))
        ledger, before = trader.account, trader.position_snapshots(prices)
        equity, free = ledger.equity(prices), ledger.free_cash
        actions = trader.decide(self.market, at, trader.character.cadence_s)
        self.cycles.append(
            DecisionCycle(
                trader=trader.character,
                number=trader.cycles,
                at=at,
                started_at=trader.inception,
                equity=equity,
                free_cash=free,
                sharpe=trader.activity.sharpe or 0.0,
                positions_before=before,
                positions_after=trader.position_snapshots(prices),
                actions=tuple(actions),
                snapshots=sights,
                prices=prices,
                seed=self._texts.getrandbits(48),
            )
        )

    def _keep_trades(self, index: int) -> None:
        trader = self.traders[index]
        while trader.account.unserialized:
            closed = trader.account.unserialized.popleft()
            wire = records.encode_payload(records.build_trade_payload(trader.character.id, closed))
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
