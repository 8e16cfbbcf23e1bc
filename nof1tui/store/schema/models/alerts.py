"""Alerts: which were told, how they went out, and what is known of each rule."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class AlertRow(Base):
    __tablename__ = "alerts"
    __table_args__ = (Index(None, "ts", "id"), {"comment": "Rules of the config file that came true"})

    id: Mapped[str] = primary_key_column(
        comment="Rule, subject and the moment it was seen in: the same whoever judged"
    )
    ts: Mapped[datetime] = described_column("When it was told")
    observed_ts: Mapped[datetime | None] = described_column("Time of the record or event it was seen in")
    rule: Mapped[str] = described_column("Name of the rule")
    rule_id: Mapped[str] = described_column("Hash of what the rule means")
    words: Mapped[str] = described_column("What it says")
    account_id: Mapped[int | None] = described_column("Whose", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int | None] = described_column("Of which coin", ForeignKey("nof1.symbols.id"))
    feed: Mapped[str | None] = described_column("Of which feed")
    metric: Mapped[str | None] = described_column("Which figure; null where it waited for an event")
    value: Mapped[float | None] = described_column("The figure, in its own unit")
    threshold: Mapped[float | None] = described_column("What it was compared with")
    event_id: Mapped[str | None] = described_column("The event that it waited for")


class DeliveryRow(Base):
    __tablename__ = "alert_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
        {"comment": "How alerts went out"},
    )

    alert_id: Mapped[str] = primary_key_column(
        ForeignKey("nof1.alerts.id", ondelete="CASCADE"), comment="Which alert"
    )
    way: Mapped[str] = primary_key_column(comment="command or webhook")
    state: Mapped[str] = described_column("waiting, sending, sent or failed")
    at: Mapped[datetime] = described_column("Since when")
    reason: Mapped[str | None] = described_column("Why it failed")


class AlertWatchRow(Base):
    __tablename__ = "alert_watches"
    __table_args__ = ({"comment": "What is known of each subject of each rule"},)

    rule_id: Mapped[str] = primary_key_column(comment="Hash of what the rule means")
    subject: Mapped[str] = primary_key_column(
        comment="JSON: account, coin, feed; empty: since when the rule is judged"
    )
    beyond: Mapped[bool] = described_column("The figure is beyond the value")
    since: Mapped[datetime | None] = described_column("When that was last seen to change")
    told_at: Mapped[datetime | None] = described_column("When an alert was last told")
    version: Mapped[int] = described_column("Counts changes: tells two who judge at once apart", BigInteger)
