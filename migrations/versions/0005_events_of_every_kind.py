"""Further event kinds: plans, ranks, liquidations, joins, feeds; a sequence that counts writes of account rows.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KIND = "opened, closed, increased, reduced, flipped, trade, lead, joined, …"
KINDS = "opened, closed, increased, reduced, flipped, leverage, plan, liquidation, trade, lead, rank, joined, coin, down, up"
COLUMNS = (
    ("value", sa.Double(), "Rank, leverage, or percent of the mark left until liquidation"),
    ("was", sa.Double(), "What rank or leverage was before"),
    ("plan", JSONB(), "Exit plan now: profit_target, stop_loss, invalidation"),
    ("plan_was", JSONB(), "Exit plan before"),
    ("feed", sa.Text(), "Which feed went down or came back"),
    ("reason", sa.Text(), "Why it went down"),
)


def upgrade() -> None:
    for name, kind, comment in COLUMNS:
        op.add_column("events", sa.Column(name, kind, nullable=True, comment=comment), schema="nof1")
    op.alter_column("events", "account_id", nullable=True, comment="Whose; null of a feed", schema="nof1")
    op.execute(f"COMMENT ON COLUMN nof1.events.kind IS '{KINDS}'")
    op.execute("CREATE SEQUENCE nof1.account_turns")
    op.execute(
        "COMMENT ON SEQUENCE nof1.account_turns IS "
        "'Counts writes of account rows: who finds a gap reads again what events are told from'"
    )


def downgrade() -> None:
    op.execute("DROP SEQUENCE nof1.account_turns")
    op.execute(
        "DELETE FROM nof1.events WHERE account_id IS NULL "
        "OR kind IN ('leverage', 'plan', 'liquidation', 'rank', 'joined', 'coin', 'down', 'up')"
    )
    op.execute(f"COMMENT ON COLUMN nof1.events.kind IS '{KIND}'")
    op.alter_column("events", "account_id", nullable=False, comment="Whose", schema="nof1")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("events", name, schema="nof1")
