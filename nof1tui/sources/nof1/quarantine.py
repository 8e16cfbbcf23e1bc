"""Quarantined records and bodies of nof1's API, decoded again by the current decoder."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.decoder import BodyDecoder
from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT, detect_endpoint
from nof1tui.sources.nof1.identities import IdentityRegister


def decode_quarantined(
    endpoint: str,
    raw: str,
    *,
    fetched_at: datetime,
    now: datetime,
    roster: Roster,
    plausibility: PlausibilityFilter | None = None,
    identities: IdentityRegister | None = None,
) -> Batch:
    """The records of a quarantined record or body; what still cannot be decoded is a reject with the reason.

    Records ahead of `now` stay rejects, whatever the clock showed when they were fetched.

    Raises SourceMalformed for a body whose envelope is still wrong.
    """
    data = raw.encode("utf-8", "replace")
    if endpoint not in ENVELOPE_KEY_BY_ENDPOINT:
        reject = Reject(endpoint, raw, "an endpoint that this version does not know", fetched_at)
        return Batch(Feed.ACCOUNTS, endpoint, fetched_at, rejects=(reject,))
    decoder = BodyDecoder(
        endpoint,
        fetched_at,
        roster,
        plausibility=plausibility,
        clock_ahead=now - fetched_at,
        identities=identities or IdentityRegister(),
    )
    if _is_body(data):
        decoder.feed(data)
        return decoder.finish()
    decoder.decode_records([(None, data)])
    return decoder.settle()


def _is_body(data: bytes) -> bool:
    try:
        return detect_endpoint(data) is not None
    except SourceMalformed:
        return False
