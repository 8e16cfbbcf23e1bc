"""Time travel: steps, jumps, playback, and the return to live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.tui.time_travel import MAX_QUEUED_STEPS, TimeTravel
from tests.support.scenes import ScriptedEngine, board, make_app, screen_text, until

NOW = datetime(2025, 10, 28, 7, 4, tzinfo=UTC)
STEPS = [NOW - timedelta(minutes=3 * place) for place in range(400)][::-1]


class Past:
    """A history of empty boards, one each three minutes."""

    def __init__(self) -> None:
        self.asked: list[datetime | None] = []
        self.fault: StoreUnavailable | None = None

    async def board(self, as_of: datetime | None = None) -> Board:
        self.asked.append(as_of)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return Board(Roster(), as_of=as_of)

    async def time_range(self) -> tuple[datetime, datetime] | None:
        return STEPS[0], STEPS[-1]

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        if direction == "after":
            return [step for step in STEPS if step > around][:limit]
        return [step for step in reversed(STEPS) if step < around][:limit]


class Trip:
    """A time travel with its shown boards and messages."""

    def __init__(self, past: Past | None) -> None:
        self.shown: list[datetime | None] = []
        self.messages: list[str] = []
        self.naps: list[float] = []
        self.traveller = TimeTravel(
            lambda: past,  # type: ignore[arg-type,return-value]  # the part of a history that travel needs
            show=lambda board: self.shown.append(board.as_of if board else None),
            notify=self.messages.append,
            sleep=self._nap,
        )

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)

    async def settled(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)


@asynccontextmanager
async def trip(past: Past | None) -> AsyncIterator[Trip]:
    made = Trip(past)
    task = asyncio.create_task(made.traveller.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_step_back_from_the_present_shows_the_observation_before_the_newest() -> None:
    async with trip(Past()) as out:
        out.traveller.step(-1)
        await out.settled()
        assert out.shown == [STEPS[-2]]
        assert out.traveller.moment == STEPS[-2]


async def test_steps_back_and_forth_pass_the_same_times_and_end_live() -> None:
    async with trip(Past()) as out:
        for count in (-1, -1, -1, 1, 1, 1):
            out.traveller.step(count)
            await out.settled()
        assert out.shown == [STEPS[-2], STEPS[-3], STEPS[-4], STEPS[-3], STEPS[-2], STEPS[-1]]
        out.traveller.step(1)
        await out.settled()
        assert out.shown[-1] is None
        assert out.traveller.moment is None


async def test_a_held_key_queues_a_few_steps_only() -> None:
    async with trip(Past()) as out:
        for _ in range(50):
            out.traveller.step(-1)
        await out.settled()
        assert len(out.shown) == MAX_QUEUED_STEPS


async def test_boards_ahead_are_read_in_advance() -> None:
    past = Past()
    async with trip(past) as out:
        out.traveller.step(-1)
        await out.settled()
        before = len(past.asked)
        out.traveller.step(-1)
        await asyncio.sleep(0)
        assert STEPS[-3] in past.asked[:before]


async def test_the_start_of_history_is_reported() -> None:
    async with trip(Past()) as out:
        out.traveller.go_to(STEPS[0])
        await out.settled()
        out.traveller.step(-1)
        await out.settled()
        assert out.shown == [STEPS[0]]
        assert out.messages == ["Start of history."]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        pytest.param(STEPS[10] + timedelta(seconds=7), STEPS[10] + timedelta(seconds=7), id="between"),
        pytest.param(STEPS[0] - timedelta(days=900), STEPS[0], id="before-all"),
        pytest.param(NOW + timedelta(days=1), None, id="in-the-future"),
    ],
)
async def test_going_to_a_time_stays_within_the_history(moment: datetime, shown: datetime | None) -> None:
    async with trip(Past()) as out:
        out.traveller.go_to(moment)
        await out.settled()
        assert out.shown[-1] == shown


async def test_days_add_up_before_any_board_is_shown() -> None:
    async with trip(Past()) as out:
        out.traveller.go_to(STEPS[390])
        await out.settled()
        out.traveller.jump(timedelta(hours=-2), NOW)
        out.traveller.jump(timedelta(hours=-2), NOW)
        await out.settled()
        assert out.shown[-1] == STEPS[390] - timedelta(hours=4)


async def test_playback_runs_until_the_present() -> None:
    async with trip(Past()) as out:
        out.traveller.go_to(NOW - timedelta(minutes=30))
        await out.settled()
        for _ in range(4):
            out.traveller.play()
        assert out.traveller.speed == 600
        for _ in range(20):
            await out.settled()
        assert out.shown[-1] is None
        assert out.shown[1] == NOW - timedelta(minutes=30) + timedelta(seconds=150)
        assert out.traveller.speed == 0


async def test_playback_speeds_up_and_then_stops() -> None:
    async with trip(Past()) as out:
        speeds = []
        for _ in range(5):
            out.traveller.play()
            speeds.append(out.traveller.speed)
        assert speeds == [1, 10, 60, 600, 0]


async def test_returning_to_live_cancels_a_pending_board() -> None:
    async with trip(Past()) as out:
        out.traveller.step(-1)
        await asyncio.sleep(0)
        out.traveller.return_to_live()
        await out.settled()
        assert out.shown == [None]
        assert out.traveller.moment is None


async def test_an_unavailable_store_is_reported_and_the_screen_stays() -> None:
    past = Past()
    async with trip(past) as out:
        past.fault = StoreUnavailable("connection refused")
        out.traveller.step(-2)
        await out.settled()
        assert out.shown == []
        assert out.messages == ["Could not load history: connection refused"]
        past.fault = None
        out.traveller.step(-1)
        await out.settled()
        assert out.shown == [STEPS[-2]]


async def test_without_a_store_history_is_unavailable() -> None:
    async with trip(None) as out:
        out.traveller.step(-1)
        await out.settled()
        assert out.messages == ["No store: history unavailable."]


async def test_the_screens_show_the_past_while_boards_keep_coming() -> None:
    class Engine(ScriptedEngine):
        history: Any = Past()

    engine = Engine(board())
    app = make_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        live = app.board
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: app.time_travel.moment is not None)
        await until(pilot, lambda: app.board is not live)
        assert "◀" in screen_text(app)
        newer = board()
        engine.publish(newer)
        await pilot.pause()
        assert app.board is not newer
        await pilot.press("L")
        await until(pilot, lambda: app.board is newer)


async def test_a_typed_time_is_parsed_and_a_wrong_one_is_explained() -> None:
    class Engine(ScriptedEngine):
        history: Any = Past()

    app = make_app(Engine(board()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("at", *"soon", "enter")
        await pilot.pause()
        assert "can't parse" in screen_text(app)
        await pilot.press(*["backspace"] * 4, *"-6h", "enter")
        await until(pilot, lambda: app.time_travel.moment is not None)
        assert app.time_travel.moment == app.clock() - timedelta(hours=6)
