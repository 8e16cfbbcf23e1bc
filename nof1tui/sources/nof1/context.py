"""One raw record to one domain record. Raises Unusable with the reason when it cannot be."""

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
    """What a record does not say of itself."""

    fetched_at: datetime
    roster: Roster
    drift: DriftRecorder


def account_key(
    context: DecodeContext, trader: str | None, at: datetime, *competitions: str | int | None
) -> AccountKey:
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(context.roster.season_at(at).slug, require_name(trader, "model_id"), competition)


def parse_optional_timestamp(value: float | None, name: str) -> datetime | None:
    return None if value is None else parse_timestamp(value, name)
