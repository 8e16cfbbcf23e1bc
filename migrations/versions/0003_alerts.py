"""Alerts, their deliveries, the state of each rule.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column(
            "id",
            sa.Text(),
            nullable=False,
            comment="Rule, subject and the moment it was seen in: the same whoever judged",
        ),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False, comment="When it was told"),
        sa.Column(
            "observed_ts",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Time of the record or event it was seen in",
        ),
        sa.Column("rule", sa.Text(), nullable=False, comment="Name of the rule"),
        sa.Column("rule_id", sa.Text(), nullable=False, comment="Hash of what the rule means"),
        sa.Column("words", sa.Text(), nullable=False, comment="What it says"),
        sa.Column("account_id", sa.Integer(), nullable=True, comment="Whose"),
        sa.Column("symbol_id", sa.Integer(), nullable=True, comment="Of which coin"),
        sa.Column("feed", sa.Text(), nullable=True, comment="Of which feed"),
        sa.Column(
            "metric", sa.Text(), nullable=True, comment="Which figure; null where it waited for an event"
        ),
        sa.Column("value", sa.Double(), nullable=True, comment="The figure, in its own unit"),
        sa.Column("threshold", sa.Double(), nullable=True, comment="What it was compared with"),
        sa.Column("event_id", sa.Text(), nullable=True, comment="The event that it waited for"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["nof1.accounts.id"], name=op.f("fk_alerts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["symbol_id"], ["nof1.symbols.id"], name=op.f("fk_alerts_symbol_id_symbols")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        schema="nof1",
        comment="Rules of the config file that came true",
    )
    op.create_index(op.f("ix_alerts_ts_id"), "alerts", ["ts", "id"], unique=False, schema="nof1")
    op.create_table(
        "alert_deliveries",
        sa.Column("alert_id", sa.Text(), nullable=False, comment="Which alert"),
        sa.Column("way", sa.Text(), nullable=False, comment="command or webhook"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, sending, sent or failed"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="Since when"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it failed"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed')", name=op.f("ck_alert_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["nof1.alerts.id"],
            name=op.f("fk_alert_deliveries_alert_id_alerts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", "way", name=op.f("pk_alert_deliveries")),
        schema="nof1",
        comment="How alerts went out",
    )
    op.create_table(
        "alert_watches",
        sa.Column("rule_id", sa.Text(), nullable=False, comment="Hash of what the rule means"),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="JSON: account, coin, feed; empty: since when the rule is judged",
        ),
        sa.Column("beyond", sa.Boolean(), nullable=False, comment="The figure is beyond the value"),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=True, comment="When that was last seen to change"
        ),
        sa.Column(
            "told_at", sa.DateTime(timezone=True), nullable=True, comment="When an alert was last told"
        ),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="Counts changes: tells two who judge at once apart",
        ),
        sa.PrimaryKeyConstraint("rule_id", "subject", name=op.f("pk_alert_watches")),
        schema="nof1",
        comment="What is known of each subject of each rule",
    )


def downgrade() -> None:
    for table in ("alert_watches", "alert_deliveries", "alerts"):
        op.drop_table(table, schema="nof1")
