"""Arenas in every key: a store may have the records of several instances of sources.

Revision 0008, after 0007. The records of an older store become those of one arena, with id 1.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (
    *("seasons", "traders", "accounts", "symbols", "trades", "decisions", "events", "alerts"),
    *("alert_deliveries", "alert_watches", "feed_state", "collector_state", "quarantine", "schema_drift"),
)
"""Tables with a column `arena_id`."""
WITHOUT_REFERENCE = ("trades", "decisions", "events", "alert_deliveries")
"""Tables without a foreign key: their account or alert has the arena."""
PRIMARY_KEYS = {
    "trades": "id",
    "decisions": "id",
    "events": "id",
    "alerts": "id",
    "alert_deliveries": "alert_id, way",
    "alert_watches": "rule_id, subject",
    "feed_state": "feed",
    "schema_drift": "endpoint, field, change",
}
UNIQUE_COLUMNS = {
    "traders": ("slug",),
    "symbols": ("name",),
    "quarantine": ("endpoint", "raw_hash"),
}
INDICES = (
    ("trades", ("exit_ts", "id")),
    ("decisions", ("ts", "id")),
    ("events", ("ts", "id")),
    ("events", ("kind", "ts")),
    ("alerts", ("ts", "id")),
)
DELIVERED_ALERT = "fk_alert_deliveries_alert_id_alerts"
DELIVERED_ARENA_ALERT = "fk_alert_deliveries_arena_id_alert_id_alerts"
COMMENTS = {
    "TABLE nof1.traders": (
        "Traders by the id that the API uses",
        "Traders of an arena by the id that the API uses",
    ),
    "TABLE nof1.symbols": ("Coins and tickers", "Coins and tickers of an arena"),
    "TABLE nof1.collector_state": ("The last elected collector", "The last elected collector of each arena"),
}
TURNS_COMMENT = "Number of writes of account rows: a writer that finds a gap reloads the rows from which it derives events"

ADD_ARENA = """
INSERT INTO nof1.arenas (source, instance, name, first_seen_at)
SELECT coalesce(s.arena, ''), '', coalesce(s.arena, 'nof1'),
       coalesce((SELECT min(ts) FROM nof1.account_snapshots), now())
FROM (SELECT max(arena) AS arena FROM nof1.seasons) s
WHERE {}
""".format(" OR ".join(f"EXISTS (SELECT FROM nof1.{table})" for table in COLUMNS))  # noqa: S608 constants
ADD_TURNS = f"""
DO $$ BEGIN
    IF EXISTS (SELECT FROM nof1.arenas) THEN
        ALTER SEQUENCE nof1.account_turns RENAME TO account_turns_1;
        COMMENT ON SEQUENCE nof1.account_turns_1 IS '{TURNS_COMMENT}';
    ELSE
        DROP SEQUENCE nof1.account_turns;
    END IF;
END $$
"""
REFUSE_SEVERAL = """
DO $$ BEGIN
    IF (SELECT count(*) > 1 FROM nof1.arenas) THEN
        RAISE EXCEPTION 'the store has several arenas; revision 0007 can hold only one';
    END IF;
END $$
"""
REMOVE_TURNS = f"""
DO $$ DECLARE
    turns record;
BEGIN
    FOR turns IN SELECT oid::regclass AS name FROM pg_class
        WHERE relkind = 'S' AND relnamespace = 'nof1'::regnamespace AND relname ~ '^account_turns_[0-9]+$'
    LOOP
        EXECUTE format('DROP SEQUENCE %s', turns.name);
    END LOOP;
    CREATE SEQUENCE nof1.account_turns;
    COMMENT ON SEQUENCE nof1.account_turns IS '{TURNS_COMMENT}';
