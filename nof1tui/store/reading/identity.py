"""Identity of an arena in a database, which does not depend on the URL by which it is reached."""

from __future__ import annotations

from hashlib import blake2b

from nof1tui.domain.arena import ArenaKey
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.store.arenas import FIRST_ARENA_ID, read_arena_id
from nof1tui.store.connection.connect import READ_TIMEOUT_MS, Database

_IDENTITY = b"""
SELECT (SELECT system_identifier FROM pg_control_system()), oid
FROM pg_database WHERE datname = current_database()
"""
_UNSUPPORTED_CLASSES = ("42", "0A")


async def read_identity(database: Database, arena: ArenaKey) -> str | None:
    """A digest of the cluster's identifier and the database's oid: replicas have that of their primary.

    Arenas after the first, to which the database belonged before revision 0008, have their id behind it.
    None where the server does not show the identifier. Raises StoreUnavailable.
    """
    try:
        async with database.transaction(READ_TIMEOUT_MS) as db:
            row = await (await db.execute(_IDENTITY)).fetchone()
            arena_id = await read_arena_id(db, arena)
    except StoreUnavailable as error:
        if error.state is not None and error.state[:2] in _UNSUPPORTED_CLASSES:
            return None
        raise
    if row is None:
        return None
    digest = blake2b(f"{row[0]}/{row[1]}".encode(), digest_size=6).hexdigest()
    return digest if arena_id <= FIRST_ARENA_ID else f"{digest}-{arena_id}"
