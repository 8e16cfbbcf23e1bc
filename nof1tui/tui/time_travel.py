"""Travel through the store's past: steps, jumps, play, with the boards ahead already being read."""

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
"""Arena seconds per second while playing."""
_PLAY_FRAME_S = 0.25
"""Between two boards while playing."""
_PREFETCHED_BOARDS = 6
"""Boards read before they are asked for …"""
_CONCURRENT_READS = 2
"""… so many at a time, so that the writer keeps a connection."""
_STEPS_PER_QUERY = 64
"""Steps asked of the store at a time."""
MAX_QUEUED_STEPS = 3
"""Steps that a held key may run ahead; it stops soon after it is let go."""

TravelDirection = Literal["before", "after"]


class TimeTravel:
    """Where in time the screens are. `show` gets each board of the past, None for the return to live.

    `say` hears in plain words why a wish cannot be granted.
    """

    def __init__(
        self,
        history: Callable[[], History | None],
        *,
        show: Callable[[Board | None], None],
        say: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._history = history
        self._show = show
        self._say = say
        self._sleep = sleep
        self.moment: datetime | None = None
        """The moment shown; None is live."""
        self.speed = 0
        """Of the play going on; 0 while it does not."""
        self._steps = 0
        self._target: datetime | None = None
        self._direction: TravelDirection = "before"
        self._route: deque[datetime] = deque()
        self._boards: dict[datetime, asyncio.Task[Board]] = {}
        self._wished = asyncio.Event()
        self._reads = asyncio.Semaphore(_CONCURRENT_READS)
        self._course = 0
        """Changes when what is under way is no longer wanted."""

    # Wishes: at once, from key handlers

    def step(self, count: int) -> None:
        """So many of the store's own steps, forward or (negative) back."""
        self.speed = 0
        if (self._steps < 0) != (count < 0):
            self._steps = 0
        self._steps = max(-MAX_QUEUED_STEPS, min(MAX_QUEUED_STEPS, self._steps + count))
        self._wished.set()

    def jump(self, by: timedelta, now: datetime) -> None:
        """So far from the moment shown."""
        self.go_to((self._target or self.moment or now) + by)

    def go_to(self, moment: datetime) -> None:
        """To a moment; what was known then is shown, be the nearest record older."""
        self._course += 1
        self._steps, self.speed, self._target = 0, 0, moment
        self._wished.set()

    def play(self) -> None:
        """Let time run from the moment shown: faster at each call, then stop."""
        faster = [speed for speed in PLAY_SPEEDS if speed > self.speed]
        self.speed = faster[0] if faster else 0
        self._wished.set()

    def stop(self) -> None:
        """Let time stand still at the moment shown."""
        self.speed = 0

    def return_to_live(self) -> None:
        """Back to the present."""
        self._course += 1
        self._steps, self.speed, self._target, self.moment = 0, 0, None, None
        self._forget()
        self._show(None)

    # Granting them

    async def run(self) -> None:
        """Grant wishes until cancelled."""
        try:
            while True:
                await self._wished.wait()
                self._wished.clear()
                try:
                    await self._grant()
                except StoreUnavailable as error:
                    self._steps, self._target, self.speed = 0, None, 0
                    self._forget()
                    self._say(f"The past cannot be read now: {error}")
        finally:
            self._forget()

    async def _grant(self) -> None:
        history = self._history()
        if history is None:
            self._steps, self._target, self.speed = 0, None, 0
            self._say("There is no store, so there is no past to travel to.")
            return
        while self._target is not None or self._steps or self.speed:
            if self._target is not None:
                await self._arrive(history, self._target)
            elif self._steps:
                await self._take_step(history)
            else:
                await self._play_on(history)

    async def _arrive(self, history: History, target: datetime) -> None:
        extent = await history.time_range()
        if self._target is not target:
            return
        self._target = None
        if extent is None:
            self._say("The store has no past yet.")
        elif target >= extent[1]:
            self.return_to_live()
        else:
            self._forget()
            await self._stand(history, max(target, extent[0]))

    async def _take_step(self, history: History) -> None:
        direction: TravelDirection = "after" if self._steps > 0 else "before"
        if direction != self._direction:
            self._forget()
            self._direction = direction
        if not self._route:
            await self._plan(history)
        if not self._steps:
            return
        self._steps -= 1 if direction == "after" else -1
        if not self._route:
            self._steps = 0
            if direction == "after":
                self.return_to_live()
            else:
                self._say("This is where the store begins.")
            return
        self._read_ahead(history)
        await self._stand(history, self._route.popleft())

    async def _plan(self, history: History) -> None:
        """The next steps from here; from the present the newest record is where one already stands."""
        extent = await history.time_range()
        if extent is None:
            return
        if self.moment is None and self._direction == "after":
            return
        around = self.moment if self.moment is not None else extent[1]
        self._route.extend(await history.observation_times(around, self._direction, _STEPS_PER_QUERY))

    async def _play_on(self, history: History) -> None:
        extent = await history.time_range()
        if extent is None or self.moment is None:
            self.speed = 0
            self._say("Play starts in the past: go there with [ or @ first.")
            return
        self._forget()
        moment = self.moment + timedelta(seconds=_PLAY_FRAME_S * self.speed)
        if moment >= extent[1]:
            self.return_to_live()
            return
        await self._stand(history, moment)
        await self._sleep(_PLAY_FRAME_S)

    async def _stand(self, history: History, moment: datetime) -> None:
        course = self._course
        board = await (self._boards.pop(moment, None) or history.board(moment))
        if course == self._course:
            self.moment = moment
            self._show(board)

    def _read_ahead(self, history: History) -> None:
        for moment in list(self._route)[:_PREFETCHED_BOARDS]:
            if moment not in self._boards:
                task = asyncio.create_task(self._read(history, moment))
                task.add_done_callback(_looked_at)
                self._boards[moment] = task

    async def _read(self, history: History, moment: datetime) -> Board:
        async with self._reads:
            return await history.board(moment)

    def _forget(self) -> None:
        """Give up the steps ahead and the boards read for them."""
        self._route.clear()
        for task in self._boards.values():
            task.cancel()
        self._boards.clear()


def _looked_at(task: asyncio.Task[Board]) -> None:
    """A board that nobody came for may have failed: who comes for the next one will hear of it."""
    if not task.cancelled():
        task.exception()
