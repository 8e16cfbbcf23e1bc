"""Capital flows of accounts.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = (
    "opened, closed, increased, reduced, flipped, leverage, plan, liquidation, trade, lead, rank, "
    "joined, coin, down, up, drift"
)
EVENT_COMMENTS = (("kind", KINDS, f"{KINDS}, deposit, withdrawal"),)


def upgrade() -> None:
    op.create_table(
        "capital_flows",
        sa.Column("arena_id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="Arena"),
        sa.Column(
            "id", sa.Text(), nullable=False, comment="Account, and the identity of the entry in the API"
        ),
        sa.Column("account_id", sa.Integer(), nullable=False, comment="Account"),
        sa.Column(
            "ts",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Time of the flow; the latest possible one if since_ts is set",
        ),
        sa.Column(
            "since_ts",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The flow came after this time; null: exactly at ts",
        ),
        sa.Column("usd", sa.Double(), nullable=False, comment="USD; positive into the account"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="deposit, withdrawal, transfer, income, spending or unknown",
        ),
        sa.Column(
            "label", sa.Text(), nullable=False, comment="Type as the API calls it; portfolio, or config"
        ),
        sa.Column("corrects", sa.Text(), nullable=True, comment="Id of the flow that this one replaces"),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="The entry as reported by the API",
        ),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Time at which the flow was learned",
        ),
        sa.CheckConstraint("id <> ''", name=op.f("ck_capital_flows_id_known")),
        sa.CheckConstraint("since_ts <= ts", name=op.f("ck_capital_flows_since_before")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_capital_flows_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("arena_id", "id", name=op.f("pk_capital_flows")),
        schema="nof1",
        comment="Money that crossed the border of an account's equity: deposits, withdrawals, transfers",
    )
    op.create_index(
        op.f("ix_capital_flows_arena_id_ts_id"), "capital_flows", ["arena_id", "ts", "id"], schema="nof1"
    )
    op.create_index(
        op.f("ix_capital_flows_account_id_ts"), "capital_flows", ["account_id", "ts"], schema="nof1"
    )
    for column, _, comment in EVENT_COMMENTS:
        op.execute(f"COMMENT ON COLUMN nof1.events.{column} IS '{comment}'")


def downgrade() -> None:
    op.execute("DELETE FROM nof1.events WHERE kind IN ('deposit', 'withdrawal')")
    for column, comment, _ in EVENT_COMMENTS:
        op.execute(f"COMMENT ON COLUMN nof1.events.{column} IS '{comment}'")
    op.drop_table("capital_flows", schema="nof1")
