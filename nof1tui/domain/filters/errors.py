"""What a filter can be refused for, with the likely spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from nof1tui.domain.sanitisation import sanitise_line

MOST_SHOWN = 60
"""Characters of the user's own text that an error repeats."""
_LISTED = 8


class FilterError(ValueError):
    """A filter that cannot be used. `str()` is one line for the user: the term and its fault.

    `start` and `end` are the faulty characters of the text; equal where no characters are at fault.
    """

    def __init__(self, reason: str, start: int = 0, end: int = 0) -> None:
        super().__init__(reason)
        self.start = start
        self.end = end


class RegexStopped(FilterError):
    """The regular expressions of a filter used up their budget before every row was matched."""

    def __init__(self, budget_s: float) -> None:
        spent = f"{budget_s:g} s" if budget_s >= 1 else f"{budget_s * 1_000:.0f} ms"
        super().__init__(f"regex stopped after {spent}: simplify it")


def shown(text: str) -> str:
    """User text as an error repeats it: one line, without control characters, cut when long."""
    return sanitise_line(text, MOST_SHOWN)


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """`no field "cion"; did you mean coin?`, or the first known names where none is near."""
    names = list(known)
    refusal = f'no {what} "{shown(name)}"'
    likely = _likely(name[:MOST_SHOWN].lower(), names)
    if likely is not None:
        return f"{refusal}; did you mean {likely}?"
    if not names:
        return f"{refusal} here"
    more = ", …" if len(names) > _LISTED else ""
    return f"{refusal}; known: {', '.join(names[:_LISTED])}{more}"


def _likely(name: str, known: list[str]) -> str | None:
    """The nearest name, one of the same letters before others; else one that begins with this."""
    near = difflib.get_close_matches(name, known, n=_LISTED)
    near += [other for other in known if name and other.startswith(name)]
    swapped = [other for other in near if sorted(other) == sorted(name)]
    return next(iter(swapped or near), None)
