"""Writes capital flows, and the events that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from nof1tui.domain.records import AccountKey, CapitalFlow
from nof1tui.ports.sink import WriteCounts
from nof1tui.store.writing.row_encoding import replace_nul, replace_nul_json
from nof1tui.store.writing.upsert import Upsert, UpsertColumn, upsert_rows

FLOW_UPSERT = Upsert(
    "nof1.capital_flows",
    key_columns=(UpsertColumn("arena_id", "int2"), UpsertColumn("id", "text")),
    value_columns=(
        UpsertColumn("account_id", "int4"),
        UpsertColumn("ts", "timestamptz"),
        UpsertColumn("since_ts", "timestamptz"),
        UpsertColumn("usd", "float8"),
        UpsertColumn("kind", "text"),
        UpsertColumn("label", "text"),
        UpsertColumn("corrects", "text"),
        UpsertColumn("extra", "jsonb"),
    ),
)


async def write_flows(
    db: psycopg.AsyncConnection[Any],
    arena_id: int,
    flows: Sequence[CapitalFlow],
    accounts: Mapping[AccountKey, int],
) -> WriteCounts:
    """Write flows; one that is stored keeps the time at which it was learned first."""
    rows = [
        (
            arena_id,
            replace_nul(flow.id),
            accounts[flow.account],
            flow.at,
            flow.since,
            flow.usd,
            flow.kind,
            replace_nul(flow.label),
            replace_nul(flow.corrects),
            replace_nul_json(flow.extra),
            flow.fetched_at,
        )
        for flow in flows
    ]
    return await upsert_rows(db, FLOW_UPSERT, rows, len(rows))
