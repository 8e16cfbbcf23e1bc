"""Where a database stands, told without changing anything. Calls block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema import migrate


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """What a look at a database tells."""

    server_version: str
    """Of PostgreSQL."""
    schema_revision: str | None
    """Of the store; None where there is none yet."""
    may_write: bool
    clock_skew_s: float
    """How far its clock is ahead of ours."""


def probe_database(url: str, clock: Callable[[], datetime]) -> DatabaseInfo:
    """Raises StoreUnavailable, or StoreRefused where it must not be used."""
    revision = migrate.read_revision(url)
    with open_sync_connection(url, "doctor") as db:
        right = (
            f"has_table_privilege('{SCHEMA}.account_snapshots', 'INSERT')"
            if revision is not None
            else "has_database_privilege(current_database(), 'CREATE')"
        )
        row = db.execute(f"SELECT clock_timestamp(), {right}".encode()).fetchone() or (clock(), False)
        skew_s = (row[0] - clock()).total_seconds()
        version = str(db.info.parameter_status("server_version"))
    return DatabaseInfo(version.split(" ")[0], revision, bool(row[1]), skew_s)
