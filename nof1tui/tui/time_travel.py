"""Time travel through the store's history: steps, jumps and play, with boards read ahead."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

from nof1tui.domain.board import Board
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History

PLAY_SPEEDS = (1, 10, 60, 600)
"""Seconds of history per second of play."""
_PLAY_FRAME_S = 0.25
"""Time between two boards while playing."""
_PREFETCHED_BOARDS = 6
"""Boards read ahead."""
_CONCURRENT_READS = 2
"""Boards read at the same time; the limit leaves the writer a connection."""
_STEPS_PER_QUERY = 64
"""Observation times read from the store by one query."""
MAX_QUEUED_STEPS = 3
"""Most queued steps while a key is held, so that stepping stops soon after its release."""

TravelDirection = Literal["before", "after"]


class TimeTravel:
    """The moment the screens show, and the worker that moves it.

    `show` gets each board of the past, None for the return to live. `notify` gets a message when a
    request cannot be served.
    """

    def __init__(
        self,
        history: Callable[[], History | None],
        *,
        show: Callable[[Board | None], None],
        notify: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._history = history
        self._show = show
        self._notify = notify
        self._sleep = sleep
        self.moment: datetime | None = None
        """The moment shown; None is live."""
        self.speed = 0
        """Speed of play, one of `PLAY_SPEEDS`; 0 while not playing."""
        self._steps = 0
        self._target: datetime | None = None
        self._direction: TravelDirection = "before"
        self._route: deque[datetime] = deque()
        self._boards: dict[datetime, asyncio.Task[Board]] = {}
        self._requested = asyncio.Event()
        self._reads = asyncio.Semaphore(_CONCURRENT_READS)
        self._generation = 0
        """Incremented to discard boards still being read."""

    # Requests: called by key handlers, never wait

    def step(self, count: int) -> None:
        """Move by `count` of the store's observations, forward or (negative) back."""
        self.speed = 0
        if (self._steps < 0) != (count < 0):
            self._steps = 0
        self._steps = max(-MAX_QUEUED_STEPS, min(MAX_QUEUED_STEPS, self._steps + count))
        self._requested.set()

    def jump(self, by: timedelta, now: datetime) -> None:
        """Move by this duration from the moment shown; `now` is that moment while live."""
        self.go_to((self._target or self.moment or now) + by)

    def go_to(self, moment: datetime) -> None:
        """Move to a moment; the board shows the newest records not later than it."""
        self._generation += 1
        self._steps, self.speed, self._target = 0, 0, moment
        self._requested.set()

    def play(self) -> None:
        """Play from the moment shown: each call selects the next speed, after the last one play stops."""
        faster = [speed for speed in PLAY_SPEEDS if speed > self.speed]
        self.speed = faster[0] if faster else 0
        self._requested.set()

    def stop(self) -> None:
        """Stop play at the moment shown."""
        self.speed = 0

    def return_to_live(self) -> None:
        """Show the newest board again."""
        self._generation += 1
        self._steps, self.speed, self._target, self.moment = 0, 0, None, None
        self._clear_prefetch()
        self._show(None)

    # Worker

    async def run(self) -> None:
        """Serve requests until cancelled."""
        try:
            while True:
                await self._requested.wait()
                self._requested.clear()
                try:
                    await self._serve()
                except StoreUnavailable as error:
                    self._drop_requests()
                    self._clear_prefetch()
                    self._notify(f"Could not load history: {error}")
        finally:
            self._clear_prefetch()

    def _drop_requests(self) -> None:
        self._steps, self._target, self.speed = 0, None, 0

    async def _serve(self) -> None:
        history = self._history()
        if history is None:
            self._drop_requests()
            self._notify("No store: history unavailable.")
            return
        while self._target is not None or self._steps or self.speed:
            if self._target is not None:
                await self._move_to(history, self._target)
            elif self._steps:
                await self._take_step(history)
            else:
                await self._play_frame(history)

    async def _move_to(self, history: History, target: datetime) -> None:
        time_range = await history.time_range()
        if self._target is not target:
            return
        self._target = None
        if time_range is None:
            self._notify("No history yet.")
        elif target >= time_range[1]:
            self.return_to_live()
        else:
            self._clear_prefetch()
            await self._show_moment(history, max(target, time_range[0]))

    async def _take_step(self, history: History) -> None:
        direction: TravelDirection = "after" if self._steps > 0 else "before"
        if direction != self._direction:
            self._clear_prefetch()
            self._direction = direction
        if not self._route:
            await self._read_route(history)
        if not self._steps:
            return
        self._steps -= 1 if direction == "after" else -1
        if not self._route:
            self._steps = 0
            if direction == "after":
                self.return_to_live()
            else:
                self._notify("Start of history.")
            return
        self._read_ahead(history)
        await self._show_moment(history, self._route.popleft())

    async def _read_route(self, history: History) -> None:
        """Read the observation times that the next steps visit; live counts as the newest observation."""
        time_range = await history.time_range()
        if time_range is None:
            return
        if self.moment is None and self._direction == "after":
            return
        start = self.moment if self.moment is not None else time_range[1]
        self._route.extend(await history.observation_times(start, self._direction, _STEPS_PER_QUERY))

    async def _play_frame(self, history: History) -> None:
        time_range = await history.time_range()
        if time_range is None or self.moment is None:
            self.speed = 0
            self._notify("Go back first ([ or @), then P plays.")
            return
        self._clear_prefetch()
        moment = self.moment + timedelta(seconds=_PLAY_FRAME_S * self.speed)
        if moment >= time_range[1]:
            self.return_to_live()
            return
        await self._show_moment(history, moment)
        await self._sleep(_PLAY_FRAME_S)

    async def _show_moment(self, history: History, moment: datetime) -> None:
        generation = self._generation
        board = await (self._boards.pop(moment, None) or history.board(moment))
        if generation == self._generation:
            self.moment = moment
            self._show(board)

    def _read_ahead(self, history: History) -> None:
        for moment in list(self._route)[:_PREFETCHED_BOARDS]:
            if moment not in self._boards:
                task = asyncio.create_task(self._read(history, moment))
                task.add_done_callback(_retrieve_error)
                self._boards[moment] = task

    async def _read(self, history: History, moment: datetime) -> Board:
        async with self._reads:
            return await history.board(moment)

    def _clear_prefetch(self) -> None:
        """Drop the planned steps and the boards read ahead for them."""
        self._route.clear()
        for task in self._boards.values():
            task.cancel()
        self._boards.clear()


def _retrieve_error(task: asyncio.Task[Board]) -> None:
    """Mark the error of an unused read as retrieved; the next read from the store reports the fault."""
    if not task.cancelled():
        task.exception()
