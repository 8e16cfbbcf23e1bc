"""Names and the error that the modules of settings share."""

from __future__ import annotations

import difflib
from pathlib import Path

APP_NAME = "nof1-tui"
ENV_PREFIX = "NOF1_"
DOTENV = ".env"
MAX_REPORTED_FAULTS = 2
"""Faults in one error message."""
TABLE_OF_FIELD = {"traders": "trader", "alerts": "alert"}
"""Name of the config file's table, by field."""
FIELD_OF_TABLE = {table: field for field, table in TABLE_OF_FIELD.items()}


class SettingsError(ValueError):
    """A setting is invalid. `str()` is one or two lines without secrets."""


def dotenv_names() -> frozenset[str]:
    """The variables that `.env` in the current folder sets, in upper case; empty without the file."""
    try:
        lines = Path(DOTENV).read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return frozenset(name.strip().upper() for name, equals, value in pairs if equals and value.strip())


def suggest_setting(key: str, known: list[str]) -> str:
    """A hint with the known key that is closest to an unknown one; empty if none is close."""
    close = difflib.get_close_matches(key.lower().removeprefix(ENV_PREFIX.lower()), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
