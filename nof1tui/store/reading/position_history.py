"""Reads the history of one open position from the account rows that contain it."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta

from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.records import AccountKey, Position
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.id_map import query_id_map, read_id_map
from nof1tui.store.reading.transaction import execute_query

MAX_HISTORY_POINTS = 240
_ENTRY_TOLERANCE = timedelta(minutes=1)
"""A position may be observed this long before its reported entry time."""


async def read_position_history(
    db: DatabaseConnection, account: AccountKey, position: Position, until: datetime
) -> PositionHistory:
    """The position's history up to `until`; empty where account, coin or entry time is unknown."""
    id_map = await read_id_map(await query_id_map(db))
    account_id, symbol_id = id_map.account_ids.get(account), id_map.symbol_ids.get(position.coin)
    if account_id is None or symbol_id is None or position.entry_at is None:
        return PositionHistory()
    values = {
        "account": account_id,
        "symbol": symbol_id,
        "since": position.entry_at - _ENTRY_TOLERANCE,
        "until": until,
        "side": 1 if position.quantity > 0 else -1,
    }
    rows = await (await execute_query(db, queries.HISTORY_VERSIONS, values)).fetchall()
    points_values = values | {"versions": [row.id for row in rows], "most": MAX_HISTORY_POINTS}
    points = await (await execute_query(db, queries.HISTORY_PNL_POINTS, points_values)).fetchall()
    return PositionHistory(
        TimeSeries(
            array("d", (point.at for point in points)), array("d", (point.unrealized for point in points))
        ),
        tuple((row.valid_from, row_decoding.position_from_version(row)) for row in rows),
    )
