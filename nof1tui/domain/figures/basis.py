"""What the other figures of an account are based on: observations, reasons, values as reported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from nof1tui.domain.figures import catalogue, shapes
from nof1tui.domain.figures.figure import Figure, Reading, declare, figures_in
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import FigureValue

_basis = partial(declare, AccountView, "account", group="record", nullable=False)


@_basis("object", "Reasons", item_unit="text")
def reasons(account: AccountView) -> Reading:
    """Reason of each figure that is missing, weak or incomplete."""
    return {figure.key: value.reason for figure, value in figure_values(account) if value.reason}


@_basis("object", "Basis", item_unit="object", members=shapes.BASIS)
def basis(account: AccountView) -> Reading:
    """Observations, interval, reason and marks of each figure that counts observations."""
    return {figure.key: _basis_of(figure, value) for figure, value in figure_values(account)}


@_basis("list", "Upstream", source="reported", members=shapes.UPSTREAM)
def upstream(account: AccountView) -> Reading:
    """Figures reported by the API beside the computed ones, and why they differ."""
    keys = [member.key for member in shapes.UPSTREAM]
    return [
        dict(zip(keys, (check.key, check.ours, check.upstream, check.reason), strict=True))
        for check in account.read_reported()
    ]


def figure_values(account: AccountView) -> Iterator[tuple[Figure[Any], FigureValue]]:
    """Every figure of the account that is read as a FigureValue, in the catalogue's order."""
    for figure in catalogue.default_catalogue().of("account"):
        if figure.key in (reasons.key, basis.key):
            continue
        value = figure.read(account)
        if isinstance(value, FigureValue):
            yield figure, value


def _basis_of(figure: Figure[Any], value: FigureValue) -> dict[str, Any]:
    return {
        "n": value.n,
        "counted": value.counted,
        "ci_low": value.ci_low,
        "ci_high": value.ci_high,
        "reason": value.reason,
        "marks": list(value.marks),
        "source": figure.source,
    }


FIGURES = figures_in(vars())
