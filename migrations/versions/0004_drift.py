"""Schema drift of the API's responses; coerced records, clock skew and lag of each feed.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FEED_COLUMNS = {
    "coerced": "Records with a value of another type than the contract's that could be read all the same",
    "skew_s": "Seconds that upstream's clock is ahead of the collector's; null when it never told",
    "behind_s": "Seconds that the newest record of the last answer was older than one known before",
}


def upgrade() -> None:
    op.create_table(
        "schema_drift",
        sa.Column("endpoint", sa.Text(), nullable=False, comment="Whose answers"),
        sa.Column("field", sa.Text(), nullable=False, comment="Kind of record and key"),
        sa.Column("change", sa.Text(), nullable=False, comment="A new key, or what came instead of what"),
        sa.Column("sample", sa.Text(), nullable=False, comment="Beginning of the first value"),
        sa.Column(
            "first_seen_at", sa.DateTime(timezone=True), nullable=False, comment="First answer that had it"
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Last time a collector noticed it anew",
        ),
        sa.PrimaryKeyConstraint("endpoint", "field", "change", name=op.f("pk_schema_drift")),
        schema="nof1",
        comment="Where upstream's answers left their contract, each noticed once by each collector",
    )
    for name, comment in FEED_COLUMNS.items():
        kind = sa.BigInteger() if name == "coerced" else sa.Double()
        default = "0" if name == "coerced" else None
        column = sa.Column(name, kind, nullable=default is None, server_default=default, comment=comment)
        op.add_column("feed_state", column, schema="nof1")


def downgrade() -> None:
    for name in FEED_COLUMNS:
        op.drop_column("feed_state", name, schema="nof1")
    op.drop_table("schema_drift", schema="nof1")
