"""What alert rules can watch: every numeric figure of an account, a position, a coin or a feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.catalogue import Catalogue
from nof1tui.domain.figures.figure import Figure, SubjectKind
from nof1tui.domain.figures.subjects import Subject

WATCHED_SUBJECTS: tuple[SubjectKind, ...] = ("account", "coin", "feed", "position")
"""A name that several of them have means the first, unless the rule has a coin or a feed."""


class MetricReading(Struct, frozen=True):
    """One subject's value of a metric, and the time of the record behind it."""

    subject: Subject
    value: float | None
    """None where undefined, such as the nearest stop of an account without positions."""
    at: datetime


def watchable_figures(catalogue: Catalogue) -> Catalogue:
    """The figures that a rule can compare with a number."""
    figures = (figure for subject in WATCHED_SUBJECTS for figure in catalogue.of(subject))
    return Catalogue(figure for figure in figures if figure.is_numeric)


def metric_readings(figure: Figure[Any], views: Views) -> Iterator[MetricReading]:
    """The values of all subjects with fresh records; stale records are left out."""
    for view, at in views.fresh(figure):
        yield MetricReading(view.subject, figure.number(view), at)
