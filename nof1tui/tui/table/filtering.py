"""The filter of a list: plain text or a regular expression; a leading `!` inverts it."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """A predicate of texts. Case does not matter; an invalid regular expression is matched literally."""
    wanted = pattern.strip()
    inverse = wanted.startswith("!")
    wanted = wanted.removeprefix("!").strip()
    if not wanted:
        return lambda text: True
    try:
        search = re.compile(wanted, re.IGNORECASE).search
    except re.error:
        search = re.compile(re.escape(wanted), re.IGNORECASE).search
    return lambda text: (search(text) is None) is inverse
