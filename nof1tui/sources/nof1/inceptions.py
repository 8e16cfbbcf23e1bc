"""Starting times and capital of nof1's accounts (`since-inception-values`): struct and conversion."""

from __future__ import annotations

from msgspec import UNSET, Raw, UnsetType

from nof1tui.domain.records import Inception
from nof1tui.sources.decoding.values import WireRecord, decode_record, parse_timestamp
from nof1tui.sources.nof1.context import DecodeContext, account_key
from nof1tui.sources.nof1.fields import Number


class InceptionWire(WireRecord):
    """`id` and `num_invocations` carry no information (contract 3.7) and are not kept."""

    model_id: str
    inception_date: Number
    id: Raw | UnsetType = UNSET
    num_invocations: Raw | UnsetType = UNSET
    nav_since_inception: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


def parse_inception(data: bytes, context: DecodeContext) -> Inception:
    """Starting time and capital of one raw record; the season's capital where it has none.

    Raises InvalidRecord.
    """
    wire, _ = decode_record(data, InceptionWire, context.drift)
    at = parse_timestamp(wire.inception_date, "inception_date")
    account = account_key(context, wire.model_id, at, wire.competition, wire.competition_id)
    capital = wire.nav_since_inception
    if capital is None or capital <= 0:
        capital = context.roster.season(account.season).capital_usd
    return Inception(account, at, capital, context.fetched_at)
