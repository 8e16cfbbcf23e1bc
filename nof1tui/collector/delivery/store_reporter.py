"""Reports the health of the store: available or away, records queued, dropped and set aside."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from msgspec.structs import replace

from nof1tui.collector.delivery.pending_queue import PendingQueue
from nof1tui.collector.delivery.sink_writer import SinkWriter
from nof1tui.collector.delivery.suspects import Suspects
from nof1tui.domain.health import StoreHealth


class StoreReporter:
    """Calls `on_health` with every change of the store's health."""

    def __init__(
        self,
        queue: PendingQueue,
        writer: SinkWriter,
        suspects: Suspects,
        *,
        reported: StoreHealth,
        on_health: Callable[[StoreHealth], None],
    ) -> None:
        """`reported` is the health as it is known to begin with."""
        self._queue = queue
        self._writer = writer
        self._suspects = suspects
        self._reported = reported
        self._on_health = on_health
        self.reported_at = 0.0
        """Monotonic time of the last report."""
        self.unavailable_reason: str | None = None
        """Why the store is away; None while it is available."""

    def report(self) -> None:
        """Report the health, if it has changed."""
        is_behind = self.unavailable_reason is not None or self._queue.has_spooled or self._suspects
        evicted, corrupt = self._queue.backlog.evicted_records, self._corrupt_records
        rejected = self._writer.rejected_records
        loss = self._writer.last_rejection if rejected else _loss_reason(evicted, corrupt)
        health = replace(
            self._reported,
            pending=self._queue.record_count if is_behind else 0,
            dropped=evicted + corrupt,
            rejected=rejected,
            failure=self.unavailable_reason or self._suspects.reason or loss,
        )
        if health != self._reported:
            self._reported, self.reported_at = health, monotonic()
            self._on_health(health)

    @property
    def _corrupt_records(self) -> int:
        return self._queue.spool.lost_records if self._queue.spool is not None else 0


def _loss_reason(evicted: int, corrupt: int) -> str | None:
    """Why records are lost; None if none are."""
    if corrupt:
        return f"{corrupt:,} records in the spool were corrupt and were set aside"
    return f"backlog full, {evicted:,} records dropped" if evicted else None
