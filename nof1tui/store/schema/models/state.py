"""State of collection: health of each feed, and the elected collector."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, SmallInteger
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class FeedStateRow(Base):
    __tablename__ = "feed_state"
    __table_args__ = ({"comment": "Health of each feed, as last reported by the collector"},)

    feed: Mapped[str] = primary_key_column(
        comment="Feed: accounts, prices, trades, decisions, analytics, season"
    )
    interval_s: Mapped[float | None] = described_column("Poll interval in seconds while healthy")
    last_try_at: Mapped[datetime | None] = described_column("Time of the last poll")
    last_ok_at: Mapped[datetime | None] = described_column("Time of the last valid response")
    newest_at: Mapped[datetime | None] = described_column("Time of the newest record")
    failure: Mapped[str | None] = described_column("Error of the last poll; null if it succeeded")
    status: Mapped[int | None] = described_column("HTTP status of the last response", Integer)
    retry_at: Mapped[datetime | None] = described_column("Time of the next poll after a failure")
    requests: Mapped[int] = described_column("Number of polls", BigInteger)
    not_modified: Mapped[int] = described_column("Number of 304 responses", BigInteger)
    errors: Mapped[int] = described_column("Number of failed polls", BigInteger)
    quarantined: Mapped[int] = described_column("Number of undecodable records", BigInteger)
    latency_s: Mapped[float | None] = described_column("Latency of the last response in seconds")
    body_bytes: Mapped[int] = described_column("Size of the last response in bytes, decompressed", BigInteger)
    coerced: Mapped[int] = described_column(
        "Number of records with a value converted from another type than the contract's",
        BigInteger,
        server_default="0",
    )
    skew_s: Mapped[float | None] = described_column(
        "Seconds by which the server's clock is ahead of the collector's; null where unknown"
    )
    behind_s: Mapped[float | None] = described_column(
        "Seconds by which the newest record of the last response was older than a known one"
    )


class CollectorStateRow(Base):
    __tablename__ = "collector_state"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "The last elected collector"},
    )

    id: Mapped[int] = primary_key_column(SmallInteger, autoincrement=False, comment="Always 1")
    holder: Mapped[str] = described_column("pid@host")
    since: Mapped[datetime] = described_column("Time of its election")
    beat_at: Mapped[datetime] = described_column("Time of its last heartbeat")
    epoch: Mapped[int] = described_column("Number of elections", BigInteger, server_default="0")
