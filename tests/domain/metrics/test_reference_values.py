"""Figures compared with a table of values made with the reference libraries.

How the table was made: reference_libraries.py. Where the libraries are installed, they are asked
themselves in test_reference_libraries.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.series.closes import Closes
from tests.support.our_values import disagreements, our_values
from tests.support.reference_libraries import table
from tests.support.reference_series import FIRST_DAY, market_of, random_closes

TABLE = table()
ROWS: list[dict[str, Any]] = TABLE["rows"]


def closes_of(row: dict[str, Any]) -> Closes:
    if "seed" in row:
        return random_closes(row["seed"])
    days = range(FIRST_DAY, FIRST_DAY + len(row["closes"]))
    return Closes(row["base"], tuple(days), tuple(row["closes"]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.get("name", row.get("seed"))))
def test_every_figure_is_that_of_the_libraries_to_nine_digits(row: dict[str, Any]) -> None:
    closes = closes_of(row)
    assert disagreements(row["values"], our_values(closes, market_of(closes))) == []


def test_the_table_asks_every_library_for_enough() -> None:
    names = {name for row in ROWS for values in row["values"].values() for name in values}
    assert set(TABLE["made_with"]) == {"empyrical-reloaded", "ffn", "quantstats"}
    assert names == set(our_values(random_closes(0), market_of(random_closes(0))))
    assert sum(len(values) for row in ROWS for values in row["values"].values()) > 1_000


def test_a_small_difference_would_be_seen() -> None:
    computed = {"sharpe": 1.0}
    assert disagreements({"ffn": {"sharpe": 1.0 + 2e-9}}, computed)
    assert not disagreements({"ffn": {"sharpe": 1.0 + 5e-10}}, computed)
    assert disagreements({"ffn": {"sharpe": 1.0}}, {"sharpe": None})
