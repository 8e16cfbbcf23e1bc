"""One figure explained: its definition, and the value of a view with its inputs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.board_views import View
from nof1tui.domain.figures.figure import Figure, Reading
from nof1tui.domain.metrics.figure_value import FigureValue


class Explanation(Struct, frozen=True):
    """A figure of a view, as read, with the figures that its formula takes."""

    figure: Figure[Any]
    view: View
    reading: Reading
    inputs: tuple[tuple[Figure[Any], Reading], ...]
    observed_at: datetime | None
    """Time of the record behind the view."""

    @property
    def basis(self) -> FigureValue | None:
        """Observations, reason and marks; None where the value is a fact."""
        return self.reading if isinstance(self.reading, FigureValue) else None


def explain(figure: Figure[Any], view: View) -> Explanation:
    """The explanation of this figure of the view."""
    declared = catalogue.default_catalogue()
    inputs = (declared.get(figure.subject, key) for key in figure.inputs)
    return Explanation(
        figure, view, figure.read(view), tuple((its, its.read(view)) for its in inputs), view.observed_at
    )


def describe_need(figure: Figure[Any]) -> str | None:
    """`2 daily returns, weak below 30`: observations that the figure needs; None where it needs none."""
    if not figure.minimum_n:
        return None
    weak = f", weak below {figure.sound_n}" if figure.sound_n else ""
    return f"{figure.minimum_n} {figure.counted}{weak}"
