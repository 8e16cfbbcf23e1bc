"""Export and restore: the restored store is identical, or stays empty."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import psycopg
import pytest

from nof1tui.domain.batch import Reject
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.archive import export_archive, restore_archive
from nof1tui.store.archive_manifest import MANIFEST_FILE, MAX_MANIFEST_BYTES
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, decision, key, position, price, trade

STRANGE = "tab\tnewline\n backslash \\ quote ' and \\N, \u202e"


@pytest.fixture
async def archive(database: Database, database_url: str, roster: Roster, tmp_path: Path) -> Path:
    """The export of a store with records of every kind."""
    writer = Writer(database, arena="nof1", roster=roster)
    rows = tuple(
        account_row(minutes=m, equity=10_000 + m / 3, positions=(position("ETH", 1.5),))
        for m in (0, 1, 5, 61, 60 * 24 * 40)
    )
    await writer.write(
        batch(
            accounts=rows,
            trades=(trade(1), trade(2)),
            decisions=(decision(summary=STRANGE),),
            prices=tuple(price("BTC", 1.0 + m, minutes=m) for m in (0, 3, 9)),
            rejects=(Reject("trades", '{"a": NaN}', STRANGE, at()),),
        )
    )
    path = tmp_path / "arena.nof1"
    manifest = export_archive(database_url, path)
    assert manifest.tables["account_snapshots"].rows == 5
    return path


def dump(url: str) -> dict[str, list[str]]:
    """All rows of all tables as text."""
    with psycopg.connect(url) as db:
        names = db.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'nof1'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        ).fetchall()
        return {
            name: [row for (row,) in db.execute(f"SELECT r::text FROM nof1.{name} r ORDER BY 1").fetchall()]  # type: ignore[misc]
            for (name,) in names
        }


async def test_a_restored_store_equals_the_exported_one(
    archive: Path, database_url: str, empty_database_url: str
) -> None:
    restore_archive(empty_database_url, archive)
    assert dump(empty_database_url) == dump(database_url)
    assert migrate.check_schema(empty_database_url) == []


async def test_a_restored_store_can_be_written(
    archive: Path, empty_database_url: str, roster: Roster
) -> None:
    restore_archive(empty_database_url, archive)
    opened = open_pool(empty_database_url)
    try:
        writer = Writer(opened, arena="nof1", roster=roster)
        fresh = account_row("new-model", minutes=200, positions=(position("NEW", 2.0),))
        await writer.write(batch(accounts=(fresh, account_row(minutes=60 * 24 * 41))))
        board = await Reader(opened, roster).board()
        assert board.accounts[key("new-model")].positions == fresh.positions
        assert len(board.accounts) == 2
    finally:
        await opened.close()


async def test_a_store_with_rows_is_not_overwritten(archive: Path, database_url: str) -> None:
    before = dump(database_url)
    with pytest.raises(StoreUnusable, match="not empty"):
        restore_archive(database_url, archive)
    assert dump(database_url) == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "other"])
async def test_a_damaged_archive_leaves_the_store_empty(
    archive: Path, empty_database_url: str, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "damaged.nof1"
    if damage == "cut":
        path.write_bytes(archive.read_bytes()[:-200])
    elif damage == "flipped":
        with zipfile.ZipFile(archive) as original, zipfile.ZipFile(path, "w") as damaged:
            for name in original.namelist():
                data = original.read(name)
                damaged.writestr(name, data.replace(b"10000", b"99999") if "snapshots" in name else data)
    else:
        path.write_text("not an archive", "utf-8")
    with pytest.raises(StoreUnusable):
        restore_archive(empty_database_url, path)
    if migrate.read_revision(empty_database_url):
        assert not any(rows for name, rows in dump(empty_database_url).items() if name != "alembic_version")


async def test_an_archive_of_an_older_schema_is_migrated(
    archive: Path, database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    rollups = dump(database_url)["equity_rollup"]
    migrate.downgrade(database_url, "0001")
    old = tmp_path / "old.nof1"
    assert export_archive(database_url, old).revision == "0001"
    restore_archive(empty_database_url, old)
    assert migrate.read_revision(empty_database_url) == migrate.HEAD_REVISION
    assert dump(empty_database_url)["equity_rollup"] == rollups


async def test_an_archive_of_a_newer_program_is_refused(
    archive: Path, empty_database_url: str, tmp_path: Path
) -> None:
    for change in ({"revision": "9999"}, {"format": 99}):
        path = tmp_path / "newer.nof1"
        with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(path, "w") as newer:
            for name in whole.namelist():
                data = whole.read(name)
                if name == MANIFEST_FILE:
                    data = json.dumps({**json.loads(data), **change}).encode()
                newer.writestr(name, data)
        with pytest.raises(StoreUnusable, match="newer"):
            restore_archive(empty_database_url, path)


async def test_an_export_that_fails_leaves_no_file(empty_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="no store"):
        export_archive(empty_database_url, tmp_path / "nothing.nof1")
    assert list(tmp_path.iterdir()) == []


async def test_an_export_into_a_missing_folder_raises_os_error(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        export_archive(database_url, tmp_path / "nowhere" / "arena.nof1")


def rewritten(archive: Path, path: Path, manifest: bytes) -> Path:
    """The archive with another manifest."""
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in whole.namelist():
            changed.writestr(name, manifest if name == MANIFEST_FILE else whole.read(name))
    return path


async def test_a_manifest_of_another_shape_is_refused_in_words(
    archive: Path, empty_database_url: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(archive) as whole:
        good = json.loads(whole.read(MANIFEST_FILE))
    prices = good["tables"]["prices"]
    month = f"FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00'); DROP TABLE {'x' * 9}"
    manifests: dict[str, object] = {
        "empty": b"",
        "no object": [],
        "tables as a list": {**good, "tables": []},
        "rows as text": {**good, "tables": {"prices": {**prices, "rows": "9"}}},
        "negative rows": {**good, "tables": {"prices": {**prices, "rows": -1}}},
        "columns as text": {**good, "tables": {"prices": {**prices, "columns": "ts"}}},
        "columns of numbers": {**good, "tables": {"prices": {**prices, "columns": [1]}}},
        "an unknown column": {**good, "tables": {"prices": {**prices, "columns": ["secret"]}}},
        "an unknown table": {**good, "tables": {"pg_authid": prices}},
        "a table of the collector": {**good, "tables": {"collector_state": prices}},
        "a partition of a plain table": {**good, "partitions": {"trades_202601": ["trades", month]}},
        "a partition of another name": {**good, "partitions": {"trades": ["prices", month]}},
        "bounds with a statement": {**good, "partitions": {"prices_202601": ["prices", month]}},
        "three bounds": {**good, "partitions": {"prices_202601": ["prices", month, month]}},
        "format as text": {**good, "format": "1"},
        "nested too deeply": b'{"format": 1, "other": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "too large": json.dumps(good).encode() + b" " * MAX_MANIFEST_BYTES,
        "not UTF-8": json.dumps(good).encode().replace(b"prices", b"pr\xffces"),
    }
    for name, manifest in manifests.items():
        text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        path = rewritten(archive, tmp_path / "other.nof1", text)
        with pytest.raises(StoreUnusable) as refusal:
            restore_archive(empty_database_url, path)
        assert "archive" in str(refusal.value), name
        assert "\n" not in str(refusal.value), name
    if migrate.read_revision(empty_database_url):
        assert not any(rows for name, rows in dump(empty_database_url).items() if name != "alembic_version")


async def test_rows_that_a_table_does_not_accept_are_named(
    archive: Path, empty_database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.nof1"
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(path, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, b"no price\n" if name == "tables/prices.copy" else whole.read(name))
    with pytest.raises(StoreUnusable, match="rows that its tables do not accept"):
        restore_archive(empty_database_url, path)


@pytest.mark.slow
@pytest.mark.parametrize("revision", sorted(migrate.known_revisions()))
async def test_an_archive_of_every_revision_is_brought_forward(
    archive: Path, database_url: str, empty_database_url: str, tmp_path: Path, revision: str
) -> None:
    migrate.downgrade(database_url, revision)
    path = tmp_path / "old.nof1"
    assert export_archive(database_url, path).revision == revision
    restore_archive(empty_database_url, path)
    migrate.upgrade(database_url)
    assert migrate.check_schema(empty_database_url) == []
    assert dump(empty_database_url)["trades"] == dump(database_url)["trades"]
