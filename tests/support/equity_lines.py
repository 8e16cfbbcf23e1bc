"""Equity of stored accounts over a range of time, read as the reader reads prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import series
from nof1tui.store.reading.id_map import query_id_map, read_id_map
from nof1tui.store.reading.transaction import read_transaction


async def read_equity_lines(
    database: Database,
    since: datetime,
    until: datetime,
    accounts: Sequence[AccountKey] | None = None,
    *,
    buckets: int = series.MAX_CHART_BUCKETS,
) -> dict[AccountKey, TimeSeries]:
    """The lines of these accounts (default: all), as `series.read_lines` returns them."""
    async with read_transaction(database, plan_once=True) as db:
        id_map = await read_id_map(await query_id_map(db))
        ids = {
            account_id: key
            for account_id, key in id_map.accounts.items()
            if accounts is None or key in accounts
        }
        lines = await series.read_lines(db, series.EQUITY_TABLES, list(ids), since, until, buckets)
    return {ids[account_id]: line for account_id, line in lines.items()}
