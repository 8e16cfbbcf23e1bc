"""How accounts stand against the chain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class ChainCheckRow(Base):
    __tablename__ = "chain_checks"
    __table_args__ = (
        CheckConstraint("verdict IN ('agrees', 'checking', 'drift', 'unchecked')", name="verdict"),
        {"comment": "Accounts whose wallet is known against the chain, the newest check of each"},
    )

    account_id: Mapped[int] = primary_key_column(
        ForeignKey("nof1.accounts.id"), autoincrement=False, comment="Whose"
    )
    verdict: Mapped[str] = described_column("agrees, checking, drift or unchecked")
    checked_at: Mapped[datetime] = described_column(
        "When the chain was last held against it, or that was tried"
    )
    reason: Mapped[str] = described_column("What differs, or why it was not checked")
    drift: Mapped[float | None] = described_column(
        "USD; arena less chain, or what differing positions are worth"
    )
    drift_pct: Mapped[float | None] = described_column("Percent of the equity by the chain")
    since: Mapped[datetime | None] = described_column("When the drift was found")
