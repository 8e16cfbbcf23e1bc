"""Exports a store to one file and restores it, on any server and major version of PostgreSQL.

The file is a zip archive: each table as `COPY` text (readable by every version of PostgreSQL, and half
the size of binary once compressed), and `manifest.json` with the revision, counts and checksums.
Calls block.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from nof1tui import __version__
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import BatchRejected, StoreUnusable
from nof1tui.store.archive_manifest import MANIFEST_FILE, ArchivedTable, ArchiveManifest, read_manifest
from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema import migrate
from nof1tui.store.schema.models import Base

_MAX_REASON_CHARACTERS = 200
_PARTITIONED_TABLES = frozenset({"account_snapshots", "prices"})
_CHUNK_BYTES = 2**18
LOCAL_TABLES = frozenset({"feed_state", "collector_state"})
"""Tables with the state of the current collector: not exported."""

OnTableProgress = Callable[[str, int], None]
"""Receives a table's name and a number of bytes processed."""


def _ignore_progress(table: str, byte_count: int) -> None:
    """Default of `on_progress`: discards it."""


def export_archive(
    url: str, path: Path, *, on_progress: OnTableProgress = _ignore_progress
) -> ArchiveManifest:
    """Export one snapshot of the store to a file; an existing file is replaced.

    Raises StoreUnavailable, StoreUnusable (no store, newer store), or OSError.
    """
    revision = migrate.read_revision(url)
    if revision is None:
        raise StoreUnusable("no store to export in this database")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                with open_sync_connection(url, "transfer") as db:
                    manifest = _export_tables(db, archive, revision, on_progress)
                archive.writestr(MANIFEST_FILE, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def restore_archive(
    url: str, path: Path, *, on_progress: OnTableProgress = _ignore_progress
) -> ArchiveManifest:
    """Restore an archive into an empty store, in one transaction, and migrate it to this program's schema.

    Raises StoreUnusable for a store that is not empty and for an archive that is damaged or newer than
    this program; StoreUnavailable; OSError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive)
            _prepare_empty_store(url, manifest.revision)
            try:
                with open_sync_connection(url, "transfer") as db:
                    _restore_tables(db, archive, manifest, on_progress)
            finally:
                migrate.upgrade(url)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError, NotImplementedError) as error:
        raise StoreUnusable(f"{path} is not a valid store archive: {error}") from error
    except BatchRejected as error:
        raise StoreUnusable(f"{path} has rows that its tables do not accept: {error}") from error
    return manifest


def _export_tables(
    db: psycopg.Connection[Any], archive: zipfile.ZipFile, revision: str, on_progress: OnTableProgress
) -> ArchiveManifest:
    db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    manifest = ArchiveManifest(
        revision=revision,
        written_at=datetime.now(UTC).isoformat(),
        program=__version__,
        server=str(db.info.server_version),
        partitions=_list_partitions(db),
    )
    for table in _list_tables(db):
        columns = _list_columns(db, table)
        digest, rows = hashlib.sha256(), 0
        statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
            _column_list(columns), _qualified_table(table)
        )
        with archive.open(_member_name(table), "w", force_zip64=True) as member, db.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for data in copy:
                    member.write(data)
                    digest.update(data)
                    on_progress(table, len(data))
            rows = cursor.rowcount
        manifest.tables[table] = ArchivedTable(columns, rows, digest.hexdigest())
    return manifest


def _prepare_empty_store(url: str, revision: str) -> None:
    """Migrate an empty store to the archive's revision. Raises StoreUnusable."""
    if revision not in migrate.known_revisions():
        raise StoreUnusable(
            f"the archive is at revision {revision}; this program supports up to {migrate.HEAD_REVISION}. "
            "It was written by a newer version: update nof1-tui"
        )
    migrate.upgrade(url)
    with open_sync_connection(url, "transfer") as db:
        for table in _list_tables(db):
            if (
                db.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(_qualified_table(table))).fetchone()
                is not None
            ):
                raise StoreUnusable(
                    f"the store is not empty ({table} has rows): restore into an empty one, such as "
                    "another database, or delete this one with `nof1-tui db downgrade base`"
                )
    if revision != migrate.HEAD_REVISION:
        migrate.downgrade(url, revision)


