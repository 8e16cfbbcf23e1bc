"""Guard against mixing sources: a database has the records of one source only."""

from __future__ import annotations

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import SCHEMA, open_sync_connection


def ensure_same_source(url: str, source: str) -> None:
    """Raises StoreUnusable where the database has records of another source, or StoreUnavailable."""
    with open_sync_connection(url, "start") as db:
        rows = db.execute(f"SELECT DISTINCT arena FROM {SCHEMA}.seasons".encode()).fetchall()  # noqa: S608
    others = sorted(arena for (arena,) in rows if arena != source)
    if others:
        raise StoreUnusable(
            f"this database has records collected from {', '.join(others)}, but NOF1_SOURCE is {source}.\n"
            "Use a separate database for each source: another name in NOF1_DATABASE_URL or NOF1_DB_NAME."
        )
