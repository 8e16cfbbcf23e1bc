"""Alerts, their deliveries, and the state of each rule."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class AlertRow(Base):
    __tablename__ = "alerts"
    __table_args__ = (Index(None, "ts", "id"), {"comment": "Fired alerts"})

    id: Mapped[str] = primary_key_column(
        comment="Rule, subject and time of the record: the same from every instance"
    )
    ts: Mapped[datetime] = described_column("Time at which the alert fired")
    observed_ts: Mapped[datetime | None] = described_column("Time of the record or event that met the rule")
    rule: Mapped[str] = described_column("Name of the rule in the config file")
    rule_id: Mapped[str] = described_column("Hash of the rule's condition")
    words: Mapped[str] = described_column("Message")
    account_id: Mapped[int | None] = described_column("Account", ForeignKey("nof1.accounts.id"))
    symbol_id: Mapped[int | None] = described_column("Coin", ForeignKey("nof1.symbols.id"))
    feed: Mapped[str | None] = described_column("Feed")
    metric: Mapped[str | None] = described_column("Metric; null for a rule on events")
    value: Mapped[float | None] = described_column("Value of the metric, in its unit")
    threshold: Mapped[float | None] = described_column("Threshold of the rule, in the metric's unit")
    event_id: Mapped[str | None] = described_column("Event that met the rule; null for a rule on a metric")


class DeliveryRow(Base):
    __tablename__ = "alert_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
        {"comment": "Deliveries of alerts, one per channel"},
    )

    alert_id: Mapped[str] = primary_key_column(
        ForeignKey("nof1.alerts.id", ondelete="CASCADE"), comment="Alert"
    )
    way: Mapped[str] = primary_key_column(comment="Channel: command or webhook")
    state: Mapped[str] = described_column("waiting, sending, sent or failed")
    at: Mapped[datetime] = described_column("Time of the last state change")
    reason: Mapped[str | None] = described_column("Reason of a failed delivery")


class AlertWatchRow(Base):
    __tablename__ = "alert_watches"
    __table_args__ = ({"comment": "State of each rule and subject"},)

    rule_id: Mapped[str] = primary_key_column(comment="Hash of the rule's condition")
    subject: Mapped[str] = primary_key_column(
        comment="JSON: account, coin, feed; empty: the rule's first evaluation"
    )
    beyond: Mapped[bool] = described_column("Whether the metric is beyond the threshold")
    since: Mapped[datetime | None] = described_column("Time of the last change of beyond")
    told_at: Mapped[datetime | None] = described_column("Time of the last fired alert")
    version: Mapped[int] = described_column("Number of changes: detects concurrent evaluations", BigInteger)
