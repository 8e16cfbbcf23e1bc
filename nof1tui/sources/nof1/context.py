"""One raw record to one domain record. Raises Unusable with the reason when it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.sources.decoding.schema_drift import Notes
from nof1tui.sources.decoding.values import (
    moment,
    named,
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a record does not say of itself."""

    fetched_at: datetime
    roster: Roster
    notes: Notes


def _account(
    context: Context, trader: str | None, at: datetime, *competitions: str | int | None
) -> AccountKey:
    competition = next((str(item) for item in competitions if item is not None), "")
    return AccountKey(context.roster.season_at(at).slug, named(trader, "model_id"), competition)


def _moment(value: float | None, name: str) -> datetime | None:
    return None if value is None else moment(value, name)