END $$
"""  # noqa: S608 constants


def upgrade() -> None:
    op.create_table(
        "arenas",
        sa.Column(
            "id",
            sa.SmallInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key of this store",
        ),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="Source of the records, such as nof1; empty where unknown",
        ),
        sa.Column(
            "instance",
            sa.Text(),
            nullable=False,
            comment="Host and path of the server; empty for stores of revision 0007 that were not opened since",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="Name by which NOF1_ARENA selects it"),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Time at which the arena was added to the store",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arenas")),
        sa.UniqueConstraint("name", name=op.f("uq_arenas_name")),
        schema="nof1",
        comment="Arenas: instances of sources whose records this store has",
    )
    op.execute(ADD_ARENA)
    op.execute(f"ALTER TABLE nof1.alert_deliveries DROP CONSTRAINT {DELIVERED_ALERT}")
    op.execute("ALTER TABLE nof1.collector_state DROP COLUMN id")
    for table in COLUMNS:
        _add_column(table)
    for table, columns in PRIMARY_KEYS.items():
        _replace_primary_key(table, f"arena_id, {columns}")
    op.execute("ALTER TABLE nof1.collector_state ADD CONSTRAINT pk_collector_state PRIMARY KEY (arena_id)")
    op.drop_column("seasons", "arena", schema="nof1")
    op.create_unique_constraint(
        op.f("uq_seasons_arena_id_slug"), "seasons", ["arena_id", "slug"], schema="nof1"
    )
    for table, unique in UNIQUE_COLUMNS.items():
        _replace_unique(table, unique, ("arena_id", *unique))
    for table, columns in INDICES:
        _replace_index(table, columns, ("arena_id", *columns))
    op.execute(
        f"ALTER TABLE nof1.alert_deliveries ADD CONSTRAINT {DELIVERED_ARENA_ALERT} "
        "FOREIGN KEY (arena_id, alert_id) REFERENCES nof1.alerts (arena_id, id) ON DELETE CASCADE"
    )
    op.execute(ADD_TURNS)
    for target, (_, comment) in COMMENTS.items():
        op.execute(f"COMMENT ON {target} IS '{comment}'")


def downgrade() -> None:
    op.execute(REFUSE_SEVERAL)
    op.execute(f"ALTER TABLE nof1.alert_deliveries DROP CONSTRAINT {DELIVERED_ARENA_ALERT}")
    for table, columns in INDICES:
        _replace_index(table, ("arena_id", *columns), columns)
    for table, unique in UNIQUE_COLUMNS.items():
        _replace_unique(table, ("arena_id", *unique), unique)
    op.add_column(
        "seasons",
        sa.Column("arena", sa.Text(), nullable=True, comment="Source of the records, such as nof1"),
        schema="nof1",
    )
    op.execute("UPDATE nof1.seasons SET arena = (SELECT source FROM nof1.arenas)")
    op.alter_column("seasons", "arena", nullable=False, schema="nof1")
    op.drop_constraint(op.f("uq_seasons_arena_id_slug"), "seasons", schema="nof1")
    op.create_unique_constraint(op.f("uq_seasons_arena_slug"), "seasons", ["arena", "slug"], schema="nof1")
    for table, columns in PRIMARY_KEYS.items():
        _replace_primary_key(table, columns)
    for table in COLUMNS:
        op.drop_column(table, "arena_id", schema="nof1")
    op.execute("ALTER TABLE nof1.collector_state ADD COLUMN id smallint NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE nof1.collector_state ALTER COLUMN id DROP DEFAULT")
    op.execute("ALTER TABLE nof1.collector_state ADD CONSTRAINT pk_collector_state PRIMARY KEY (id)")
    op.execute("ALTER TABLE nof1.collector_state ADD CONSTRAINT ck_collector_state_single CHECK (id = 1)")
    op.execute("COMMENT ON COLUMN nof1.collector_state.id IS 'Always 1'")
    op.execute(
        f"ALTER TABLE nof1.alert_deliveries ADD CONSTRAINT {DELIVERED_ALERT} "
        "FOREIGN KEY (alert_id) REFERENCES nof1.alerts (id) ON DELETE CASCADE"
    )
    op.execute(REMOVE_TURNS)
    op.drop_table("arenas", schema="nof1")
    for target, (comment, _) in COMMENTS.items():
        op.execute(f"COMMENT ON {target} IS '{comment}'")


def _add_column(table: str) -> None:
    """Add `arena_id`; a constant default fills existing rows without rewriting them."""
    op.execute(f"ALTER TABLE nof1.{table} ADD COLUMN arena_id smallint NOT NULL DEFAULT 1")
    op.execute(f"ALTER TABLE nof1.{table} ALTER COLUMN arena_id DROP DEFAULT")
    op.execute(f"COMMENT ON COLUMN nof1.{table}.arena_id IS 'Arena'")
    if table not in WITHOUT_REFERENCE:
        op.create_foreign_key(
            op.f(f"fk_{table}_arena_id_arenas"),
            table,
            "arenas",
            ["arena_id"],
            ["id"],
            source_schema="nof1",
            referent_schema="nof1",
        )


def _replace_primary_key(table: str, columns: str) -> None:
    op.execute(
        f"ALTER TABLE nof1.{table} DROP CONSTRAINT pk_{table}, "
        f"ADD CONSTRAINT pk_{table} PRIMARY KEY ({columns})"
    )


def _replace_unique(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    op.execute(
        f"ALTER TABLE nof1.{table} DROP CONSTRAINT uq_{table}_{'_'.join(old)}, "
        f"ADD CONSTRAINT uq_{table}_{'_'.join(new)} UNIQUE ({', '.join(new)})"
    )


def _replace_index(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    op.drop_index(op.f(f"ix_{table}_{'_'.join(old)}"), table_name=table, schema="nof1")
    op.create_index(op.f(f"ix_{table}_{'_'.join(new)}"), table, list(new), schema="nof1")
