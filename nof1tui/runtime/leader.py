"""Holding the lead while collecting, and the upkeep that goes with it."""

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
"""Between two tries to get a lost lead back."""
_PRUNE_EVERY_S = 86_400.0
_FIRST_PRUNE_S = 60.0
"""After the start, so that a start is not slowed."""


async def hold_leadership(
    sink: ReconnectingSink, lead: Leadership | None, holder: str, *, keep_days: int, back: Callable[[], None]
) -> None:
    """Hold the lead, or get it back, for as long as nobody else has it; returns when somebody has,
    or when the store turns out to be one that may only be read.

    Without a store nobody can lead: collecting goes on, and the lead is asked for when it is there.
    `back` is called when it is.
    """
    if lead is not None:
        await _hold(sink, lead, keep_days)
    while True:
        try:
            store = await sink.open()
            if store.read_only:
                return
            async with open_session(store.session_url, "leader", idle_s=LEADER_TIMEOUT_S) as connection:
                taken = await acquire_leadership(connection, holder, wait=False)
                if taken is None:
                    return
                back()
                await _hold(sink, taken, keep_days)
        except StoreUnavailable:
            pass
        await asyncio.sleep(_STORE_RETRY_S)


async def _hold(sink: ReconnectingSink, lead: Leadership, keep_days: int) -> None:
    """Until the lead is lost."""
    upkeep = asyncio.create_task(_prune_daily(sink, keep_days), name="retention")
    try:
        await lead.keep_alive()
    except LeadershipLost as error:
        log.warning("the lead is lost: %s", error)
    finally:
        upkeep.cancel()
        await asyncio.gather(upkeep, return_exceptions=True)


async def _prune_daily(sink: ReconnectingSink, keep_days: int) -> None:
    """Thin what is older than the settings say; a failure is logged and tried again the next day."""
    if keep_days <= 0:
        return
    await asyncio.sleep(_FIRST_PRUNE_S)
    while True:
        try:
            store = await sink.open()
            pruned = await retention.prune(
                store.database, before=datetime.now(UTC) - timedelta(days=keep_days)
            )
            log.info("thinned: removed %s", pruned)
        except (StoreUnavailable, BatchRejected) as error:
            log.warning("old rows were not thinned: %s", error)
        await asyncio.sleep(_PRUNE_EVERY_S)
