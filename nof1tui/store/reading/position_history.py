"""The life of one position, read from the account rows that held it."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta

from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.records import AccountKey, Position
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.id_map import ask_names, names_of
from nof1tui.store.reading.transaction import Connection, ask

MOST_POINTS = 240
EARLY = timedelta(minutes=1)
"""A position may be observed so long before the entry it is given."""


async def read_life(
    db: Connection, account: AccountKey, position: Position, until: datetime
) -> PositionHistory:
    """Empty where account, coin or the time of entry is not known."""
    names = await names_of(await ask_names(db))
    number, symbol = names.account_ids.get(account), names.symbol_ids.get(position.coin)
    if number is None or symbol is None or position.entry_at is None:
        return PositionHistory()
    wanted = {
        "account": number,
        "symbol": symbol,
        "since": position.entry_at - EARLY,
        "until": until,
        "side": 1 if position.quantity > 0 else -1,
    }
    rows = await (await ask(db, queries.LIFE_VERSIONS, wanted)).fetchall()
    held = {"versions": [row.id for row in rows], "most": MOST_POINTS}
    points = await (await ask(db, queries.LIFE_LINE, wanted | held)).fetchall()
    return PositionHistory(
        TimeSeries(
            array("d", (point.at for point in points)), array("d", (point.unrealized for point in points))
        ),
        tuple((row.valid_from, row_decoding.version(row)) for row in rows),
    )
