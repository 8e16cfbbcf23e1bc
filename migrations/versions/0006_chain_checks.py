"""Reconciliations of accounts against the chain, and events when an account drifts from it.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = (
    "opened, closed, increased, reduced, flipped, leverage, plan, liquidation, trade, lead, rank, "
    "joined, coin, down, up"
)
COMMENTS = (
    ("kind", KINDS, f"{KINDS}, drift"),
    (
        "value",
        "Rank, leverage, or percent of the mark left until liquidation",
        "Rank, leverage, percent of the mark left until liquidation, or percent of the drift",
    ),
    ("reason", "Why it went down", "Why it went down, or what differs"),
)


def upgrade() -> None:
    op.create_table(
        "chain_checks",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False, comment="Whose"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="agrees, checking, drift or unchecked"),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the chain was last held against it, or that was tried",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="What differs, or why it was not checked"),
        sa.Column(
            "drift",
            sa.Double(),
            nullable=True,
            comment="USD; arena less chain, or what differing positions are worth",
        ),
        sa.Column("drift_pct", sa.Double(), nullable=True, comment="Percent of the equity by the chain"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True, comment="When the drift was found"),
        sa.CheckConstraint(
            "verdict IN ('agrees', 'checking', 'drift', 'unchecked')",
            name=op.f("ck_chain_checks_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_chain_checks_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_chain_checks")),
        schema="nof1",
        comment="Accounts whose wallet is known against the chain, the newest check of each",
    )
    for column, _, comment in COMMENTS:
        op.execute(f"COMMENT ON COLUMN nof1.events.{column} IS '{comment}'")


def downgrade() -> None:
    op.execute("DELETE FROM nof1.events WHERE kind = 'drift'")
    for column, comment, _ in COMMENTS:
        op.execute(f"COMMENT ON COLUMN nof1.events.{column} IS '{comment}'")
    op.drop_table("chain_checks", schema="nof1")
