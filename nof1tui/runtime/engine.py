"""Joins store, source and collector, for the monitor and for `collect`.

Of the instances on one store the leader collects; the others follow it, and take over when it is gone.

    open store ─ elect ┬ leader:   collect, hold the leadership ─ lost to another ─┐
                  ▲    └ follower: read at each commit, wait for leadership ───────┤
                  └────────────────────────────────────────────────────────────────┘
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
from nof1tui.runtime.alerts import ArenaAlerts
from nof1tui.runtime.follower import Follower
from nof1tui.runtime.leader import hold_leadership
from nof1tui.runtime.open_store import Store
from nof1tui.runtime.reconnecting_sink import ReconnectingSink
from nof1tui.runtime.sleep_detector import detect_clock_jumps
from nof1tui.store.connection.connect import Database
from nof1tui.store.coordination.leadership import Leadership
from nof1tui.store.reading.identity import read_identity
from nof1tui.store.reading.reader import Reader

log = logging.getLogger(__name__)

PublishBoard = Callable[[Board], None]

_FINAL_DRAIN_ATTEMPTS, _FINAL_DRAIN_TIMEOUT_S = 12, 5.0
"""Attempts, and seconds of each, to write the remaining records before following."""


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """How to verify accounts on chain: the chain, their wallets, the interval."""

    make_chain: Callable[[], Chain]
    wallet_of: Callable[[AccountKey], str | None]
    interval_s: float


@dataclass(frozen=True, slots=True)
class Arena:
    """An arena: its source, store, clock, poll intervals and alerts."""

    name: str
    """Arena of the stored records, such as `nof1`."""
    roster: Roster
    make_source: Callable[[], Source]
    open_store: Callable[[], AbstractAsyncContextManager[Store]]
    intervals_s: Mapping[Feed, float]
    clock: Callable[[], datetime]
    make_spool: Callable[[], Spool] | None = None
    """Queues records on disk while the store is away; None for arenas that can be replayed."""
    shared: bool = False
    """Whether other instances may use the same store; the leader collects."""
    read_only: bool = False
    """Whether to follow the collector only, and never collect."""
    retention_days: int = 0
    """Account rows and prices older than this are thinned once a day; 0 keeps all."""
    alerts: ArenaAlerts = ArenaAlerts()
    """Alerts while it is collected."""
    chain_verification: ChainVerification | None = None
    """Verification on chain while it is collected."""


class ArenaEngine:
    """`ports.Engine`: opens the store, publishes its board, then collects or follows until cancelled."""

    def __init__(self, arena: Arena, *, holder: str | None = None) -> None:
        self._arena = arena
        self._holder = holder or f"{os.getpid()}@{socket.gethostname()}"
        self._collector: Collector | None = None
        self._sink: ReconnectingSink | None = None
        self._history: History | None = None
        self._history_database: Database | None = None
        self._board = Board(arena.roster)

    async def run(self, publish: PublishBoard) -> None:
        async with AsyncExitStack() as stack:
            sink = self._make_sink(stack)
            await self._load_board(sink)
            publish(self._board)
            while True:
                async with AsyncExitStack() as term:
                    leadership = None
                    follower = Follower(
                        sink, self._holder, self._arena.roster, self._keeping(publish), self._board
                    )
                    if self._arena.read_only or sink.read_only:
                        await replace(follower, role="viewer").follow_as_viewer()
                        await self._load_board(sink)
                        continue
                    if self._arena.shared and sink.store is not None:
                        leadership = await follower.follow_until_elected(term)
                        if leadership is None:
                            await self._load_board(sink)
                            continue
                    await self._collect(sink, leadership, publish)

    async def run_once(self) -> Board:
        """Poll every feed once, store the records, and return the board with its health."""
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

    def _keeping(self, publish: PublishBoard) -> PublishBoard:
        """Publish boards, and keep the last one for the collector to start from."""

        def publish_and_keep(board: Board) -> None:
            self._board = board
            publish(board)

        return publish_and_keep

    async def _load_board(self, sink: ReconnectingSink) -> None:
        """Load the board of the store; without a store its health has the reason."""
        try:
            store = await sink.open()
            board = await Reader(store.database, self._arena.roster).board()
            self._board = with_store(board, StoreHealth(store.label))
        except StoreUnavailable as error:
            failed = structs.replace(self._board.health.store, failure=str(error))
            self._board = with_store(self._board, failed)

    async def _collect(
        self, sink: ReconnectingSink, leadership: Leadership | None, publish: PublishBoard
    ) -> None:
        """Collect; returns when another instance is the leader."""
        if leadership is not None:
            await self._load_board(sink)
        async with AsyncExitStack() as stack:
            listeners = [publish]
            collector = self._make_collector(sink, stack, lambda board: _publish_to_all(listeners, board))
            publish(collector.board)
            tasks = self._start_tasks(sink, collector, leadership, listeners, stack)
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

    def _start_tasks(
        self,
        sink: ReconnectingSink,
        collector: Collector,
        leadership: Leadership | None,
        listeners: list[PublishBoard],
        stack: AsyncExitStack,
    ) -> set[asyncio.Task[None]]:
        """Start the collector and what runs beside it: alerts, verification on chain, leadership, clock."""
        arena = self._arena
        tasks = {asyncio.create_task(collector.run(), name="collector")}
        if arena.alerts.rules:
            dispatcher = self._make_alert_dispatcher(sink, collector)
            listeners.append(dispatcher.evaluate)
            tasks.add(asyncio.create_task(dispatcher.run(), name="alerts"))
        if arena.chain_verification is not None:
            verifier = self._make_verifier(arena.chain_verification, collector, stack)
            tasks.add(asyncio.create_task(verifier.run(), name="chain verification"))
        if arena.shared:
            holding = hold_leadership(
                sink,
                leadership,
                self._holder,
                keep_days=arena.retention_days,
                on_store_back=collector.outbox.retry_now,
            )
            tasks.add(asyncio.create_task(holding, name="leadership"))
            detecting = detect_clock_jumps(collector.resume_after_sleep, clock=arena.clock)
            tasks.add(asyncio.create_task(detecting, name="sleep detector"))
        return tasks

    def _make_collector(
        self, sink: ReconnectingSink, stack: AsyncExitStack, publish: PublishBoard
    ) -> Collector:
        arena = self._arena
        source, spool = arena.make_source(), arena.make_spool() if arena.make_spool is not None else None
        if spool is not None:
            sink.on_first_write = lambda store: _bind_spool(spool, store)
        stack.push_async_callback(source.aclose)
        self._collector = Collector(
            source,
            sink,
            self._board,
            intervals_s=arena.intervals_s,
            publish=publish,
            clock=arena.clock,
            store=StoreHealth(self._board.health.store.server, role="collector", collector=self._holder),
            spool=spool,
        )
        return self._collector

    def _make_alert_dispatcher(self, sink: ReconnectingSink, collector: Collector) -> AlertDispatcher:
        alerts = self._arena.alerts
        return AlertDispatcher(
            alerts.rules,
            sink.alert_repository,
            alerts.make_channels(),
            clock=self._arena.clock,
            on_alerts=collector.add_alerts,
        )

    def _make_verifier(
        self, verification: ChainVerification, collector: Collector, stack: AsyncExitStack
    ) -> ChainVerifier:
        verifier = ChainVerifier(
            verification.make_chain,
            verification.wallet_of,
            board=lambda: collector.board,
            on_checks=collector.add_checks,
            clock=self._arena.clock,
            interval_s=verification.interval_s,
        )
        stack.push_async_callback(verifier.aclose)
        return verifier

    def poll_now(self) -> None:
        if self._collector is not None:
            self._collector.poll_now()

    def change_pace(self, factor: float) -> float:
        return self._collector.change_pace(factor) if self._collector is not None else 1.0

    @property
    def history(self) -> History | None:
        store = self._sink.store if self._sink is not None else None
        if store is not None and store.reads is not self._history_database:
            self._history_database = store.reads
            self._history = Reader(store.reads, self._arena.roster)
        return self._history


def _publish_to_all(listeners: Sequence[PublishBoard], board: Board) -> None:
    for publish in listeners:
        publish(board)


async def _bind_spool(spool: Spool, store: Store) -> None:
    """The spool's folder is that of the database. Raises StoreUnavailable."""
    identity = await read_identity(store.database)
    try:
        await asyncio.to_thread(spool.bind, identity, store.label)
    except OSError as error:
        log.error("the spool of this database cannot be used: %s", error.strerror or error)


async def _drain_before_following(collector: Collector) -> None:
    """Write the records of an outage: a follower writes nothing, possibly for weeks."""
    for _ in range(_FINAL_DRAIN_ATTEMPTS):
        collector.outbox.retry_now()
        if await collector.outbox.wait_until_drained(_FINAL_DRAIN_TIMEOUT_S):
            return
    log.warning(
        "%d records stay in the spool until this instance is the collector again",
        collector.outbox.pending_records,
    )
