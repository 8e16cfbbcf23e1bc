"""An alert for tests of its delivery."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.records import AccountKey

NOW = datetime(2025, 10, 26, 4, 19, 30, 250_000, tzinfo=UTC)


def alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": "alert:abc:x",
        "at": NOW,
        "rule": "deep",
        "rule_id": "abc",
        "message": "GPT 5: return_pct -20.31% < -20.00%",
        "channels": ("webhook",),
        "subject": Subject(AccountKey("s1", "gpt-5")),
        "observed_at": NOW,
        "metric": "return_pct",
        "value": -20.314,
        "threshold": -20.0,
    }
    return Alert(**{**fields, **changes})
