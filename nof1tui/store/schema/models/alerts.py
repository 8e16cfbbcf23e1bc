"""Alerts: which were told, how they went out, and what is known of each rule."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, key, said


class AlertRow(Base):
    __tablename__ = "alerts"
    __table_args__ = (Index(None, "ts", "id"), {"comment": "Rules of the config file that came true"})

    id: Mapped[str] = key(comment="Rule, subject and the moment it was seen in: the same whoever judged")
    ts: Mapped[datetime] = said("When it was told")
    observed_ts: Mapped[datetime | None] = said("Time of the record or event it was seen in")
    rule: Mapped[str] = said("Name of the rule")
    rule_id: Mapped[str] = said("Hash of what the rule means")
    words: Mapped[str] = said("What it says")
    account_id: Mapped[int | None] = said("Whose", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int | None] = said("Of which coin", ForeignKey("nof1.symbols.id"))
    feed: Mapped[str | None] = said("Of which feed")
    metric: Mapped[str | None] = said("Which figure; null where it waited for an event")
    value: Mapped[float | None] = said("The figure, in its own unit")
    threshold: Mapped[float | None] = said("What it was compared with")
    event_id: Mapped[str | None] = said("The event that it waited for")


class DeliveryRow(Base):
    __tablename__ = "alert_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
        {"comment": "How alerts went out"},
    )

    alert_id: Mapped[str] = key(ForeignKey("nof1.alerts.id", ondelete="CASCADE"), comment="Which alert")
    way: Mapped[str] = key(comment="command or webhook")
    state: Mapped[str] = said("waiting, sending, sent or failed")
    at: Mapped[datetime] = said("Since when")
    reason: Mapped[str | None] = said("Why it failed")


class AlertWatchRow(Base):
    __tablename__ = "alert_watches"
    __table_args__ = ({"comment": "What is known of each subject of each rule"},)

    rule_id: Mapped[str] = key(comment="Hash of what the rule means")
    subject: Mapped[str] = key(comment="JSON: account, coin, feed; empty: since when the rule is judged")
    beyond: Mapped[bool] = said("The figure is beyond the value")
    since: Mapped[datetime | None] = said("When that was last seen to change")
    told_at: Mapped[datetime | None] = said("When an alert was last told")
    version: Mapped[int] = said("Counts changes: tells two who judge at once apart", BigInteger)
