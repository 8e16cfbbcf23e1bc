"""Whose records a store holds: one database is one arena's."""

from __future__ import annotations

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import SCHEMA, open_sync_connection


def ensure_same_source(url: str, source: str) -> None:
    """Raises StoreRefused where another source has filled this database, or StoreUnavailable."""
    with open_sync_connection(url, "start") as db:
        found = db.execute(f"SELECT DISTINCT arena FROM {SCHEMA}.seasons".encode()).fetchall()  # noqa: S608
    others = sorted(arena for (arena,) in found if arena != source)
    if others:
        raise StoreUnusable(
            f"this database holds what was collected from {', '.join(others)}, and NOF1_SOURCE is {source}.\n"
            "Give each source a database of its own: another name in NOF1_DATABASE_URL or NOF1_DB_NAME."
        )
