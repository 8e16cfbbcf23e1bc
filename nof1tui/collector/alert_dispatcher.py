"""Alerts while collecting: every board is judged, what is due is kept, then sent.

    board ─ judge ─ keep ┬ told to the screen
                         └ sent on each way out, the result written down

An alert is sent only by the instance whose store took it, so that two that judge at once, a restart or
a new leader never send it twice. While the store is away it shows on the screen and waits to be sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from nof1tui.domain.alerts.alert import Alert, Channel
from nof1tui.domain.alerts.evaluate import RECENT_WINDOW, AlertState, SubjectState, WatchKey, evaluate_rules
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.board import Board
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.alerts import AlertDelivery, AlertRepository, Notifier
from nof1tui.ports.errors import BatchRejected, DeliveryFailed, StoreUnavailable

log = logging.getLogger(__name__)

_EVALUATE_EVERY_S = 5.0
"""Ages grow while no board comes."""
_STORE_RETRY_S = 2.0
"""Between two tries of a store that is away."""
_MAX_CONCURRENT_DELIVERIES = 4
"""Deliveries under way at the same time."""
_DELIVERY_TIMEOUT_S = 20.0


class AlertDispatcher:
    """Judges the boards of one collector. `tell` hears of each alert once, for the screen."""

    def __init__(
        self,
        rules: Sequence[AlertRule],
        book: AlertRepository,
        ways: Mapping[Channel, Notifier],
        *,
        clock: Callable[[], datetime],
        tell: Callable[[Sequence[Alert]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rules = rules
        self._book = book
        self._channels = ways
        self._clock = clock
        self._on_alerts = tell
        self._sleep = sleep
        self._board: Board | None = None
        self._memory: AlertState | None = None
        """None until the store has told it: until then nothing is judged."""
        self._unsaved: dict[WatchKey, SubjectState] = {}
        self._pending: list[Alert] = []
        """Due, but not kept yet."""
        self._shown: set[str] = set()
        """Of those, which are on the screen already."""
        self._wake_up = asyncio.Event()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_DELIVERIES)
        self._deliveries: set[asyncio.Task[None]] = set()

    def evaluate(self, board: Board) -> None:
        """Judge this board now; what comes of it is seen to by `run`."""
        self._board = board
        if self._memory is None:
            return
        judged = evaluate_rules(self._rules, self._memory, board, self._clock())
        self._memory = judged.state
        self._unsaved |= {place: judged.state.subjects[place] for place in judged.changed}
        self._pending += judged.alerts
        if judged.alerts or judged.changed:
            self._wake_up.set()

    async def run(self) -> None:
        """Judge, keep and send until cancelled."""
        try:
            while True:
                try:
                    await self._load()
                    await self._save_and_send()
                except StoreUnavailable:
                    self._show(self._pending)
                    await self._sleep(_STORE_RETRY_S)
                    continue
                await self._pause()
                if self._board is not None:
                    self.evaluate(self._board)
        finally:
            for delivery in self._deliveries:
                delivery.cancel()
            await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def dispatch_once(self, board: Board) -> None:
        """Judge one board and see to all that comes of it. Raises StoreUnavailable."""
        await self._load()
        self.evaluate(board)
        await self._save_and_send()
        if self._deliveries:
            _, late = await asyncio.wait(self._deliveries, timeout=_DELIVERY_TIMEOUT_S)
            for delivery in late:
                delivery.cancel()

    async def _load(self) -> None:
        if self._memory is not None:
            return
        self._memory, unsent = await self._book.load(self._clock() - RECENT_WINDOW)
        self._send(unsent)
        if self._board is not None:
            self.evaluate(self._board)

    async def _pause(self) -> None:
        """Until something is to be kept, or ages have to be looked at again."""
        rest = asyncio.ensure_future(self._sleep(_EVALUATE_EVERY_S))
        woken = asyncio.create_task(self._wake_up.wait())
        try:
            await asyncio.wait({rest, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rest.cancel()
            woken.cancel()
            await asyncio.gather(rest, woken, return_exceptions=True)

    async def _save_and_send(self) -> None:
        """Commit what is due, and send what was new."""
        self._wake_up.clear()
        if not self._unsaved and not self._pending:
            return
        watched, alerts = dict(self._unsaved), tuple(self._pending)
        try:
            kept = await self._book.save(watched, alerts)
        except BatchRejected as error:
            log.error("alerts were not kept and are not sent: %s", error)
            self._show(alerts)
            self._clear_saved(watched, alerts)
            return
        self._clear_saved(watched, alerts)
        if kept.outdated:
            log.info("another instance has judged the alerts meanwhile: beginning anew")
            self._memory = None
            self._unsaved.clear()
            self._pending.clear()
            self._wake_up.set()
        new = [alert for alert in alerts if alert.id in kept.new_ids]
        for alert in new:
            log.warning("alert %s: %s", sanitise_line(alert.rule, 80), sanitise_line(alert.message, 200))
        self._show(new)
        self._send(new)

    def _clear_saved(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> None:
        """What is kept needs no keeping; what has changed meanwhile does."""
        for place, known in watched.items():
            if self._unsaved.get(place) is known:
                del self._unsaved[place]
        del self._pending[: len(alerts)]

    def _show(self, alerts: Sequence[Alert]) -> None:
        fresh = [alert for alert in alerts if alert.id not in self._shown]
        if fresh:
            self._shown |= {alert.id for alert in fresh}
            self._on_alerts(fresh)

    def _send(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            for way in alert.channels:
                if way in self._channels:
                    delivery = asyncio.create_task(self._deliver(alert, way), name=f"alert by {way}")
                    self._deliveries.add(delivery)
                    delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, alert: Alert, way: Channel) -> None:
        """Once: what another began, or a kill cut off, is not begun again."""
        async with self._slots:
            if not await self._record_delivery(alert, AlertDelivery(way, "sending", self._clock())):
                return
            try:
                await self._channels[way].send(alert)
            except DeliveryFailed as error:
                reason = sanitise_line(str(error), 300)
                log.error("alert %s was not sent by %s: %s", sanitise_line(alert.rule, 80), way, reason)
                await self._record_delivery(alert, AlertDelivery(way, "failed", self._clock(), reason))
            else:
                await self._record_delivery(alert, AlertDelivery(way, "sent", self._clock()))

    async def _record_delivery(self, alert: Alert, delivery: AlertDelivery) -> bool:
        """Written down when the store is there."""
        while True:
            try:
                return await self._book.record_delivery(alert.id, delivery)
            except StoreUnavailable:
                await self._sleep(_STORE_RETRY_S)
