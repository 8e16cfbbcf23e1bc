"""What decoding a record needs beside its bytes: fetch time, roster, schema drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.sources.decoding.schema_drift import DriftRecorder
from nof1tui.sources.decoding.values import (
    parse_timestamp,
    require_name,
)


@dataclass(frozen=True, slots=True)
class DecodeContext:
    """Fetch time, roster and drift recorder of the body that a record is part of."""

    fetched_at: datetime
    roster: Roster
    drift: DriftRecorder


def account_key(
    context: DecodeContext, trader: str | None, at: datetime, *competitions: str | int | None
) -> AccountKey:
    """The account of a record: season by time, trader, first competition given. Raises InvalidRecord."""
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(context.roster.season_at(at).slug, require_name(trader, "model_id"), competition)


def parse_optional_timestamp(value: float | None, name: str) -> datetime | None:
    """A time, or None where there is none. Raises InvalidRecord."""
    return None if value is None else parse_timestamp(value, name)
