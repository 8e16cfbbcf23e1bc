"""The JSON document of an alert for commands and webhooks; schema: `docs/schemas/alert.json`."""

from __future__ import annotations

import json
from typing import Any

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.domain.time_expressions import iso

_PAYLOAD_VERSION = 1
MAX_PAYLOAD_TEXT_CHARS = 500
"""Limit of each text, since part of it is untrusted."""


def build_alert_payload(alert: Alert) -> dict[str, Any]:
    """The document as a dict. All keys are always present, None where unknown; texts are single lines."""
    subject, event = alert.subject, alert.event
    account = subject.account
    return {
        "version": _PAYLOAD_VERSION,
        "id": _line(alert.id),
        "at": iso(alert.at),
        "observed_at": iso(alert.observed_at) if alert.observed_at else None,
        "rule": _line(alert.rule),
        "text": _line(alert.text),
        "words": _line(alert.message),
        "trader": _line(account.trader) if account else None,
        "competition": _line(account.competition) if account and account.competition else None,
        "season": _line(account.season) if account else None,
        "coin": _line(subject.coin) if subject.coin else None,
        "feed": subject.feed.value if subject.feed else None,
        "metric": alert.metric,
        "value": alert.value,
        "threshold": alert.threshold,
        "event": event.kind if event else None,
        "test": alert.is_test,
    }


def encode_alert(alert: Alert) -> bytes:
    """The document as one line of ASCII JSON."""
    return json.dumps(build_alert_payload(alert), allow_nan=False).encode()


def _line(text: str) -> str:
    return sanitise_line(text, MAX_PAYLOAD_TEXT_CHARS)
