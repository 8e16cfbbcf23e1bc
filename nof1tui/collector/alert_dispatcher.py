"""Evaluates alert rules on every board, saves the alerts, then sends them to their channels.

    board ─ evaluate ─ save ┬ show on the screen
                            └ send to each channel, record the result

An alert is sent by the instance that saved it: two instances that evaluate at the same time, a restart or a
new leader never send it twice. While the store is away alerts are shown, and sent when it is back.
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
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.ports.alerts import AlertDelivery, AlertRepository, Notifier
from nof1tui.ports.errors import BatchRejected, DeliveryFailed, StoreUnavailable

log = logging.getLogger(__name__)

_EVALUATE_EVERY_S = 5.0
"""Seconds without a new board; ages grow meanwhile."""
_STORE_RETRY_S = 2.0
"""Seconds between attempts to reach a store that is away."""
_MAX_CONCURRENT_DELIVERIES = 4
_DELIVERY_TIMEOUT_S = 20.0


class AlertDispatcher:
    """Evaluates the boards of one collector. `on_alerts` gets each alert once, for the screen."""

    def __init__(
        self,
        rules: Sequence[AlertRule],
        open_repository: Callable[[], AlertRepository],
        notifiers: Mapping[Channel, Notifier],
        *,
        clock: Callable[[], datetime],
        on_alerts: Callable[[Sequence[Alert]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`open_repository` raises StoreUnavailable while the store is not open."""
        self._rules = rules
        self._open_repository = open_repository
        self._notifiers = notifiers
        self._clock = clock
        self._on_alerts = on_alerts
        self._sleep = sleep
        self._board: Board | None = None
        self._stats = StatsCache()
        self._state: AlertState | None = None
        """None until it is loaded from the store; until then no rule is evaluated."""
        self._unsaved: dict[WatchKey, SubjectState] = {}
        self._pending: list[Alert] = []
        """Alerts that are not saved yet."""
        self._shown: set[str] = set()
        """Ids of alerts that were passed to `on_alerts`."""
        self._wake_up = asyncio.Event()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_DELIVERIES)
        self._deliveries: set[asyncio.Task[None]] = set()

    def evaluate(self, board: Board) -> None:
        """Evaluate the rules on this board; `run` saves and sends the alerts."""
        self._board = board
        if self._state is None:
            return
        evaluation = evaluate_rules(self._rules, self._state, board, self._clock(), self._stats)
        self._state = evaluation.state
        self._unsaved |= {key: evaluation.state.subjects[key] for key in evaluation.changed}
        self._pending += evaluation.alerts
        if evaluation.alerts or evaluation.changed:
            self._wake_up.set()

    async def run(self) -> None:
        """Evaluate, save and send until cancelled."""
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
        """Evaluate one board, save and send its alerts. Raises StoreUnavailable."""
        await self._load()
        self.evaluate(board)
        await self._save_and_send()
        if self._deliveries:
            _, unfinished = await asyncio.wait(self._deliveries, timeout=_DELIVERY_TIMEOUT_S)
            for delivery in unfinished:
                delivery.cancel()

    async def _load(self) -> None:
        if self._state is not None:
            return
        self._state, unsent = await self._open_repository().load(self._clock() - RECENT_WINDOW)
        self._send(unsent)
        if self._board is not None:
            self.evaluate(self._board)

    async def _pause(self) -> None:
        """Wait until there is something to save, or until ages must be evaluated again."""
        timer = asyncio.ensure_future(self._sleep(_EVALUATE_EVERY_S))
        woken = asyncio.create_task(self._wake_up.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()
            await asyncio.gather(timer, woken, return_exceptions=True)

    async def _save_and_send(self) -> None:
        """Save pending alerts and states, and send the alerts that were new."""
        self._wake_up.clear()
        if not self._unsaved and not self._pending:
            return
        watched, alerts = dict(self._unsaved), tuple(self._pending)
        try:
            saved = await self._open_repository().save(watched, alerts)
        except BatchRejected as error:
            log.error("alerts were not saved and are not sent: %s", error)
            self._show(alerts)
            self._clear_saved(watched, alerts)
            return
        self._clear_saved(watched, alerts)
        if saved.outdated:
            log.info("another instance has evaluated the alerts: reloading their state")
            self._state = None
            self._unsaved.clear()
            self._pending.clear()
            self._wake_up.set()
        new = [alert for alert in alerts if alert.id in saved.new_ids]
        for alert in new:
            log.warning("alert %s: %s", sanitise_line(alert.rule, 80), sanitise_line(alert.message, 200))
        self._show(new)
        self._send(new)

    def _clear_saved(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> None:
        """Forget what was saved; states that changed since stay unsaved."""
        for key, state in watched.items():
            if self._unsaved.get(key) is state:
                del self._unsaved[key]
        del self._pending[: len(alerts)]

    def _show(self, alerts: Sequence[Alert]) -> None:
        fresh = [alert for alert in alerts if alert.id not in self._shown]
        if fresh:
            self._shown |= {alert.id for alert in fresh}
            self._on_alerts(fresh)

    def _send(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            for channel in alert.channels:
                if channel in self._notifiers:
                    delivery = asyncio.create_task(self._deliver(alert, channel), name=f"alert: {channel}")
                    self._deliveries.add(delivery)
                    delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, alert: Alert, channel: Channel) -> None:
        """Send once: a delivery that another instance began, or that was cut off, is not repeated."""
        async with self._slots:
            if not await self._record_delivery(alert, AlertDelivery(channel, "sending", self._clock())):
                return
            try:
                await self._notifiers[channel].send(alert)
            except DeliveryFailed as error:
                reason = sanitise_line(str(error), 300)
                log.error("alert %s was not sent to %s: %s", sanitise_line(alert.rule, 80), channel, reason)
                await self._record_delivery(alert, AlertDelivery(channel, "failed", self._clock(), reason))
            else:
                await self._record_delivery(alert, AlertDelivery(channel, "sent", self._clock()))

    async def _record_delivery(self, alert: Alert, delivery: AlertDelivery) -> bool:
        """Record a delivery, as soon as the store is there; returns whether it was new."""
        while True:
            try:
                return await self._open_repository().record_delivery(alert.id, delivery)
            except StoreUnavailable:
                await self._sleep(_STORE_RETRY_S)
