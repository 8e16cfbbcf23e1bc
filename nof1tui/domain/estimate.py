"""A figure with its sample size, interval, reason and marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Literal

from msgspec import Struct, structs

Mark = Literal["estimated", "weak", "sampled", "incomplete", "unexplained", "clock", "restated"]
MARK_SYMBOLS: Mapping[Mark, str] = MappingProxyType(
    {
        "estimated": "~",
        "weak": "?",
        "sampled": "≥",
        "incomplete": "*",
        "unexplained": "!",
        "clock": "!",
    }
)
"""One character per mark. A restated figure shows the time of its late fact in place of a character."""

REASON_SEPARATOR = "; "


class Estimate(Struct, frozen=True):
    """A value, or None with the reason. Ratios and returns are fractions, money is USD."""

    value: float | None
    n: int = 0
    """Observations behind the value."""
    ci_low: float | None = None
    """Lower end of the 95 % interval, or of the band of an estimated return."""
    ci_high: float | None = None
    reason: str | None = None
    """Why the value is missing or weak, in a few words."""
    marks: tuple[Mark, ...] = ()

    @property
    def symbols(self) -> str:
        """The characters of its marks, each once."""
        return "".join(dict.fromkeys(MARK_SYMBOLS.get(mark, "") for mark in self.marks))

    def marked(self, *marks: Mark, reason: str | None = None) -> Estimate:
        """The same estimate with further marks; a further reason is appended to the present one."""
        reasons = [
            *(self.reason.split(REASON_SEPARATOR) if self.reason else ()),
            *([reason] if reason else ()),
        ]
        joined = REASON_SEPARATOR.join(dict.fromkeys(reasons)) or None
        return structs.replace(self, marks=merged_marks(self.marks, marks), reason=joined)


def not_available(reason: str, n: int = 0) -> Estimate:
    """An estimate without a value."""
    return Estimate(None, n, reason=reason)


def finite_estimate(value: float, n: int, reason: str = "too large") -> Estimate:
    """The value, or n/a with this reason where it is not a finite number."""
    return Estimate(value, n) if isfinite(value) else not_available(reason, n)


def merged_marks(*groups: Iterable[Mark]) -> tuple[Mark, ...]:
    """Marks of all groups in order of first appearance, each once."""
    return tuple(dict.fromkeys(mark for group in groups for mark in group))
