"""What runs behind the screen and behind `collect`: store, source and collector joined.

Of the instances on one store one collects; the others follow it and take over when it is gone.

    open store ─ elect ┬ lead:   collect, hold the lead ─ lost to another ─┐
                  ▲    └ follow: read at each commit, wait for the lead ───┤
                  └────────────────────────────────────────────────────────┘
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from nof1tui.collector import Collector
from nof1tui.collector.alert_dispatcher import AlertDispatcher
from nof1tui.collector.chain_verifier import ChainVerifier
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.board import Board, with_store
from nof1tui.domain.health import StoreHealth
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History
from nof1tui.ports.source import Chain, Source
from nof1tui.runtime.alerts import ArenaAlerts, ReconnectingAlertBook
from nof1tui.runtime.follower import Follower
from nof1tui.runtime.lazy_chain import LazyChain
from nof1tui.runtime.leader import hold_leadership
from nof1tui.runtime.open_store import Store
from nof1tui.runtime.reconnecting_sink import ReconnectingSink
from nof1tui.runtime.sleep_detector import detect_clock_jumps
from nof1tui.store.coordination.leadership import Leadership
from nof1tui.store.reading.reader import Reader

log = logging.getLogger(__name__)

PublishBoard = Callable[[Board], None]

_FINAL_DRAIN_ATTEMPTS, _FINAL_DRAIN_TIMEOUT_S = 12, 5.0
"""How often, and how long each time, who steps down tries to write what it still has."""


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """The chain, whose wallet is whose, and how often to ask."""

    chain: Callable[[], Chain]
    wallet_of: Callable[[AccountKey], str | None]
    interval_s: float


@dataclass(frozen=True, slots=True)
class Arena:
    """Which arena is watched, how, and by which clock."""

    name: str
    """Under which records are stored: `nof1`."""
    roster: Roster
    source: Callable[[], Source]
    store: Callable[[], AbstractAsyncContextManager[Store]]
    intervals_s: Mapping[Feed, float]
    clock: Callable[[], datetime]
    spool: Callable[[], Spool] | None = None
    """Where records wait while the store is away; None for arenas that can be had again."""
    shared: bool = False
    """Other instances may be on the same store: the one with the lead collects."""
    read_only: bool = False
    """Never collect: follow whoever does."""
    keep_days: int = 0
    """Fine-grained rows older than this are thinned once a day; 0 keeps all."""
    alarms: ArenaAlerts = ArenaAlerts()
    """What is told of it while it is collected."""
    witness: ChainVerification | None = None
    """Against what its rows are held while it is collected."""


class ArenaEngine:
    """`ports.Engine`: opens the store, publishes what it has, then collects or follows until cancelled."""

    def __init__(self, arena: Arena, *, holder: str | None = None) -> None:
        self._arena = arena
        self._holder = holder or f"{os.getpid()}@{socket.gethostname()}"
        self._collector: Collector | None = None
        self._sink: ReconnectingSink | None = None
        self._history: History | None = None
        self._board = Board(arena.roster)

    async def run(self, publish: PublishBoard) -> None:
        async with AsyncExitStack() as stack:
            sink = self._make_sink(stack)
            await self._look(sink)
            publish(self._board)
            while True:
                async with AsyncExitStack() as term:
                    lead = None
                    follower = Follower(
                        sink, self._holder, self._arena.roster, self._taking(publish), self._board
                    )
                    if self._arena.read_only or sink.read_only:
                        await replace(follower, role="viewer").follow()
                    if self._arena.shared and sink.store is not None:
                        lead = await follower.until_elected(term)
                    await self._lead(sink, lead, publish)

    async def run_once(self) -> Board:
        """Poll every feed once, store what came, and return the board with its health."""
        async with AsyncExitStack() as stack:
            sink = self._make_sink(stack)
            await self._look(sink)
            async with AsyncExitStack() as collecting:
                collector = self._make_collector(sink, collecting, lambda board: None)
                await collector.run_once()
                if self._arena.alarms.rules and not collector.board.health.store.failure:
                    await self._make_alarm(sink, collector).settle(collector.board)
                return collector.board

    def _make_sink(self, stack: AsyncExitStack) -> ReconnectingSink:
        arena = self._arena
        self._sink = ReconnectingSink(arena.store, arena.name, arena.roster, stack)
        return self._sink

    def _taking(self, publish: PublishBoard) -> PublishBoard:
        """Publish, and remember as what collecting begins from."""

        def take(board: Board) -> None:
            self._board = board
            publish(board)

        return take

    async def _look(self, sink: ReconnectingSink) -> None:
        """The board that the store has; without a store the reason why."""
        try:
            store = await sink.open()
            board = await Reader(store.database, self._arena.roster).board()
            self._board = with_store(board, StoreHealth(store.label))
        except StoreUnavailable as error:
            failed = replace(self._board.health.store, failure=str(error))
            self._board = with_store(self._board, failed)

    async def _lead(self, sink: ReconnectingSink, lead: Leadership | None, publish: PublishBoard) -> None:
        """Collect; returns when another instance has taken the lead."""
        if lead is not None:
            await self._look(sink)
        async with AsyncExitStack() as stack:
            looked_at = list[PublishBoard]([publish])
            collector = self._make_collector(sink, stack, lambda board: _publish_to_all(looked_at, board))
            publish(collector.board)
            collecting = asyncio.create_task(collector.run(), name="collector")
            tasks = {collecting}
            if self._arena.alarms.rules:
                alarm = self._make_alarm(sink, collector)
                looked_at.append(alarm.look)
                tasks.add(asyncio.create_task(alarm.run(), name="alarm"))
            if self._arena.witness is not None:
                verifier = self._make_verifier(self._arena.witness, collector, stack)
                tasks.add(asyncio.create_task(verifier.run(), name="chain check"))
            if self._arena.shared:
                keeping = hold_leadership(
                    sink,
                    lead,
                    self._holder,
                    keep_days=self._arena.keep_days,
                    back=collector.outbox.hurry,
                )
                waking = detect_clock_jumps(collector.wake, clock=self._arena.clock)
                tasks |= {
                    asyncio.create_task(keeping, name="lead"),
                    asyncio.create_task(waking, name="clock"),
                }
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                if not sink.read_only:
                    await _drain_before_following(collector)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._collector, self._board = None, collector.board

    def _make_collector(
        self, sink: ReconnectingSink, stack: AsyncExitStack, publish: PublishBoard
    ) -> Collector:
        arena, said = self._arena, self._board.health.store
        source = arena.source()
        stack.push_async_callback(source.aclose)
        self._collector = Collector(
            source,
            sink,
            self._board,
            intervals_s=arena.intervals_s,
            publish=publish,
            clock=arena.clock,
            store=StoreHealth(said.server, role="collector", holder=self._holder),
            spool=arena.spool() if arena.spool is not None else None,
        )
        return self._collector

    def _make_alarm(self, sink: ReconnectingSink, collector: Collector) -> AlertDispatcher:
        alarms, arena = self._arena.alarms, self._arena
        return AlertDispatcher(
            alarms.rules, ReconnectingAlertBook(sink), alarms.ways(), clock=arena.clock, tell=collector.note
        )

    def _make_verifier(
        self, witness: ChainVerification, collector: Collector, stack: AsyncExitStack
    ) -> ChainVerifier:
        chain = LazyChain(witness.chain)
        stack.push_async_callback(chain.aclose)
        return ChainVerifier(
            chain,
            witness.wallet_of,
            board=lambda: collector.board,
            tell=collector.checked,
            clock=self._arena.clock,
            interval_s=witness.interval_s,
        )

    def poll_now(self) -> None:
        if self._collector is not None:
            self._collector.poll_now()

    def change_pace(self, factor: float) -> float:
        return self._collector.change_pace(factor) if self._collector is not None else 1.0

    @property
    def history(self) -> History | None:
        store = self._sink.store if self._sink is not None else None
        if self._history is None and store is not None:
            self._history = Reader(store.database, self._arena.roster)
        return self._history


def _publish_to_all(listeners: Sequence[PublishBoard], board: Board) -> None:
    for publish in listeners:
        publish(board)


async def _drain_before_following(collector: Collector) -> None:
    """Write what an outage left behind: who follows writes nothing, and may do so for weeks."""
    for _ in range(_FINAL_DRAIN_ATTEMPTS):
        collector.outbox.hurry()
        if await collector.outbox.drained(_FINAL_DRAIN_TIMEOUT_S):
            return
    log.warning("%d records stay in the spool until this instance collects again", collector.outbox.waiting)
