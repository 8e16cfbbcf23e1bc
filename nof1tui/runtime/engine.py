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

from msgspec import structs

from nof1tui.collector import Collector
from nof1tui.collector.alert_dispatcher import AlertDispatcher
from nof1tui.collector.chain_verifier import ChainVerifier
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_store
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

    make_chain: Callable[[], Chain]
    wallet_of: Callable[[AccountKey], str | None]
    interval_s: float


@dataclass(frozen=True, slots=True)
class Arena:
    """Which arena is watched, how, and by which clock."""

    name: str
    """Under which records are stored: `nof1`."""
    roster: Roster
    make_source: Callable[[], Source]
    open_store: Callable[[], AbstractAsyncContextManager[Store]]
    intervals_s: Mapping[Feed, float]
    clock: Callable[[], datetime]
    make_spool: Callable[[], Spool] | None = None
    """Where records wait while the store is away; None for arenas that can be had again."""
    shared: bool = False
    """Other instances may be on the same store: the one with the lead collects."""
    read_only: bool = False
    """Never collect: follow whoever does."""
    retention_days: int = 0
    """Fine-grained rows older than this are thinned once a day; 0 keeps all."""
    alerts: ArenaAlerts = ArenaAlerts()
    """What is told of it while it is collected."""
    chain_verification: ChainVerification | None = None
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
            await self._load_board(sink)
            publish(self._board)
            while True:
                async with AsyncExitStack() as term:
                    lead = None
                    follower = Follower(
                        sink, self._holder, self._arena.roster, self._remembering(publish), self._board
                    )
                    if self._arena.read_only or sink.read_only:
                        await replace(follower, role="viewer").follow_forever()
                    if self._arena.shared and sink.store is not None:
                        lead = await follower.follow_until_elected(term)
                    await self._collect(sink, lead, publish)

    async def run_once(self) -> Board:
        """Poll every feed once, store what came, and return the board with its health."""
        async with AsyncExitStack() as stack:
            sink = self._make_sink(stack)
            await self._load_board(sink)
            async with AsyncExitStack() as collecting:
                collector = self._make_collector(sink, collecting, lambda board: None)
                await collector.run_once()
                if self._arena.alerts.rules and not collector.board.health.store.failure:
                    await self._make_alert_dispatcher(sink, collector).dispatch_once(collector.board)
                return collector.board

    def _make_sink(self, stack: AsyncExitStack) -> ReconnectingSink:
        arena = self._arena
        self._sink = ReconnectingSink(arena.open_store, arena.name, arena.roster, stack)
        return self._sink

    def _remembering(self, publish: PublishBoard) -> PublishBoard:
        """Publish, and remember as what collecting begins from."""

        def take(board: Board) -> None:
            self._board = board
            publish(board)

        return take

    async def _load_board(self, sink: ReconnectingSink) -> None:
        """The board that the store has; without a store the reason why."""
        try:
            store = await sink.open()
            board = await Reader(store.database, self._arena.roster).board()
            self._board = with_store(board, StoreHealth(store.label))
        except StoreUnavailable as error:
            failed = structs.replace(self._board.health.store, failure=str(error))
            self._board = with_store(self._board, failed)

    async def _collect(self, sink: ReconnectingSink, lead: Leadership | None, publish: PublishBoard) -> None:
        """Collect; returns when another instance has taken the lead."""
        if lead is not None:
            await self._load_board(sink)
        async with AsyncExitStack() as stack:
            looked_at = list[PublishBoard]([publish])
            collector = self._make_collector(sink, stack, lambda board: _publish_to_all(looked_at, board))
            publish(collector.board)
            collecting = asyncio.create_task(collector.run(), name="collector")
            tasks = {collecting}
            if self._arena.alerts.rules:
                alarm = self._make_alert_dispatcher(sink, collector)
                looked_at.append(alarm.evaluate)
                tasks.add(asyncio.create_task(alarm.run(), name="alarm"))
            if self._arena.chain_verification is not None:
                verifier = self._make_verifier(self._arena.chain_verification, collector, stack)
                tasks.add(asyncio.create_task(verifier.run(), name="chain check"))
            if self._arena.shared:
                keeping = hold_leadership(
                    sink,
                    lead,
                    self._holder,
                    keep_days=self._arena.retention_days,
                    back=collector.outbox.retry_now,
                )
                waking = detect_clock_jumps(collector.resume_after_sleep, clock=self._arena.clock)
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
        source = arena.make_source()
        stack.push_async_callback(source.aclose)
        self._collector = Collector(
            source,
            sink,
            self._board,
            intervals_s=arena.intervals_s,
            publish=publish,
            clock=arena.clock,
            store=StoreHealth(said.server, role="collector", collector=self._holder),
            spool=arena.make_spool() if arena.make_spool is not None else None,
        )
        return self._collector

    def _make_alert_dispatcher(self, sink: ReconnectingSink, collector: Collector) -> AlertDispatcher:
        alarms, arena = self._arena.alerts, self._arena
        return AlertDispatcher(
            alarms.rules,
            ReconnectingAlertBook(sink),
            alarms.make_channels(),
            clock=arena.clock,
            tell=collector.add_alerts,
        )

    def _make_verifier(
        self, witness: ChainVerification, collector: Collector, stack: AsyncExitStack
    ) -> ChainVerifier:
        chain = LazyChain(witness.make_chain)
        stack.push_async_callback(chain.aclose)
        return ChainVerifier(
            chain,
            witness.wallet_of,
            board=lambda: collector.board,
            tell=collector.add_checks,
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
        collector.outbox.retry_now()
        if await collector.outbox.wait_until_drained(_FINAL_DRAIN_TIMEOUT_S):
            return
    log.warning(
        "%d records stay in the spool until this instance collects again", collector.outbox.pending_records
    )
