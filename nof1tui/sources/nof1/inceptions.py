"""Starting times and capital of nof1's accounts (`since-inception-values`): struct and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import Inception
from nof1tui.sources.decoding.dialects import decode_dialect
from nof1tui.sources.decoding.values import WireRecord
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_moment
from nof1tui.sources.nof1.fields import TRADER_KEYS, Number, OptionalText


class InceptionWire(WireRecord):
    """`id` and `num_invocations` carry no information (contract 3.7) and are not kept."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "model_id": TRADER_KEYS,
        "inception_date": ("inception_at", "inception_time", "started_at"),
        "nav_since_inception": ("capital", "initial_balance", "initial_capital"),
    }
    times: ClassVar[frozenset[str]] = frozenset({"inception_date"})

    inception_date: Number
    model_id: OptionalText = None
    id: Raw | UnsetType = UNSET
    num_invocations: Raw | UnsetType = UNSET
    nav_since_inception: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


def parse_inception(data: bytes, context: DecodeContext) -> Inception:
    """Starting time and capital of one raw record. Raises InvalidRecord."""
    wire, _ = decode_dialect(data, InceptionWire, context.drift)
    at = parse_moment(context, "inception", "inception_date", wire.inception_date)
    account = account_key(context, wire.model_id, at, wire.competition, wire.competition_id)
    capital = wire.nav_since_inception
    if capital is not None and capital <= 0:
        context.drift.add_change("inception", "nav_since_inception", "left out: not above 0")
        capital = None
    return Inception(account, at, capital, context.fetched_at)
