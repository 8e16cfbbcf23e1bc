"""Arenas of a store: their ids, and which of them an instance reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from nof1tui.domain.arena import ArenaKey, name_arena
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import DatabaseConnection, open_sync_connection

NO_ARENA_ID = 0
"""No row has it: ids begin at 1."""
FIRST_ARENA_ID = 1
_ARENA_ID = b"SELECT id FROM nof1.arenas WHERE name = %s"
_ADD_ARENA = b"""
INSERT INTO nof1.arenas (source, instance, name, first_seen_at) VALUES (%s, %s, %s, now())
ON CONFLICT (name) DO NOTHING RETURNING id
"""
_ARENAS = b"SELECT name, source, instance FROM nof1.arenas ORDER BY id"
_MOVE_ARENA = b"UPDATE nof1.arenas SET name = %s, source = %s, instance = %s WHERE name = %s"
_ARENAS_LOCK_KEY = 0x6E6F6635
"""Key of the advisory lock for choosing an arena: "nof5" in ASCII."""
_TURNS_COMMENT = (
    "Number of writes of account rows: "
    "a writer that finds a gap reloads the rows from which it derives events"
)


class WantedArena(Struct, frozen=True):
    """The arena that the settings name."""

    source: str
    instance: str
    name: str | None = None
    """Its name in the store; None for the one of this source and instance."""
    is_explicit: bool = False
    """Whether source or instance differ from the defaults of the program."""


def build_turns_statement(arena_id: int) -> bytes:
    """Creates the sequence that counts an arena's writes of account rows."""
    name = f"nof1.account_turns_{int(arena_id)}"
    return f"CREATE SEQUENCE IF NOT EXISTS {name}; COMMENT ON SEQUENCE {name} IS '{_TURNS_COMMENT}'".encode()


async def read_arena_id(db: DatabaseConnection, arena: ArenaKey) -> int:
    """The arena's id; NO_ARENA_ID for one that the store does not have."""
    row = await (await db.execute(_ARENA_ID, (arena.name,))).fetchone()
    return NO_ARENA_ID if row is None else int(row[0])


async def find_or_add_arena(db: DatabaseConnection, arena: ArenaKey) -> int:
    """The arena's id; an unknown arena is added."""
    arena_id = await read_arena_id(db, arena)
    if arena_id != NO_ARENA_ID:
        return arena_id
    row = await (await db.execute(_ADD_ARENA, (arena.source, arena.instance, arena.name))).fetchone()
    if row is None:
        return await find_or_add_arena(db, arena)
    await db.execute(build_turns_statement(row[0]))
    return int(row[0])


def list_arenas(url: str) -> list[ArenaKey]:
    """The arenas of the store, oldest first. Raises StoreUnavailable."""
    with open_sync_connection(url, "arenas") as db:
        return _read_arenas(db)


def choose_arena(url: str, wanted: WantedArena, *, may_add: bool) -> tuple[ArenaKey, Sequence[ArenaKey]]:
    """The arena of the store that the settings name, and the others if it was added to them now.

    It is added with `may_add` only.

    Raises StoreUnusable where several arenas fit or none does, or StoreUnavailable.
    """
    with open_sync_connection(url, "arenas") as db:
        if may_add:
            db.execute("SELECT pg_advisory_xact_lock(%s)", (_ARENAS_LOCK_KEY,))
        arenas = _read_arenas(db)
        if wanted.name:
            found = _find_by_name(arenas, wanted, of_source=may_add or wanted.is_explicit)
        else:
            found = _find_by_source(arenas, wanted)
        if not may_add:
            return found or _choose_existing(arenas, wanted), ()
        if found is None:
            return _add_arena(db, arenas, wanted), arenas
        current = _moved(found, arenas, wanted)
        if current != found:
            db.execute(_MOVE_ARENA, (current.name, current.source, current.instance, found.name))
        return current, ()


def _read_arenas(db: psycopg.Connection[Any]) -> list[ArenaKey]:
    return [ArenaKey(*row) for row in db.execute(_ARENAS).fetchall()]


def _find_by_name(arenas: Sequence[ArenaKey], wanted: WantedArena, *, of_source: bool) -> ArenaKey | None:
    """The arena with this name. Raises StoreUnusable where it must be `of_source` and has another one."""
    found = next((arena for arena in arenas if arena.name == wanted.name), None)
    if found is not None and of_source and found.source not in ("", wanted.source):
        raise StoreUnusable(
            f"arena {found.name} has records of {found.source}, but NOF1_SOURCE is {wanted.source}.\n"
            "Set NOF1_ARENA to another name, or NOF1_SOURCE to the arena's source."
        )
    return found


def _find_by_source(arenas: Sequence[ArenaKey], wanted: WantedArena) -> ArenaKey | None:
    """The arena of this source and instance, or one of the source whose instance is not known yet.

    Raises StoreUnusable for several of them.
    """
    fitting = [
        arena for arena in arenas if (arena.source, arena.instance) == (wanted.source, wanted.instance)
    ]
    if not fitting:
        fitting = [arena for arena in arenas if arena.source in ("", wanted.source) and not arena.instance]
    if len(fitting) > 1:
        raise StoreUnusable(_describe_choice(f"the store has several arenas of {wanted.source}", fitting))
    return fitting[0] if fitting else None


def _choose_existing(arenas: Sequence[ArenaKey], wanted: WantedArena) -> ArenaKey:
    """An arena to read where the store does not have the wanted one: the only one. Raises StoreUnusable."""
    if wanted.name:
        raise StoreUnusable(_describe_choice(f"the store has no arena {wanted.name}", arenas))
    same_source = [arena for arena in arenas if arena.source == wanted.source]
    candidates = same_source if wanted.is_explicit or len(same_source) == 1 else arenas
    if len(candidates) == 1:
        return candidates[0]
    if not arenas:
        return ArenaKey(wanted.source, wanted.source, wanted.instance)
    reason = f"the store has {'several arenas' if candidates else f'no arena of {wanted.source}'}"
    raise StoreUnusable(_describe_choice(reason, arenas))


def _describe_choice(reason: str, arenas: Sequence[ArenaKey]) -> str:
    names = "".join(f"\n  {arena.label}" for arena in arenas)
    return f"{reason}. Choose one with NOF1_ARENA or --arena:{names}" if names else f"{reason}, it is empty"


def _moved(found: ArenaKey, arenas: Sequence[ArenaKey], wanted: WantedArena) -> ArenaKey:
    """The arena as it is now: on the server that the settings name."""
    name = found.name
    if not found.source and not wanted.name:
        name = name_arena(wanted.source, wanted.instance, {arena.name for arena in arenas} - {name})
    return ArenaKey(name, wanted.source, wanted.instance)


def _add_arena(db: psycopg.Connection[Any], arenas: Sequence[ArenaKey], wanted: WantedArena) -> ArenaKey:
    name = wanted.name or name_arena(wanted.source, wanted.instance, {arena.name for arena in arenas})
    added = ArenaKey(name, wanted.source, wanted.instance)
    row = db.execute(_ADD_ARENA, (added.source, added.instance, added.name)).fetchone()
    if row is not None:
        db.execute(build_turns_statement(row[0]))
    return added
