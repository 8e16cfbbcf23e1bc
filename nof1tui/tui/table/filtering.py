"""The filter of a list: plain text or a regular expression, `!` in front for everything else."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """Which texts pass. Case does not matter; what is no regular expression is taken literally."""
    wanted = pattern.strip()
    inverse = wanted.startswith("!")
    wanted = wanted.removeprefix("!").strip()
    if not wanted:
        return lambda text: True
    try:
        found = re.compile(wanted, re.IGNORECASE).search
    except re.error:
        found = re.compile(re.escape(wanted), re.IGNORECASE).search
    return lambda text: (found(text) is None) is inverse
