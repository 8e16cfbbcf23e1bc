"""Identity of a database, which does not depend on the URL by which it is reached."""

from __future__ import annotations

from hashlib import blake2b

from nof1tui.ports.errors import StoreUnavailable
from nof1tui.store.connection.connect import READ_TIMEOUT_MS, Database

_IDENTITY = b"""
SELECT (SELECT system_identifier FROM pg_control_system()), oid
FROM pg_database WHERE datname = current_database()
"""
_UNSUPPORTED_CLASSES = ("42", "0A")


async def read_identity(database: Database) -> str | None:
    """A digest of the cluster's identifier and the database's oid: replicas have that of their primary.

    None where the server does not show the identifier. Raises StoreUnavailable.
    """
    try:
        async with database.transaction(READ_TIMEOUT_MS) as db:
            row = await (await db.execute(_IDENTITY)).fetchone()
    except StoreUnavailable as error:
        if error.state is not None and error.state[:2] in _UNSUPPORTED_CLASSES:
            return None
        raise
    return None if row is None else blake2b(f"{row[0]}/{row[1]}".encode(), digest_size=6).hexdigest()
