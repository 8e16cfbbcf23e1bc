"""How the collecting goes: feeds and who collects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, SmallInteger
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class FeedStateRow(Base):
    __tablename__ = "feed_state"
    __table_args__ = ({"comment": "Health of each feed as its collector last saw it"},)

    feed: Mapped[str] = primary_key_column(comment="accounts, prices, trades, decisions, analytics, season")
    interval_s: Mapped[float | None] = described_column("Seconds between polls while healthy")
    last_try_at: Mapped[datetime | None] = described_column("When it was last asked")
    last_ok_at: Mapped[datetime | None] = described_column("When it last gave a usable answer")
    newest_at: Mapped[datetime | None] = described_column("Time of the newest record")
    failure: Mapped[str | None] = described_column("Why the last try failed; null when it went well")
    status: Mapped[int | None] = described_column("HTTP status of the last answer", Integer)
    retry_at: Mapped[datetime | None] = described_column("When it is asked again after a failure")
    requests: Mapped[int] = described_column("Tries in all", BigInteger)
    not_modified: Mapped[int] = described_column("Answers 304", BigInteger)
    errors: Mapped[int] = described_column("Tries that failed", BigInteger)
    quarantined: Mapped[int] = described_column("Records that could not be decoded", BigInteger)
    latency_s: Mapped[float | None] = described_column("Seconds that the last answer took")
    body_bytes: Mapped[int] = described_column("Bytes of the last answer, decompressed", BigInteger)
    coerced: Mapped[int] = described_column(
        "Records with a value of another type than the contract's that could be read all the same",
        BigInteger,
        server_default="0",
    )
    skew_s: Mapped[float | None] = described_column(
        "Seconds that upstream's clock is ahead of the collector's; null when it never told"
    )
    behind_s: Mapped[float | None] = described_column(
        "Seconds that the newest record of the last answer was older than one known before"
    )


class CollectorStateRow(Base):
    __tablename__ = "collector_state"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "Who collects into this store"},
    )

    id: Mapped[int] = primary_key_column(SmallInteger, autoincrement=False, comment="Always 1")
    holder: Mapped[str] = described_column("pid@host")
    since: Mapped[datetime] = described_column("When it took the lead")
    beat_at: Mapped[datetime] = described_column("Last sign of life")
    epoch: Mapped[int] = described_column("Elections so far", BigInteger, server_default="0")
