"""A store as it was: stored records appear at their own times on a clock that began in the past."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_store
from nof1tui.domain.events.event import Event
from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.health import StoreHealth
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.records import AccountKey, AccountRow, Decision, DecisionTexts, Position, Trade
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.ports.engine import Engine
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import NO_FILTER, History, PageCursor, RecordFilter, StoreInventory

_LONGEST_WAIT_S = 1.0
"""Between two looks for records: trades, prices and decisions have times of their own."""
_SHORTEST_WAIT_S = 0.05


class PastClock:
    """Time that began at `start` and passes `speed` times as fast; at speed 0 it does not change."""

    def __init__(self, start: datetime, speed: float, monotonic: Callable[[], float]) -> None:
        self.speed = speed
        self._start, self._monotonic, self._began = start, monotonic, monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=self.speed * (self._monotonic() - self._began))


class PastHistory:
    """`ports.History` without the records that are newer than the clock."""

    def __init__(self, history: History, clock: Callable[[], datetime]) -> None:
        self._history, self._clock = history, clock

    def _until(self, moment: datetime | None) -> datetime:
        now = self._clock()
        return now if moment is None else min(moment, now)

    def _past(self, wanted: RecordFilter) -> RecordFilter:
        return replace(wanted, until=self._until(wanted.until))

    async def board(self, as_of: datetime | None = None) -> Board:
        return await self._history.board(self._until(as_of))

    async def account_rows(self, since: datetime) -> Sequence[AccountRow]:
        now = self._clock()
        return [row for row in await self._history.account_rows(since) if row.observed_at <= now]

    async def time_range(self) -> tuple[datetime, datetime] | None:
        found = await self._history.time_range()
        if found is None or found[0] > self._clock():
            return None
        return found[0], self._until(found[1])

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        now = self._clock()
        if direction == "before":
            around = min(around, now + timedelta(microseconds=1))
        found = await self._history.observation_times(around, direction, limit)
        return [moment for moment in found if moment <= now]

    async def trades(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> Sequence[Trade]:
        return await self._history.trades(self._past(wanted), after)

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        return await self._history.trade_totals(self._past(wanted))

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None, *, with_texts: bool = False
    ) -> Sequence[Decision]:
        return await self._history.decisions(self._past(wanted), after, with_texts=with_texts)

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        known = await self._history.decisions(self._past(NO_FILTER))
        if all(decision.id != decision_id for decision in known):
            return None
        return await self._history.decision_texts(decision_id)

    async def events(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> Sequence[Event]:
        return await self._history.events(self._past(wanted), after)

    async def price_series(
        self, since: datetime, until: datetime, coins: Sequence[str] | None = None
    ) -> Mapping[str, TimeSeries]:
        return await self._history.price_series(since, self._until(until), coins)

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        return await self._history.position_history(account, position, self._until(until))

    async def inventory(self) -> StoreInventory:
        return await self._history.inventory()


class ReplayedStore:
    """`ports.Engine` that publishes the boards of a past clock; the inner engine follows the store."""

    def __init__(self, inner: Engine, clock: PastClock) -> None:
        self._inner, self._clock = inner, clock
        self._store = StoreHealth()
        self._changed = asyncio.Event()

    async def run(self, publish: Callable[[Board], None]) -> None:
        following = asyncio.create_task(self._inner.run(self._on_board), name="follower")
        replaying = asyncio.create_task(self._replay(publish), name="replay")
        try:
            done, _ = await asyncio.wait({following, replaying}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (following, replaying):
                task.cancel()
            await asyncio.gather(following, replaying, return_exceptions=True)

    def _on_board(self, board: Board) -> None:
        self._store = board.health.store
        self._changed.set()

    async def _replay(self, publish: Callable[[Board], None]) -> None:
        published: Board | None = None
        while True:
            self._changed.clear()
            wait_s = _LONGEST_WAIT_S
            history = self._inner.history
            try:
                if history is not None:
                    now = self._clock()
                    board = with_store(replace(await history.board(now), as_of=None), self._store)
                    if board != published:
                        published = board
                        publish(board)
                    wait_s = self._wait_s(await history.observation_times(now, "after"))
            except StoreUnavailable as error:
                if published is not None:
                    published = with_store(published, replace(self._store, failure=str(error)))
                    publish(published)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    def _wait_s(self, following: Sequence[datetime]) -> float:
        """Seconds until the next account row, within the shortest and the longest wait."""
        if not following or not self._clock.speed:
            return _LONGEST_WAIT_S
        left_s = (following[0] - self._clock()).total_seconds() / self._clock.speed
        return min(max(left_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)

    def poll_now(self) -> None:
        """Nothing is polled."""

    def change_pace(self, factor: float) -> float:
        return 1.0

    @property
    def history(self) -> History | None:
        inner = self._inner.history
        return None if inner is None else PastHistory(inner, self._clock)
