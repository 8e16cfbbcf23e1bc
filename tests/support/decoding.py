"""Wire records through the decoder of nof1's API, at a fixed time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from nof1tui.domain.batch import Batch
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT

NOW = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
AT = 1761634797.301
"""A time shortly before `NOW`."""
INCEPTION = 1760738409.834185


def decoded(endpoint: str, *records: Any, **envelope: Any) -> Batch:
    """The batch of these records in the contract's envelope."""
    body = {ENVELOPE_KEY_BY_ENDPOINT[endpoint]: list(records), "serverTime": 1761634797301, **envelope}
    return decoded_body(endpoint, body)


def decoded_body(endpoint: str, body: Any) -> Batch:
    """The batch of a whole body, given as JSON value or as bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_body(endpoint, data, fetched_at=NOW, roster=Roster())


def changes(batch: Batch) -> set[tuple[str, str]]:
    """The drift of a batch: fields and how they differ."""
    return {(drift.field, drift.change) for drift in batch.drift}
