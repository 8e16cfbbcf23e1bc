"""Coin prices of nof1's API (`crypto-prices`): struct and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from nof1tui.domain.records import Price
from nof1tui.sources.decoding.dialects import decode_dialect
from nof1tui.sources.decoding.errors import InvalidRecord
from nof1tui.sources.decoding.timestamps import is_finer_than_seconds, parse_timestamp
from nof1tui.sources.decoding.values import WireRecord, require_name
from nof1tui.sources.nof1.context import DecodeContext
from nof1tui.sources.nof1.fields import Number, OptionalText


class PriceWire(WireRecord):
    """The price of one coin."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "price": ("mid", "mark_price", "last_price"),
        "symbol": ("coin", "asset"),
        "timestamp": ("time", "updated_at"),
    }
    times: ClassVar[frozenset[str]] = frozenset({"timestamp"})

    price: Number
    symbol: OptionalText = None
    timestamp: Number | None = None


def parse_price(coin: str | None, data: bytes, made_at: datetime | None, context: DecodeContext) -> Price:
    """A price; without a time of its own that of the body, then of the fetch. Raises InvalidRecord."""
    if not data.startswith(b"{"):
        context.drift.add_change("price", "price", "a number in place of an object", data)
        data = b'{"price":' + data + b"}"
    wire, _ = decode_dialect(data, PriceWire, context.drift)
    if wire.price <= 0:
        raise InvalidRecord(f"price: {wire.price!r} is not above 0")
    observed_at = _parse_time(wire.timestamp, context) or made_at or context.fetched_at
    return Price(require_name(coin or wire.symbol, "symbol"), wire.price, observed_at, context.fetched_at)


def _parse_time(value: float | None, context: DecodeContext) -> datetime | None:
    """The time of a price, in milliseconds by the contract; None where it is unknown or unusable."""
    if not value:
        return None
    if not is_finer_than_seconds(value):
        context.drift.add_change("price", "timestamp", "seconds, not milliseconds")
    try:
        return parse_timestamp(value, "timestamp")
    except InvalidRecord:
        context.drift.add_change("price", "timestamp", "left out: not a time", repr(value).encode())
        return None