def _restore_tables(
    db: psycopg.Connection[Any],
    archive: zipfile.ZipFile,
    manifest: ArchiveManifest,
    on_progress: OnTableProgress,
) -> None:
    for name, (parent, bounds) in manifest.partitions.items():
        if parent not in _PARTITIONED_TABLES or not re.fullmatch(rf"{parent}_\d{{6}}", name):
            raise StoreUnusable("the archive has a partition of a table that has none")
        statement = sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} {}")
        db.execute(
            statement.format(
                _qualified_table(name), _qualified_table(parent), sql.SQL(_checked_partition_bounds(bounds))
            )
        )
    known = set(_list_tables(db))
    for table, part in manifest.tables.items():
        if table not in known or not set(part.columns) <= set(_list_columns(db, table)):
            raise StoreUnusable(
                f"the archive has a table or column that revision {manifest.revision} does not have: "
                f"{sanitise_line(table, _MAX_REASON_CHARACTERS)}"
            )
        digest = hashlib.sha256()
        filling = sql.SQL("COPY {} ({}) FROM STDIN").format(
            _qualified_table(table), _column_list(part.columns)
        )
        with archive.open(_member_name(table)) as member, db.cursor() as cursor:
            with cursor.copy(filling) as copy:
                while data := member.read(_CHUNK_BYTES):
                    copy.write(data)
                    digest.update(data)
                    on_progress(table, len(data))
            if (cursor.rowcount, digest.hexdigest()) != (part.rows, part.sha256):
                raise StoreUnusable(f"{table} in the archive is damaged: its checksum is wrong")
    _set_sequences(db)


def _checked_partition_bounds(text: str) -> str:
    """Bounds of a month as PostgreSQL prints them, safe to run as SQL. Raises StoreUnusable for others."""
    moment = r"'\d{4}-\d\d-01 00:00:00\+00'"
    if not re.fullmatch(rf"FOR VALUES FROM \({moment}\) TO \({moment}\)", text):
        raise StoreUnusable("the archive has a partition that is not a calendar month")
    return text


def _set_sequences(db: psycopg.Connection[Any]) -> None:
    """Set the identity sequences to continue after the restored ids."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.identity is not None and _table_exists(db, table.name):
                statement = sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({table}, {name}), "
                    "greatest(max({column}), 1), max({column}) IS NOT NULL) FROM {whole}"
                ).format(
                    table=sql.Literal(f"{SCHEMA}.{table.name}"),
                    name=sql.Literal(column.name),
                    column=sql.Identifier(column.name),
                    whole=_qualified_table(table.name),
                )
                db.execute(statement)


def _list_tables(db: psycopg.Connection[Any]) -> list[str]:
    """The tables of the database's revision, referenced ones first."""
    names = [table.name for table in Base.metadata.sorted_tables if table.name not in LOCAL_TABLES]
    return [name for name in names if _table_exists(db, name)]


def _table_exists(db: psycopg.Connection[Any], table: str) -> bool:
    row = db.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.{table}",)).fetchone()
    return row is not None and row[0] is not None


def _list_columns(db: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    """Names of all columns but generated ones."""
    rows = db.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position",
        (SCHEMA, table),
    )
    return tuple(name for (name,) in rows.fetchall())


def _list_partitions(db: psycopg.Connection[Any]) -> dict[str, tuple[str, str]]:
    rows = db.execute(
        "SELECT c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c "
        "JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent "
        "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %s "
        "WHERE c.relkind = 'r' AND c.relname NOT LIKE %s ORDER BY 1",
        (SCHEMA, "%_default"),
    )
    return {name: (parent, bounds) for name, parent, bounds in rows.fetchall()}


def _member_name(table: str) -> str:
    return f"tables/{table}.copy"


def _qualified_table(table: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, table)


def _column_list(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
