"""Whether a terminal can show the monitor: its type and its size. Imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Callable

_FIX = "set TERM=xterm-256color"
_ALTERNATIVE = "(or run nof1-tui show leaderboard)."
_TYPES_WITHOUT_CURSOR = ("dumb", "unknown")
_ANSI = b"\x1b["


def describe_unusable_type(
    term: str | None, cursor_address: Callable[[str], bytes | None] | None = None
) -> str | None:
    """Why a terminal of this TERM cannot show the monitor, and what to do; None where it can.

    `cursor_address` is the terminfo capability `cup` of a type, None without one; it raises LookupError
    for a type that terminfo does not have, which may be new and is accepted.
    """
    if not term:
        state = "not set" if term is None else "empty"
        return f"TERM is {state} and the terminal cannot show the monitor; {_FIX} {_ALTERNATIVE}"
    if term.lower() not in _TYPES_WITHOUT_CURSOR:
        try:
            sequence = (cursor_address or read_cursor_address)(term)
        except LookupError:
            return None
        if sequence is not None and sequence.startswith(_ANSI):
            return None
    name = term if term.isprintable() else ascii(term)
    return f"TERM={name} cannot show the monitor; {_FIX} {_ALTERNATIVE}"


def describe_unusable_size(size: tuple[int, int]) -> str | None:
    """Why a terminal of this many columns and rows cannot show the monitor; None where it can."""
    if 0 not in size:
        return None
    found = f"the terminal reports a size of {size[0]}×{size[1]}"
    return f"{found} and cannot show the monitor; run stty cols 80 rows 24 {_ALTERNATIVE}"


def read_terminal_size(fileno: int) -> tuple[int, int] | None:
    """Columns and rows by the terminal itself, never by COLUMNS and LINES; None for no terminal."""
    try:
        columns, rows = os.get_terminal_size(fileno)
    except OSError:
        return None
    return columns, rows


def read_cursor_address(term: str) -> bytes | None:
    """The capability `cup` of a terminal type; None without it. The first type asked for counts for all.

    Raises LookupError where terminfo, or this Python's curses, does not have the type.
    """
    try:
        import curses

        curses.setupterm(term, 1)
        return curses.tigetstr("cup")
    except (ImportError, ValueError) as error:
        raise LookupError(term) from error
    except curses.error as error:
        raise LookupError(term) from error
