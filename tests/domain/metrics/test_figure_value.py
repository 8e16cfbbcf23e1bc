"""A figure value has its number of observations and the reason why it is missing or weak."""

from __future__ import annotations

from math import inf, nan

import pytest

from nof1tui.domain.metrics.figure_value import FigureValue, figure_value, known_part


@pytest.mark.parametrize(
    ("value", "n", "expected"),
    [
        (1.5, 30, FigureValue(1.5, 30, "trades")),
        (1.5, 29, FigureValue(1.5, 29, "trades", "29 of 30 trades", ("weak",))),
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


@pytest.mark.parametrize(
    ("known", "count", "expected"),
    [
        (2, 2, FigureValue(7.0, 2, "trades")),
        (0, 0, FigureValue(7.0, 0, "trades")),
        (1, 3, FigureValue(7.0, 1, "trades", "2 of 3 trades without fees", ("incomplete",))),
        (0, 3, FigureValue(None, 0, "trades", "3 of 3 trades without fees")),
    ],
)
def test_a_sum_of_a_part_is_incomplete_and_of_nothing_missing(
    known: int, count: int, expected: FigureValue
) -> None:
    assert known_part(7.0, known, count, "trades", "fees") == expected


@pytest.mark.parametrize(
    ("value", "symbols", "text"),
    [
        (FigureValue(5.0), "", ""),
        (FigureValue(None, reason="flat"), "", "flat"),
        (FigureValue(5.0, 1_200, "trades"), "", "1,200 trades"),
        (FigureValue(5.0, 9, "trades", "9 of 30 trades", ("weak",)), "?", "9 of 30 trades"),
        (FigureValue(5.0, 9, "trades", "a; b", ("weak", "incomplete", "estimated")), "?*~", "a; b"),
        (FigureValue(5.0, 9, "trades", "a", ("unexplained", "clock")), "!", "a"),
    ],
)
def test_marks_have_symbols_and_the_basis_has_words(value: FigureValue, symbols: str, text: str) -> None:
    assert (value.symbols, value.basis_text, value.is_weak) == (symbols, text, "weak" in value.marks)


def test_zero_is_a_value() -> None:
    assert figure_value(0.0, 1, "trades").value == 0.0
