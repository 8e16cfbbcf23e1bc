"""Capital flows of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import (
    Base,
    arena_key_column,
    described_column,
    primary_key_column,
)


class CapitalFlowRow(Base):
    __tablename__ = "capital_flows"
    __table_args__ = (
        CheckConstraint("id <> ''", name="id_known"),
        CheckConstraint("since_ts <= ts", name="since_before"),
        Index(None, "arena_id", "ts", "id"),
        Index(None, "account_id", "ts"),
        {"comment": "Money that crossed the border of an account's equity: deposits, withdrawals, transfers"},
    )

    arena_id: Mapped[int] = arena_key_column(references=False)
    id: Mapped[str] = primary_key_column(comment="Account, and the identity of the entry in the API")
    account_id: Mapped[int] = described_column("Account", ForeignKey("nof1.accounts.id"))
    ts: Mapped[datetime] = described_column("Time of the flow; the latest possible one if since_ts is set")
    since_ts: Mapped[datetime | None] = described_column("The flow came after this time; null: exactly at ts")
    usd: Mapped[float] = described_column("USD; positive into the account")
    kind: Mapped[str] = described_column("deposit, withdrawal, transfer, income, spending or unknown")
    label: Mapped[str] = described_column("Type as the API calls it; portfolio, or config")
    corrects: Mapped[str | None] = described_column("Id of the flow that this one replaces")
    extra: Mapped[dict[str, Any] | None] = described_column("The entry as reported by the API")
    fetched_at: Mapped[datetime] = described_column("Time at which the flow was learned")
