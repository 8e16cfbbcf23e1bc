"""Reconciliations of accounts against the chain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class ChainCheckRow(Base):
    __tablename__ = "chain_checks"
    __table_args__ = (
        CheckConstraint("verdict IN ('agrees', 'checking', 'drift', 'unchecked')", name="verdict"),
        {"comment": "Newest reconciliation of each account with a known wallet against the chain"},
    )

    account_id: Mapped[int] = primary_key_column(
        ForeignKey("nof1.accounts.id"), autoincrement=False, comment="Account"
    )
    verdict: Mapped[str] = described_column("agrees, checking, drift or unchecked")
    checked_at: Mapped[datetime] = described_column("Time of the last check or attempt")
    reason: Mapped[str] = described_column("Difference, or why the account was not checked")
    drift: Mapped[float | None] = described_column(
        "USD; reported equity less equity on chain, or value of differing positions"
    )
    drift_pct: Mapped[float | None] = described_column("Percent of the equity on chain")
    since: Mapped[datetime | None] = described_column("Time at which the drift was detected")
