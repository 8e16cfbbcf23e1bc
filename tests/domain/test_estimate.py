"""An estimate: a value with n, interval, reason and marks."""

from __future__ import annotations

from math import inf, nan

import msgspec
import pytest

from nof1tui.domain.estimate import Estimate, finite_estimate, merged_marks, not_available


def test_marks_and_reasons_add_up_without_repeats() -> None:
    estimate = Estimate(0.5, 12).marked("weak", reason="12 of 30 days")
    twice = estimate.marked("weak", "sampled", reason="at least: gaps").marked("weak", reason="12 of 30 days")
    assert twice.marks == ("weak", "sampled")
    assert twice.reason == "12 of 30 days; at least: gaps"
    assert twice.symbols == "?≥"
    assert Estimate(1.0, marks=("unexplained", "clock")).symbols == "!"
    assert Estimate(1.0, marks=("restated",)).symbols == ""


def test_a_value_that_is_not_finite_is_not_available() -> None:
    assert finite_estimate(2.0, 3) == Estimate(2.0, 3)
    for value in (inf, nan):
        assert finite_estimate(value, 3) == not_available("too large", 3)


def test_marks_of_several_figures_merge_in_order() -> None:
    assert merged_marks(("weak",), (), ("estimated", "weak")) == ("weak", "estimated")


def test_json_has_the_keys_of_the_figures() -> None:
    body = msgspec.json.decode(msgspec.json.encode(Estimate(2.6, 30, -4.7, 9.9, None, ("weak",))))
    assert body == {"value": 2.6, "n": 30, "ci_low": -4.7, "ci_high": 9.9, "reason": None, "marks": ["weak"]}


def test_an_estimate_never_changes() -> None:
    with pytest.raises(AttributeError):
        Estimate(1.0).value = 2.0  # type: ignore[misc]
