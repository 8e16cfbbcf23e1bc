"""Bands by bootstrap, and whether a lead is more than luck."""

from __future__ import annotations

from math import prod

import pytest

from nof1tui.domain.returns.bootstrap import (
    BootstrapTotals,
    bootstrap_totals,
    lead_probability,
    percentile,
    resampled_sums,
)
from tests.support.return_facts import THIRTY_DAYS, THIRTY_DAYS_OF_BTC, days, exact

TRADER = days(THIRTY_DAYS)


@pytest.fixture(scope="module")
def totals() -> BootstrapTotals:
    return bootstrap_totals(TRADER)


class TestBootstrap:
    def test_10_band_of_the_total_return(self, totals: BootstrapTotals) -> None:
        estimate = totals.total_return()
        assert estimate.value == exact(0.0515772551982658)
        assert (estimate.ci_low, estimate.ci_high) == pytest.approx((-0.0188473, 0.1243318), abs=0.01)
        assert totals.loss_probability().value == pytest.approx(0.0715, abs=0.01)
        assert estimate.n == 30

    def test_the_seed_is_fixed(self, totals: BootstrapTotals) -> None:
        assert bootstrap_totals(TRADER) == totals

    def test_fewer_than_twenty_days_have_no_band(self) -> None:
        few = bootstrap_totals(TRADER[:19])
        assert few.total_return().value == exact(prod(1 + value for value in THIRTY_DAYS[:19]) - 1)
        assert few.total_return().ci_low is None
        assert few.total_return().reason == few.loss_probability().reason == "too few days: 19 of 20"

    def test_everything_lost_has_no_band(self) -> None:
        lost = bootstrap_totals(days([*THIRTY_DAYS, -1.0]))
        assert lost.total_return().value == -1.0
        assert lost.loss_probability().reason == "everything was lost"

    def test_a_draw_has_as_many_values_as_the_series_and_favours_none(self) -> None:
        assert resampled_sums([1.0] * 25, draws=50) == [25.0] * 50
        drawn = resampled_sums(list(map(float, range(40))), draws=4_000)
        assert sum(drawn) / len(drawn) / 40 == pytest.approx(19.5, abs=0.2)

    @pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.5), (0.25, 1.75), (1.0, 4.0)])
    def test_percentiles_are_linear_between_ranks(self, share: float, value: float) -> None:
        assert percentile([1.0, 2.0, 3.0, 4.0], share) == value
        assert percentile([7.0], share) == 7.0


class TestLead:
    def test_a_trader_that_is_ahead_every_day_leads_for_sure(self) -> None:
        ahead = lead_probability(days([value + 0.001 for value in THIRTY_DAYS]), TRADER)
        assert (ahead.value, ahead.marks, ahead.reason) == (1.0, (), None)

    def test_a_lead_that_blocks_do_not_confirm_may_be_luck(self) -> None:
        reversed_days = days([0.0, *THIRTY_DAYS[:0:-1]])
        estimate = lead_probability(TRADER, reversed_days)
        assert estimate.value is not None
        assert 0.5 < estimate.value < 0.95
        assert (estimate.marks, estimate.reason) == (("weak",), "may be luck")
        behind = lead_probability(reversed_days, TRADER).value
        assert behind == pytest.approx(1 - estimate.value, abs=1e-9)

    def test_only_days_of_both_count(self) -> None:
        estimate = lead_probability(TRADER, days(THIRTY_DAYS_OF_BTC, first_day=20_011))
        assert estimate.reason == "too few days of both: 19 of 20"

    def test_a_lost_account_has_no_lead(self) -> None:
        assert lead_probability(days([-1.0] * 30), TRADER).reason == "everything was lost"
