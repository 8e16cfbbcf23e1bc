"""Holds the leadership while this instance collects, and prunes old rows once a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from nof1tui.ports.errors import BatchRejected, StoreUnavailable
from nof1tui.runtime.reconnecting_sink import ReconnectingSink
from nof1tui.store.coordination.leadership import (
    LEADER_TIMEOUT_S,
    Leadership,
    LeadershipLost,
    acquire_leadership,
    open_session,
)
from nof1tui.store.writing import retention

log = logging.getLogger(__name__)

_STORE_RETRY_S = 1.0
"""Between two attempts to regain a lost leadership."""
_PRUNE_EVERY_S = 86_400.0
_FIRST_PRUNE_S = 60.0
"""After the start, which pruning would slow down."""


async def hold_leadership(
    sink: ReconnectingSink,
    leadership: Leadership | None,
    holder: str,
    *,
    keep_days: int,
    on_store_back: Callable[[], None],
) -> None:
    """Hold the leadership, or regain it; returns when another instance has it or the store is read-only.

    While the store is away the instance keeps collecting without it; `on_store_back` is called when the
    store is back and the leadership regained.
    """
    if leadership is not None:
        await _hold(sink, leadership, keep_days)
    while True:
        try:
            store = await sink.open()
            if store.read_only:
                return
            async with open_session(store.session_url, "leader", idle_s=LEADER_TIMEOUT_S) as connection:
                regained = await acquire_leadership(connection, holder, wait=False)
                if regained is None:
                    return
                on_store_back()
                await _hold(sink, regained, keep_days)
        except StoreUnavailable:
            pass
        await asyncio.sleep(_STORE_RETRY_S)


async def _hold(sink: ReconnectingSink, leadership: Leadership, keep_days: int) -> None:
    """Hold it until it is lost."""
    pruning = asyncio.create_task(_prune_daily(sink, keep_days), name="retention")
    try:
        await leadership.keep_alive()
    except LeadershipLost as error:
        log.warning("leadership lost: %s", error)
    finally:
        pruning.cancel()
        await asyncio.gather(pruning, return_exceptions=True)


async def _prune_daily(sink: ReconnectingSink, keep_days: int) -> None:
    """Prune rows older than `keep_days` once a day; a failure is logged and retried the next day."""
    if keep_days <= 0:
        return
    await asyncio.sleep(_FIRST_PRUNE_S)
    while True:
        try:
            store = await sink.open()
            pruned = await retention.prune(
                store.database, before=datetime.now(UTC) - timedelta(days=keep_days)
            )
            log.info("pruned: removed %s", pruned)
        except (StoreUnavailable, BatchRejected) as error:
            log.warning("old rows were not pruned: %s", error)
        await asyncio.sleep(_PRUNE_EVERY_S)
