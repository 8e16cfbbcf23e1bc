"""Coin prices of nof1's API (`crypto-prices`): struct and conversion."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.records import Price
from nof1tui.sources.decoding.values import WireRecord, decode_record, require_name
from nof1tui.sources.nof1.context import DecodeContext, parse_optional_timestamp
from nof1tui.sources.nof1.fields import Number, OptionalText


class PriceWire(WireRecord):
    """The price of one coin."""

    price: Number
    symbol: OptionalText = None
    timestamp: Number | None = None


def parse_price(coin: str | None, data: bytes, made_at: datetime | None, context: DecodeContext) -> Price:
    """A price; without a time of its own that of the body, then of the fetch. Raises InvalidRecord."""
    wire, _ = decode_record(data, PriceWire, context.drift)
    observed_at = parse_optional_timestamp(wire.timestamp, "timestamp") or made_at or context.fetched_at
    return Price(require_name(coin or wire.symbol, "symbol"), wire.price, observed_at, context.fetched_at)
