"""Alembic's environment: the program passes a connection, the shell sets NOF1_DATABASE_URL."""

from __future__ import annotations

import os
import re
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError

from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema.models import Base

PARTITION = re.compile(r"_(\d{6}|default)$")


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Compare the schema `nof1` only, without partitions: the writer creates them each month."""
    if kind == "schema":
        return name == SCHEMA
    if kind == "table":
        return name is not None and not PARTITION.search(name)
    return True


def configure(**options: Any) -> None:
    """Run the migrations with these options of alembic's context."""
    context.configure(
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        version_table="alembic_version",
        version_table_schema=SCHEMA,
        compare_type=True,
        compare_server_default=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


def database_url() -> str:
    """NOF1_DATABASE_URL as SQLAlchemy expects it. Raises CommandError where it is not set."""
    url = os.environ.get("NOF1_DATABASE_URL")
    if not url:
        raise CommandError("set NOF1_DATABASE_URL to the database to migrate, or use `nof1-tui db`")
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url)


def run() -> None:
    """Run the migrations on the passed connection, as SQL text, or on a new connection."""
    passed: sa.Connection | None = context.config.attributes.get("connection")
    if passed is not None:
        configure(connection=passed)
    elif context.is_offline_mode():
        configure(url=database_url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
    else:
        with open_sync_connection(database_url(), "migrations") as driver:
            engine = sa.create_engine(
                "postgresql+psycopg://", creator=lambda: driver, poolclass=sa.StaticPool
            )
            with engine.connect() as connection:
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
                connection.commit()
                configure(connection=connection)


run()
