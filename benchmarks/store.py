"""The store under load: writing, every call of the reader, size, and how soon others hear of it.

    python benchmarks/store.py                 # 1M account rows
    python benchmarks/store.py --rows 10M
    python benchmarks/store.py --rows 100M     # about 50 GB of disk
    python benchmarks/store.py --smoke         # seconds; looks whether everything runs

Works in a database of its own on an embedded server of its own, and removes both. Prints a table
for docs/store.md; only ratios inside one run are to be trusted.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import re
import shutil
import sys
import time
from pathlib import Path

import psycopg
from _store_ingest import ingest_timed
from _store_load import Loaded, load, write_events
from _store_queries import queries_timed, simplest_query_ms
from _store_table import Table

from nof1tui.settings.model import load_settings
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded import lease as server
from nof1tui.store.schema import migrate

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.embedded_server import destroy_cluster

BEFORE_ROLLUPS = "0001"
"""The revision into which rows are loaded: the migration after it rolls up what a store already has."""
BYTES_A_ROW = 500
UNITS = {"": 1, "k": 1_000, "M": 1_000_000}


def count(text: str) -> int:
    match = re.fullmatch(r"(\d+)([kM]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text}: a number such as 500k, 1M or 10M")
    return int(match[1]) * UNITS[match[2]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=count, default=count("1M"))
    parser.add_argument("--smoke", action="store_true", help="few rows, few turns")
    parser.add_argument("--times", type=int, default=100, help="turns of each query")
    parser.add_argument("--home", type=Path, help="folder for the server (default: under the data folder)")
    parser.add_argument("--keep", action="store_true", help="leave server and database for another look")
    wish = parser.parse_args()
    home = wish.home or load_settings().data_dir / "benchmark"
    if wish.smoke:
        wish.rows, wish.times = count("20k"), 8
    home.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(home).free < wish.rows * BYTES_A_ROW + 2 * 2**30:
        print(f"{wish.rows:,} rows need about {wish.rows * BYTES_A_ROW / 1e9:.0f} GB free", file=sys.stderr)
        return 2
    lease = server.acquire_lease(home)
    try:
        lease.drop_database("bench")
        lease.create_database("bench")
        url = lease.url("bench")
        table = asyncio.run(measured(url, wish.rows, wish.times, smoke=wish.smoke))
    finally:
        lease.release()
        if not wish.keep:
            destroy_cluster(home)
    return 1 if table.missed and not wish.smoke else 0


async def measured(url: str, rows: int, times: int, *, smoke: bool) -> Table:
    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    migrate.upgrade(url)
    migrate.downgrade(url, BEFORE_ROLLUPS)
    loaded = load(url, rows, say)
    began = time.perf_counter()
    migrate.upgrade(url)
    rolled_s = time.perf_counter() - began
    write_events(url)
    database = open_pool(url)
    table = Table()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
        version, data = db.execute("SHOW server_version").fetchone()[0], db.execute("SHOW data_directory")
        folder = Path(data.fetchone()[0])
        simplest_ms, what = simplest_query_ms(url, 1 if smoke else 3)
        print(
            f"\n{rows:,} account rows, PostgreSQL {version}, Python {platform.python_version()}; "
            f"baseline of queries: {what}\n"
        )
        table.heading()
        table.add("loading account rows, server-side", f"{loaded.rows / loaded.seconds:,.0f} rows/s")
        table.add("roll-ups of all of them", f"{loaded.rows / rolled_s:,.0f} rows/s")
        sizes(db, loaded, table)
    await queries_timed(database, url, loaded, table, simplest_ms=simplest_ms, times=times, data=folder)
    backfill = count("2k") if smoke else min(rows, count("1M")) // 5
    await ingest_timed(database, url, loaded, table, times=times, backfill=backfill)
    await database.close()
    return table


def sizes(db: psycopg.Connection, loaded: Loaded, table: Table) -> None:
    """Bytes of each account row, with indexes, positions and roll-ups."""
    found = dict(
        db.execute(
            "SELECT regexp_replace(relname, '_(\\d{6}|default)$', ''), sum(pg_total_relation_size(oid)) "
            "FROM pg_class WHERE relnamespace = 'nof1'::regnamespace AND relkind = 'r' GROUP BY 1"
        ).fetchall()
    )
    kinds = {"rows": "account_snapshots", "positions": "position_versions", "roll-ups": "equity_rollup"}
    each = {name: float(found[kind]) / loaded.rows for name, kind in kinds.items()}
    parts = ", ".join(f"{name} {size:.0f}" for name, size in each.items())
    total = sum(each.values())
    table.add(
        "bytes per account row, 4 positions open", f"{total:.0f} ({parts})", goal="≤ 320", met=total <= 320
    )


if __name__ == "__main__":
    sys.exit(main())
