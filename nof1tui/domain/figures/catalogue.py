"""All figures by subject, key and former name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from itertools import chain
from typing import Any

from msgspec import Struct

from nof1tui.domain.figures.figure import Figure, SubjectKind

# fmt: off
MODULES = (
    "identity", "account", "performance", "risk", "trading", "exposure", "behaviour", "basis",
    "position", "trade", "coin", "feed", "decision", "event", "arena",
)
# fmt: on
"""Modules of this package that declare figures."""


class UnknownFigure(LookupError):
    """No figure of the subjects has this name; `str()` names the closest key."""


class Found(Struct, frozen=True):
    """The figure of a name, and a notice where the name is a former one."""

    figure: Figure[Any]
    notice: str | None = None


class Catalogue:
    """Figures by subject, key and alias. Raises ValueError for a name used twice within a subject."""

    def __init__(self, figures: Iterable[Figure[Any]]) -> None:
        self._figures = tuple(figures)
        self._by_name: dict[tuple[str, str], Figure[Any]] = {}
        for figure in self._figures:
            for name in (figure.key, *figure.aliases, *figure.renamed_from):
                if self._by_name.setdefault((figure.subject, name), figure) is not figure:
                    raise ValueError(f"{figure.subject}.{name} is the name of two figures")

    def of(self, subject: SubjectKind) -> tuple[Figure[Any], ...]:
        """The subject's figures in order of declaration."""
        return tuple(figure for figure in self._figures if figure.subject == subject)

    def get(self, subject: SubjectKind, key: str) -> Figure[Any]:
        """The figure with this key. Raises KeyError."""
        return self._by_name[subject, key]

    def find(self, name: str, subjects: Sequence[SubjectKind]) -> Found:
        """The figure that people mean by a key, an alias, a former name or `subject.key`.

        Subjects are tried in the order given. Raises UnknownFigure.
        """
        qualifier, dot, rest = name.partition(".")
        tried = [subject for subject in subjects if not dot or subject == qualifier]
        key = rest if dot else name
        for subject in tried:
            figure = self._by_name.get((subject, key))
            if figure is not None:
                return Found(figure, _notice(figure, key))
        raise UnknownFigure(f"unknown figure {name!r}{self._hint(key, subjects)}")

    def with_figure(self, figure: Figure[Any]) -> Catalogue:
        """The same catalogue with one figure more."""
        return Catalogue((*self._figures, figure))

    def _hint(self, key: str, subjects: Sequence[SubjectKind]) -> str:
        known = [name for subject, name in self._by_name if subject in subjects]
        close = get_close_matches(key, known, n=1)
        return f"; did you mean {close[0]!r}?" if close else ""


def _notice(figure: Figure[Any], name: str) -> str | None:
    if name not in figure.renamed_from:
        return None
    return f"{name} is now {figure.subject}.{figure.key}; the old name keeps working"


@cache
def default_catalogue() -> Catalogue:
    """The catalogue of all declared figures, built at first use."""
    modules = (import_module(f"nof1tui.domain.figures.{name}") for name in MODULES)
    return Catalogue(chain.from_iterable(module.FIGURES for module in modules))
