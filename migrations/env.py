"""Alembic's environment: the program hands a connection in, the shell sets NOF1_DATABASE_URL."""

from __future__ import annotations

import os
import re
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError

from nof1tui.store.connection.connect import SCHEMA, SEARCH_PATH_OPTION
from nof1tui.store.schema.models import Base

PARTITION = re.compile(r"_(\d{6}|default)$")


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Only our schema, and no partitions: the writer makes them month by month."""
    if kind == "schema":
        return name == SCHEMA
    if kind == "table":
        return name is not None and not PARTITION.search(name)
    return True


def configure(**options: Any) -> None:
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
    url = os.environ.get("NOF1_DATABASE_URL")
    if not url:
        raise CommandError("set NOF1_DATABASE_URL to the database to migrate, or use `nof1-tui db`")
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url)


def run() -> None:
    handed_in: sa.Connection | None = context.config.attributes.get("connection")
    if handed_in is not None:
        configure(connection=handed_in)
    elif context.is_offline_mode():
        configure(url=database_url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
    else:
        engine = sa.create_engine(
            database_url(), poolclass=sa.NullPool, connect_args={"options": SEARCH_PATH_OPTION}
        )
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.commit()
            configure(connection=connection)


run()
