"""Grants a role read-only access to the store. Calls block."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema import migrate

_GRANT_CONNECT = "GRANT CONNECT ON DATABASE {database} TO {role}"
"""Where the role may not connect yet: the database may belong to another owner than the store."""
_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}",
)
"""The last one covers future tables: monthly partitions and tables of later revisions."""


def grant_viewer(url: str, role: str, password: str | None = None) -> bool:
    """Grant a role SELECT on all current and future tables; True where the role was created.

    A created role may log in; `password` is sent as a hash only. Must run as the store's owner.
    Raises StoreUnavailable, or StoreUnusable without a store or the privilege.
    """
    if migrate.read_revision(url) is None:
        raise StoreUnusable("no store in this database yet: `nof1-tui db upgrade` creates it")
    with open_sync_connection(url, "grants") as connection:
        names = {
            "role": sql.Identifier(role),
            "database": sql.Identifier(connection.info.dbname),
            "schema": sql.Identifier(SCHEMA),
        }
        created = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None
        with _explain_missing_privilege(role):
            if created:
                connection.execute(sql.SQL("CREATE ROLE {role} LOGIN").format(**names))
            if password is not None:
                _set_password(connection, role, password)
        may_connect = connection.execute(
            "SELECT has_database_privilege(%s, current_database(), 'CONNECT')", (role,)
        ).fetchone()
        connect = () if may_connect == (True,) else (_GRANT_CONNECT,)
        for statement in (*connect, *_GRANTS):
            connection.execute(sql.SQL(statement).format(**names))
        return created


def _set_password(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    setting = sql.SQL("ALTER ROLE {role} PASSWORD {hashed}")
    connection.execute(setting.format(role=sql.Identifier(role), hashed=sql.Literal(hashed.decode())))


@contextmanager
def _explain_missing_privilege(role: str) -> Iterator[None]:
    """Raise StoreUnusable with what to do where the owner may not create or change roles."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise StoreUnusable(
            f"the store's owner may not create or change the role {role}. Let an administrator run "
            f"`createuser --pwprompt {shlex.quote(role)}`, then grant again without a password"
        ) from None
