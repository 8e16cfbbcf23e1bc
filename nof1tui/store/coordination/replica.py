"""Follows a replica, where LISTEN is refused: by polling the position up to which it has replayed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from msgspec import Struct

from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.connection.session import SessionConnection

POLL_INTERVAL_S = 0.5
"""Seconds between two polls; a commit is on the screen within two seconds of its replay."""

_STATUS = b"""
SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text,
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                 AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
            ELSE extract(epoch FROM clock_timestamp()
                 - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) END
"""
"""In recovery, position, lag. A replica that streams and has replayed all it received is not behind,
although its last commit may be old; one that has replayed nothing is behind since its start."""


class ReplicaStatus(Struct, frozen=True):
    """A replica at one poll."""

    lag_s: float
    """Seconds behind the primary."""
    has_new_commits: bool
    """Whether it has replayed anything since the poll before."""


async def poll_replica(connection: SessionConnection) -> AsyncIterator[ReplicaStatus]:
    """Yields at each change of position or lag (in whole seconds); ends when the replica is promoted.

    Raises StoreUnavailable.
    """
    position, lag_s = None, None
    while True:
        with translate_database_errors():
            row = await (await connection.execute(_STATUS)).fetchone()
        in_recovery, new_position, lag = row or (False, None, None)
        if not in_recovery:
            return
        new_lag_s = max(0, int(lag or 0))
        if (new_position, new_lag_s) != (position, lag_s):
            yield ReplicaStatus(float(new_lag_s), new_position != position)
        position, lag_s = new_position, new_lag_s
        await asyncio.sleep(POLL_INTERVAL_S)
