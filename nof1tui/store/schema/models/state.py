"""How the collecting goes: feeds and who collects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, SmallInteger
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, key, said


class FeedStateRow(Base):
    __tablename__ = "feed_state"
    __table_args__ = ({"comment": "Health of each feed as its collector last saw it"},)

    feed: Mapped[str] = key(comment="accounts, prices, trades, decisions, analytics, season")
    interval_s: Mapped[float | None] = said("Seconds between polls while healthy")
    last_try_at: Mapped[datetime | None] = said("When it was last asked")
    last_ok_at: Mapped[datetime | None] = said("When it last gave a usable answer")
    newest_at: Mapped[datetime | None] = said("Time of the newest record")
    failure: Mapped[str | None] = said("Why the last try failed; null when it went well")
    status: Mapped[int | None] = said("HTTP status of the last answer", Integer)
    retry_at: Mapped[datetime | None] = said("When it is asked again after a failure")
    requests: Mapped[int] = said("Tries in all", BigInteger)
    not_modified: Mapped[int] = said("Answers 304", BigInteger)
    errors: Mapped[int] = said("Tries that failed", BigInteger)
    quarantined: Mapped[int] = said("Records that could not be decoded", BigInteger)
    latency_s: Mapped[float | None] = said("Seconds that the last answer took")
    body_bytes: Mapped[int] = said("Bytes of the last answer, decompressed", BigInteger)
    coerced: Mapped[int] = said(
        "Records with a value of another type than the contract's that could be read all the same",
        BigInteger,
        server_default="0",
    )
    skew_s: Mapped[float | None] = said(
        "Seconds that upstream's clock is ahead of the collector's; null when it never told"
    )
    behind_s: Mapped[float | None] = said(
        "Seconds that the newest record of the last answer was older than one known before"
    )


class CollectorStateRow(Base):
    __tablename__ = "collector_state"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "Who collects into this store"},
    )

    id: Mapped[int] = key(SmallInteger, autoincrement=False, comment="Always 1")
    holder: Mapped[str] = said("pid@host")
    since: Mapped[datetime] = said("When it took the lead")
    beat_at: Mapped[datetime] = said("Last sign of life")
    epoch: Mapped[int] = said("Elections so far", BigInteger, server_default="0")
