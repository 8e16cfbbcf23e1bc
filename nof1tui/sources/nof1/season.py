"""Prices, analytics and starting capital of nof1's API: structs and conversion."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import (
    Analytics,
    Inception,
    Price,
)
from nof1tui.sources.decoding.values import (
    WireRecord,
    decode_json,
    decode_record,
    encode_json,
    parse_timestamp,
    require_name,
)
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_optional_timestamp
from nof1tui.sources.nof1.fields import Number, OptionalText


class PriceWire(WireRecord):
    price: Number
    symbol: OptionalText = None
    timestamp: Number | None = None


class AnalyticsWire(WireRecord):
    """Kept whole; the tables are named so that a new one is noticed."""

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


class InceptionWire(WireRecord):
    """`id` and `num_invocations` say nothing (contract 3.7) and are not kept."""

    model_id: str
    inception_date: Number
    id: Raw | UnsetType = UNSET
    num_invocations: Raw | UnsetType = UNSET
    nav_since_inception: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


def parse_price(coin: str | None, data: bytes, made_at: datetime | None, context: DecodeContext) -> Price:
    wire, _ = decode_record(data, PriceWire, context.drift)
    observed_at = parse_optional_timestamp(wire.timestamp, "timestamp") or made_at or context.fetched_at
    return Price(require_name(coin or wire.symbol, "symbol"), wire.price, observed_at, context.fetched_at)


def parse_analytics(data: bytes, context: DecodeContext) -> Analytics:
    wire, _ = decode_record(data, AnalyticsWire, context.drift)
    updated_at = parse_timestamp(wire.updated_at, "updated_at")
    trader = wire.model_id or wire.id
    account = account_key(context, trader, updated_at, wire.competition, wire.competition_id)
    return Analytics(account, updated_at, context.fetched_at, encode_json(decode_json(data)))


def parse_inception(data: bytes, context: DecodeContext) -> Inception:
    wire, _ = decode_record(data, InceptionWire, context.drift)
    at = parse_timestamp(wire.inception_date, "inception_date")
    account = account_key(context, wire.model_id, at, wire.competition, wire.competition_id)
    capital = wire.nav_since_inception
    if capital is None or capital <= 0:
        capital = context.roster.season(account.season).capital_usd
    return Inception(account, at, capital, context.fetched_at)
