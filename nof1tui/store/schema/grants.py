"""Grants a role read-only access to the store. Calls block."""

from __future__ import annotations

from psycopg import sql

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import SCHEMA, open_sync_connection
from nof1tui.store.schema import migrate

_GRANTS = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
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
        if created:
            connection.execute(sql.SQL("CREATE ROLE {role} LOGIN").format(**names))
        if password is not None:
            hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            setting = sql.SQL("ALTER ROLE {role} PASSWORD {hashed}")
            connection.execute(setting.format(**names, hashed=sql.Literal(hashed.decode())))
        for statement in _GRANTS:
            connection.execute(sql.SQL(statement).format(**names))
        return created
