"""Read-only probe: server version, schema revision, write permission, clock skew. Calls block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema import migrate


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """Properties of a database, as probed."""

    server_version: str
    """Version of PostgreSQL: `18.6`."""
    schema_revision: str | None
    """Revision of the store; None without a store."""
    may_write: bool
    """Whether the role may write to the store, or create one where there is none."""
    clock_skew_s: float
    """Seconds by which the server's clock is ahead of `clock`."""
    is_replica: bool = False
    is_pooled: bool = False
    """Whether a connection pooler is between."""


def probe_database(url: str, clock: Callable[[], datetime]) -> DatabaseInfo:
    """Probe the database. Raises StoreUnavailable or StoreUnusable."""
    revision = migrate.read_revision(url)
    with open_sync_connection(url, "doctor") as db:
        privilege = (
            f"has_table_privilege('{SCHEMA}.account_snapshots', 'INSERT')"
            if revision is not None
            else "has_database_privilege(current_database(), 'CREATE')"
        )
        row = db.execute(f"SELECT clock_timestamp(), {privilege}".encode()).fetchone() or (clock(), False)
        skew_s = (row[0] - clock()).total_seconds()
        version = str(db.info.parameter_status("server_version"))
    return DatabaseInfo(
        version.split(" ")[0],
        revision,
        bool(row[1]) and not db.in_recovery,
        skew_s,
        db.in_recovery,
        db.is_pooled,
    )
