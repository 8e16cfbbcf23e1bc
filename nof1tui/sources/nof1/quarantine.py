"""Quarantined records and bodies of nof1's API, decoded again by the current decoder."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.decoder import BodyDecoder, decode_body
from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT, detect_endpoint


def decode_quarantined(
    endpoint: str,
    raw: str,
    *,
    fetched_at: datetime,
    roster: Roster,
    plausibility: PlausibilityFilter | None = None,
) -> Batch:
    """The records of a quarantined record or body; what still cannot be decoded is a reject with the reason.

    Raises SourceMalformed for a body whose envelope is still wrong.
    """
    data = raw.encode("utf-8", "replace")
    if endpoint not in ENVELOPE_KEY_BY_ENDPOINT:
        reject = Reject(endpoint, raw, "an endpoint that this version does not know", fetched_at)
        return Batch(Feed.ACCOUNTS, endpoint, fetched_at, rejects=(reject,))
    if _is_body(data):
        return decode_body(endpoint, data, fetched_at=fetched_at, roster=roster, plausibility=plausibility)
    decoder = BodyDecoder(endpoint, fetched_at, roster, plausibility=plausibility)
    decoder.decode_records([(None, data)])
    return decoder.batch()


def _is_body(data: bytes) -> bool:
    try:
        return detect_endpoint(data) is not None
    except SourceMalformed:
        return False
