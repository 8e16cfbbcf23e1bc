"""A figure value has its number of observations and the reason why it is missing or weak."""

from __future__ import annotations

from math import inf, nan

import pytest

from nof1tui.domain.metrics.figure_value import FigureValue, figure_value


@pytest.mark.parametrize(
    ("value", "n", "expected"),
    [
        (1.5, 30, FigureValue(1.5, 30, "trades")),
        (1.5, 29, FigureValue(1.5, 29, "trades", "29 of 30 trades", weak=True)),
        (1.5, 1, FigureValue(None, 1, "trades", "needs 2 trades, has 1")),
        (None, 0, FigureValue(None, 0, "trades", "no trades")),
        (None, 9, FigureValue(None, 9, "trades", "no losing trade")),
        (inf, 40, FigureValue(None, 40, "trades", "no losing trade")),
        (nan, 40, FigureValue(None, 40, "trades", "no losing trade")),
    ],
)
def test_a_value_is_sound_weak_or_missing_with_the_reason(
    value: float | None, n: int, expected: FigureValue
) -> None:
    assert figure_value(value, n, "trades", least=2, sound=30, missing="no losing trade") == expected


def test_zero_is_a_value() -> None:
    assert figure_value(0.0, 1, "trades").value == 0.0
