"""A trader's statistics of nof1's API (`analytics`), kept as JSON: struct and conversion."""

from __future__ import annotations

from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import Analytics
from nof1tui.sources.decoding.values import (
    WireRecord,
    decode_json,
    decode_record,
    encode_json,
    parse_timestamp,
)
from nof1tui.sources.nof1.context import DecodeContext, account_key
from nof1tui.sources.nof1.fields import Number, OptionalText


class AnalyticsWire(WireRecord):
    """The record is stored whole; its tables are listed so that a new one counts as schema drift."""

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
    wire, _ = decode_record(data, AnalyticsWire, context.drift)
    updated_at = parse_timestamp(wire.updated_at, "updated_at")
    trader = wire.model_id or wire.id
    account = account_key(context, trader, updated_at, wire.competition, wire.competition_id)
    return Analytics(account, updated_at, context.fetched_at, encode_json(decode_json(data)))
