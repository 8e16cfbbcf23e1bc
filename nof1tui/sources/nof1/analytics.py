"""A trader's statistics of nof1's API (`analytics`), kept as JSON: struct and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import Analytics
from nof1tui.sources.decoding.dialects import decode_dialect
from nof1tui.sources.decoding.field_readers import decode_kept, read_number
from nof1tui.sources.decoding.values import WireRecord, encode_json
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_moment
from nof1tui.sources.nof1.fields import TRADER_KEYS, Number, OptionalText


class AnalyticsWire(WireRecord):
    """The record is stored whole; its tables are listed so that a new one counts as schema drift."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"model_id": TRADER_KEYS, "updated_at": ("timestamp",)}
    times: ClassVar[frozenset[str]] = frozenset({"updated_at"})

    updated_at: Number
    model_id: OptionalText = None
    id: OptionalText = None
    last_trade_exit_time: Raw | UnsetType = UNSET
    last_trade_doc_id: Raw | UnsetType = UNSET
    last_convo_timestamp: Raw | UnsetType = UNSET
    last_convo_doc_id: Raw | UnsetType = UNSET
    fee_pnl_moves_breakdown_table: Raw | UnsetType = UNSET
    winners_losers_breakdown_table: Raw | UnsetType = UNSET
    signals_breakdown_table: Raw | UnsetType = UNSET
    longs_shorts_breakdown_table: Raw | UnsetType = UNSET
    overall_trades_overview_table: Raw | UnsetType = UNSET
    invocation_breakdown_table: Raw | UnsetType = UNSET
    competition: str | int | None = None
    competition_id: str | int | None = None


def parse_analytics(data: bytes, context: DecodeContext) -> Analytics:
    """Statistics of one raw record. Raises InvalidRecord."""
    wire, _ = decode_dialect(data, AnalyticsWire, context.drift)
    updated_at = parse_moment(context, "analytics", "updated_at", wire.updated_at)
    trader = wire.model_id or wire.id
    account = account_key(context, trader, updated_at, wire.competition, wire.competition_id)
    tables = _with_numbers(decode_kept(data), context)
    return Analytics(account, updated_at, context.fetched_at, encode_json(tables))


def _with_numbers(record: Any, context: DecodeContext) -> Any:
    """The record with the numbers of its tables as numbers, also where they are text."""
    for name, table in record.items():
        if not isinstance(table, dict):
            continue
        for key, value in table.items():
            if isinstance(value, str):
                try:
                    table[key] = read_number(value)
                except ValueError:
                    continue
                context.drift.add_change("analytics", name, "numbers as text")
    return record
