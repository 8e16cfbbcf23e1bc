"""What the outbox and the spool carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.domain.batch import Batch
from nof1tui.domain.records import Feed, Price

AT = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)


def prices(number: int) -> Envelope:
    at = AT + timedelta(seconds=number)
    return Envelope(Batch(Feed.PRICES, "crypto-prices", at, prices=(Price("BTC", 1.0 + number, at, at),)))
