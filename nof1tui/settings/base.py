"""Names and errors that the settings' modules share."""

from __future__ import annotations

import difflib
from pathlib import Path

APPLICATION = "nof1-tui"


PREFIX = "NOF1_"


DOTENV = ".env"


TOLD = 2
"""So many faults are told at once."""


TABLES = {"traders": "trader", "alerts": "alert"}
"""Fields that are tables of the config file, and what such a table is called there."""


_FIELDS = {table: field for field, table in TABLES.items()}


class SettingsError(ValueError):
    """A setting cannot be used. `str()` is one or two plain lines without secrets."""


def dotenv_names() -> frozenset[str]:
    """The variables that `.env` in the current folder sets, in upper case."""
    try:
        lines = Path(DOTENV).read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return frozenset(name.strip().upper() for name, equals, value in pairs if equals and value.strip())


def _likely(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key.lower().removeprefix(PREFIX.lower()), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
