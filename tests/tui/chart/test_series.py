"""Curves of a board as lines of a chart."""

from __future__ import annotations

from array import array
from datetime import timedelta

import pytest

from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Feed, Inception
from nof1tui.domain.roster import Roster
from nof1tui.tui.chart.series import shared_capital
from nof1tui.tui.chart.spec import ChartSeries, ChartSpec, value_transform
from tests.support.builders import account_row, at, batch, board, key

CAPITALS = {"gpt-5": 10_000.0, "qwen3-max": 10_000.0, "own-agent": 2_500.0, "watched": None}


@pytest.mark.parametrize(
    ("drawn", "capital"),
    [
        (("gpt-5", "qwen3-max"), 10_000.0),
        (("own-agent",), 2_500.0),
        (("gpt-5", "own-agent"), None),
        (("gpt-5", "watched"), None),
        (("watched",), None),
        ((), None),
    ],
)
def test_the_capital_line_is_drawn_where_all_lines_have_one_capital(
    drawn: tuple[str, ...], capital: float | None
) -> None:
    """The season states no capital, as that of the demo and of a server of one's own."""
    keys = {name: key(name, "open") for name in CAPITALS}
    inceptions = tuple(
        Inception(keys[name], at() - timedelta(days=1), usd, at()) for name, usd in CAPITALS.items()
    )
    rows = tuple(account_row(name, account=keys[name], return_pct_reported=None) for name in CAPITALS)
    made = board(Roster(), batch(accounts=rows))
    made = apply_batch(made, batch(Feed.SEASON, inceptions=inceptions))
    assert shared_capital(made, {keys[name] for name in drawn}) == capital


@pytest.mark.parametrize(
    ("base", "baseline", "percent"),
    [(2_000.0, 10_000.0, 50.0), (None, 10_000.0, -70.0), (None, None, 20.0)],
)
def test_percent_counts_from_the_capital_of_the_curve_else_from_the_baseline_else_from_the_first_value(
    base: float | None, baseline: float | None, percent: float
) -> None:
    curve = ChartSeries("a", "A", "red", array("d", (0.0, 60.0)), array("d", (2_500.0, 3_000.0)), base=base)
    factor, offset = value_transform(ChartSpec((curve,), 0.0, 60.0, baseline, percent=True), curve)
    assert factor * 3_000.0 + offset == pytest.approx(percent)
