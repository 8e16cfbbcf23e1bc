"""Figures of an equity curve, each with its number of observations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from nof1tui.domain.metrics import basic, risk
from nof1tui.domain.metrics.drawdown import drawdown
from nof1tui.domain.metrics.performance import Performance, performance
from nof1tui.domain.series.closes import Closes, Span, daily_closes
from nof1tui.domain.series.curve import SECONDS_PER_DAY, Curve, CurveBucket, TimeSeries
from tests.support.reference_series import market_of, random_closes

PER_YEAR = ("cagr_pct", "calmar")


def curve_of(closes: Closes) -> Curve:
    """A curve with four values a day, the close last."""
    points: list[tuple[float, float]] = []
    for day, close in zip(closes.periods, closes.values, strict=True):
        points += [
            (day * SECONDS_PER_DAY + hour * 3_600.0, close * (0.9 + hour / 180)) for hour in (0, 6, 12)
        ]
        points.append((day * SECONDS_PER_DAY + 18 * 3_600.0, close))
    return Curve.of(closes.base_usd, points)


def days(count: int) -> Closes:
    return random_closes(11, count)


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_the_figures_are_those_of_the_daily_closes(seed: int) -> None:
    closes = random_closes(seed)
    figures = performance(curve_of(closes), market=curve_of(market_of(closes)))
    returns = closes.returns
    expected = {
        "return_pct": 100 * (closes.values[-1] / 10_000 - 1),
        "volatility_pct": 100 * (risk.volatility(returns) or 0.0),
        "sharpe": basic.sharpe(returns),
        "sortino": risk.sortino(returns),
        "omega": risk.omega(returns),
        "var95_pct": 100 * (risk.value_at_risk(returns) or 0.0),
        "max_drawdown_daily_pct": 100 * risk.drawdown_of_returns(returns),
        "beta": risk.beta(returns, market_of(closes).returns),
        "correlation": risk.correlation(returns, market_of(closes).returns),
    }
    for name, value in expected.items():
        assert getattr(figures, name).value == pytest.approx(value), name


def test_fewer_than_thirty_returns_are_grey_and_thirty_are_not() -> None:
    short, sound = (performance(curve_of(days(count))) for count in (29, 30))
    assert (short.sharpe.n, short.sharpe.is_weak, short.sharpe.reason) == (29, True, "29 of 30 daily returns")
    assert (sound.sharpe.n, sound.sharpe.is_weak, sound.sharpe.reason) == (30, False, None)
    assert not short.return_pct.is_weak and not short.max_drawdown_pct.is_weak


def test_figures_per_year_need_ninety_days() -> None:
    short, long = (performance(curve_of(days(count))) for count in (89, 90))
    for name in PER_YEAR:
        assert getattr(short, name).value is None
        assert getattr(short, name).reason == "needs 90 daily returns, has 89"
        assert getattr(long, name).value is not None
        assert not getattr(long, name).is_weak


def test_a_curve_without_values_has_reasons_only() -> None:
    figures = performance(Curve(10_000.0), market=Curve(10_000.0))
    for item in fields(Performance):
        figure = getattr(figures, item.name)
        assert (figure.value, figure.n) == (None, 0)
        assert figure.reason is not None and figure.reason.startswith("no ")


def test_a_season_without_a_benchmark_has_no_beta() -> None:
    figures = performance(curve_of(days(40)))
    assert (figures.beta.value, figures.beta.reason) == (None, "no BTC hold in this season")
    assert figures.excess_pct.reason == "no market to compare with"


def test_beside_itself_a_market_has_a_beta_of_one_and_no_excess() -> None:
    curve = curve_of(days(40))
    figures = performance(curve, market=curve)
    assert figures.beta.value == pytest.approx(1.0)
    assert figures.correlation.value == pytest.approx(1.0)
    assert figures.excess_pct.value == 0.0


def test_all_rows_show_drawdowns_that_daily_closes_miss() -> None:
    figures = performance(Curve.of(100.0, [(0.0, 100.0), (3_600.0, 40.0), (7_200.0, 100.0)]))
    assert figures.max_drawdown_pct.value == pytest.approx(-60.0)
    assert figures.max_drawdown_daily_pct.value == 0.0
    assert (figures.underwater_s.value, figures.longest_underwater_s.value) == (0.0, 7_200.0)


def test_a_downsampled_curve_keeps_its_maximum_drawdown() -> None:
    line = Curve.of(100.0, [(0.0, 100.0), (9.0, 95.0)])
    drawn = Curve.from_buckets(
        100.0, TimeSeries(line.times, line.values), [CurveBucket(9.0, 95.0, 40.0, 200.0, -0.8)]
    )
    assert performance(drawn).max_drawdown_pct.value == -80.0


def test_a_span_is_measured_from_its_base_value() -> None:
    curve = Curve.of(
        100.0,
        [
            (0.0, 100.0),
            (SECONDS_PER_DAY * 1.0, 200.0),
            (SECONDS_PER_DAY * 2.0, 150.0),
            (SECONDS_PER_DAY * 3.0, 180.0),
        ],
    )
    figures = performance(curve, Span(since=datetime.fromtimestamp(SECONDS_PER_DAY, UTC)))
    assert figures.return_pct.value == pytest.approx(-10.0)
    assert figures.sharpe.n == 2
    assert figures.max_drawdown_pct.value == pytest.approx(-25.0)


@given(st.integers(0, 999), st.floats(0.0, 1.0))
def test_as_of_a_moment_the_figures_are_those_shown_then(seed: int, part: float) -> None:
    curve, market = curve_of(random_closes(seed)), curve_of(market_of(random_closes(seed)))
    moment = curve.times[int(part * (len(curve) - 1))]
    span = Span(until=datetime.fromtimestamp(moment, UTC))
    then = performance(curve.until(moment), market=market.until(moment))
    assert performance(curve, span, market=market) == then


@given(st.integers(0, 999), st.sampled_from([0.25, 4.0, 2.0**20]))
def test_figures_do_not_depend_on_the_size_of_the_account(seed: int, scale: float) -> None:
    closes = random_closes(seed)
    scaled = Closes(closes.base_usd * scale, closes.periods, tuple(value * scale for value in closes.values))
    assert performance(curve_of(scaled)) == performance(curve_of(closes))


def test_a_running_drawdown_can_be_passed_in() -> None:
    curve = curve_of(days(40))
    assert performance(curve, running=drawdown(curve)) == performance(curve)
    assert len(daily_closes(curve).values) == 40
