"""Regular expressions with a bound, by the package `regex`: the engine behind `/…/` in filters.

`domain` imports no library, and `tui` and `cli` both filter: what starts them hands `compile_pattern`
on as an argument, so this module belongs to none of them. `regex` is imported at the first pattern.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from nof1tui.domain.filters.matcher import PatternRefused, TextSpan

MOST_NODES = 5_000
"""Size to which a pattern may grow when `regex` compiles it; 20 nested `(…)+` would be a gigabyte."""
MOST_SPANS = 1_000
"""Matches in one text that are worth a highlight."""

_UNSUPPORTED = (
    (re.compile(r"\(\?(?:R|[-+]?[0-9]|&|P>)"), "recursion is not supported"),
    (re.compile(r"\(\?[A-Za-z0-9]*x"), "the flag x is not supported"),
    (re.compile(r"\(\?#"), "comments are not supported"),
    (re.compile(r"\{[\w<=,+\s]*:"), "a fuzzy match takes no test"),
)
"""Constructs whose memory has no bound, and those that would hide repeats from `compiled_size`."""
_TOKEN = re.compile(
    r"""(?P<escape>\\.)
    |(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])
    |(?P<unseen>\(\?[A-Za-z0-9-]+\)|\{[a-z0-9<=,+\ ]*[a-z<=+\ ][a-z0-9<=,+\ ]*\})
    |(?P<open>\(\??)
    |(?P<close>\))
    |(?P<repeat>[*?+]|\{(?P<least>[0-9]*)(?P<comma>,?)(?P<most>[0-9]*)\})
    |.""",
    re.DOTALL | re.VERBOSE,
)


class RegexPattern:
    """A compiled pattern. Timeouts count the CPU time of the process, as `regex` does."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def search(self, text: str, timeout_s: float) -> bool:
        """Whether it matches anywhere in the text. Raises TimeoutError, also where memory runs out."""
        try:
            return self._compiled.search(text, timeout=timeout_s) is not None
        except MemoryError as error:
            raise TimeoutError("out of memory") from error

    def spans(self, text: str, timeout_s: float) -> Sequence[TextSpan]:
        """Its first 1,000 matches that are not empty. Raises TimeoutError, also where memory runs out."""
        try:
            matches = islice(self._compiled.finditer(text, timeout=timeout_s), MOST_SPANS)
            return [found.span() for found in matches if found.end() > found.start()]
        except MemoryError as error:
            raise TimeoutError("out of memory") from error


@lru_cache(maxsize=32)
def compile_pattern(pattern: str) -> RegexPattern:
    """The pattern, ignoring case. Raises PatternRefused for one that is invalid, unsupported or too large."""
    for construct, refusal in _UNSUPPORTED:
        if construct.search(pattern):
            raise PatternRefused(refusal)
    if compiled_size(pattern) > MOST_NODES:
        raise PatternRefused("too many repeats: simplify it")
    import regex  # type: ignore[import-untyped, unused-ignore]

    try:
        return RegexPattern(regex.compile(pattern, regex.IGNORECASE | regex.VERSION0, cache_pattern=False))
    except regex.error as error:
        raise PatternRefused(error.msg, error.pos) from error
    except (ValueError, RecursionError) as error:
        raise PatternRefused(str(error)) from error


def compiled_size(pattern: str) -> int:
    """An upper bound of the nodes `regex` makes of a pattern, computed without compiling it.

    `regex` builds the body of a repeat once for every time it must match, and once more: `(ab+){9}` is
    ten bodies of two `b`. Nested repeats multiply. Flags and fuzzy limits may come before a repeat.
    """
    open_groups = [0]
    last = 0
    for token in _TOKEN.finditer(pattern):
        if token["unseen"]:
            open_groups[-1] += len(token[0])
        elif token["open"]:
            open_groups.append(1)
            last = 0
        elif token["close"] and len(open_groups) > 1:
            last = open_groups.pop()
            open_groups[-1] += last
        elif token["repeat"]:
            grown = last * _copies(token)
            open_groups[-1] += grown - last
            last = grown
        else:
            last = 1
            open_groups[-1] += last
    return sum(open_groups)


def _copies(repeat: re.Match[str]) -> int:
    if repeat[0] in "*?+":
        return 2 if repeat[0] == "+" else 1
    least = int(repeat["least"] or 0)
    if least == 1 and not repeat["comma"]:
        return 1
    return max(least + 1, 1)
