"""What decoding a record needs beside its bytes: fetch time, roster, schema drift, identities."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.sources.decoding.errors import InvalidRecord
from nof1tui.sources.decoding.schema_drift import DriftRecorder
from nof1tui.sources.decoding.timestamps import is_finer_than_seconds, parse_timestamp
from nof1tui.sources.decoding.values import require_name
from nof1tui.sources.nof1.identities import IdentityRegister


@dataclass(frozen=True, slots=True)
class DecodeContext:
    """Fetch time, roster, drift recorder and known identities of the body that a record is part of."""

    fetched_at: datetime
    roster: Roster
    drift: DriftRecorder
    identities: IdentityRegister = field(default_factory=IdentityRegister)


def account_key(
    context: DecodeContext, trader: str | None, at: datetime, *competitions: str | int | None
) -> AccountKey:
    """The account of a record: season by time, trader, first competition given. Raises InvalidRecord."""
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(context.roster.season_at(at).slug, require_name(trader, "model_id"), competition)


def parse_moment(context: DecodeContext, record: str, name: str, value: float) -> datetime:
    """The time of a record, in seconds by the contract. Raises InvalidRecord."""
    if is_finer_than_seconds(value):
        context.drift.add_change(record, name, "a smaller unit than seconds")
    return parse_timestamp(value, name)


def parse_optional_moment(
    context: DecodeContext, record: str, name: str, value: float | None
) -> datetime | None:
    """A time; None where it is unknown (missing or 0) or unusable, which is recorded as drift."""
    if not value:
        return None
    try:
        return parse_moment(context, record, name, value)
    except InvalidRecord:
        context.drift.add_change(record, name, "left out: not a time", repr(value).encode())
        return None


def price_or_none(context: DecodeContext, record: str, name: str, value: float | None) -> float | None:
    """A price above 0; None where it is unknown (missing or 0) or negative, which is recorded as drift."""
    if value is None or value > 0:
        return value
    if value < 0:
        context.drift.add_change(record, name, "left out: a price below 0", repr(value).encode())
    return None
