"""Variables with the prefix of the settings that are none: mistyped ones would be ignored silently."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from nof1tui.settings.base import DOTENV, ENV_PREFIX, dotenv_names
from nof1tui.settings.model import Settings

_OTHER_VARIABLES = frozenset({"NOF1_POSTGRES_IMAGE", "NOF1_RECORDINGS"})
"""Read by the compose file and the tests."""


def describe_unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """One line for each unknown variable of the environment and of `.env`, with the closest setting."""
    known = [name.upper() for name in Settings.model_fields]
    inherited = {name.upper() for name in environ}
    lines = []
    for name in sorted(inherited | dotenv_names()):
        key = name.removeprefix(ENV_PREFIX)
        if name.startswith(ENV_PREFIX) and key not in known and name not in _OTHER_VARIABLES:
            close = difflib.get_close_matches(key, known, n=1)
            place = "" if name in inherited else f" in {DOTENV}"
            suggestion = f" (did you mean {ENV_PREFIX}{close[0]}?)" if close else ""
            lines.append(f"{name}{place} is not a setting and is ignored{suggestion}")
    return lines
