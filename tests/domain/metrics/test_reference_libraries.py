"""Figures compared with empyrical-reloaded, ffn and quantstats, where these are installed.

pip install nof1-tui[reference]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from math import sqrt
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

import pytest

from nof1tui.domain.metrics import risk
from nof1tui.domain.metrics.trades import trade_figures
from nof1tui.domain.series.closes import Closes
from tests.support.builders import trade
from tests.support.our_values import TIGHT, disagreements, our_values
from tests.support.reference_libraries import finite_values, libraries, table
from tests.support.reference_series import consecutive, market_of, random_closes, recorded_closes

MODULES = ("empyrical", "ffn", "quantstats")
MISSING = [name for name in MODULES if find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed: the extra `reference`"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[Closes, Closes], Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield libraries()


def test_a_thousand_random_series_agree(ask: Callable[[Closes, Closes], Any]) -> None:
    wrong = []
    for seed in range(1_000):
        closes = random_closes(seed)
        market = market_of(closes)
        differences = disagreements(finite_values(ask(closes, market)), our_values(closes, market))
        wrong += [f"series {seed}: {text}" for text in differences]
    assert wrong == []


def test_recorded_series_agree(ask: Callable[[Closes, Closes], Any], recordings: Path) -> None:
    for name, recorded in recorded_closes(recordings).items():
        closes = consecutive(recorded)
        market = market_of(closes)
        assert disagreements(finite_values(ask(closes, market)), our_values(closes, market)) == [], name


def test_the_table_equals_what_the_installed_libraries_give(ask: Callable[[Closes, Closes], Any]) -> None:
    """The installed versions give the values of the table."""
    for row in [row for row in table()["rows"] if "seed" in row][::8]:
        closes = random_closes(row["seed"])
        today = finite_values(ask(closes, market_of(closes)))
        for library, values in row["values"].items():
            assert today[library] == pytest.approx(values, rel=TIGHT, abs=1e-12)


def test_trade_figures_are_those_of_quantstats() -> None:
    import pandas as pd
    from quantstats import stats

    nets = [12.5, -3.0, 40.0, 41.0, 2.0, -7.5, -1.25, -90.0, 10.0, -2.0]
    figures = trade_figures(trade(number, minutes=number, net=net) for number, net in enumerate(nets))
    days = pd.date_range("2025-10-17", periods=len(nets))
    series = pd.Series(nets, index=days)
    asked = {"prepare_returns": False}
    assert figures.profit_factor.value == pytest.approx(stats.profit_factor(series, **asked), rel=TIGHT)
    assert figures.payoff.value == pytest.approx(stats.payoff_ratio(series, **asked), rel=TIGHT)
    assert figures.win_rate_pct.value == pytest.approx(100 * stats.win_rate(series, **asked), rel=TIGHT)
    assert figures.streaks.longest_win == stats.consecutive_wins(series, **asked)
    assert figures.streaks.longest_loss == stats.consecutive_losses(series, **asked)


def test_the_documented_differences_of_quantstats_hold() -> None:
    """quantstats uses a normal distribution for value at risk and leaves zero results out of the win rate."""
    import pandas as pd
    from quantstats import stats

    closes = random_closes(3)
    returns = closes.returns
    series = pd.Series(returns, index=pd.date_range("2025-10-17", periods=len(returns)))
    normal = mean(returns) - 1.6448536269514722 * pstdev(returns) * sqrt(len(returns) / (len(returns) - 1))
    assert stats.value_at_risk(series) == pytest.approx(normal, rel=TIGHT)
    assert stats.value_at_risk(series) != pytest.approx(risk.value_at_risk(returns), rel=1e-3)
    nets = pd.Series([1.0, 0.0, -1.0], index=pd.date_range("2025-10-17", periods=3))
    assert stats.win_rate(nets, prepare_returns=False) == 0.5
    figures = trade_figures(trade(number, net=net) for number, net in enumerate(nets))
    assert figures.win_rate_pct.value == pytest.approx(100 / 3)
