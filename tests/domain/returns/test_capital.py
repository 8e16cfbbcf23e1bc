"""Capital: known, from the ledger, inferred, or unknown with the reason; never an assumed number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.capital import (
    Capital,
    ReportedResult,
    capital_by_sums,
    capital_of,
    inferred_capital,
    pnl_since_start,
    return_on_capital,
)
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.facts import CapitalFact, CapitalFlow
from nof1tui.domain.returns.inception import return_since_inception, unwatched_return
from nof1tui.domain.returns.index import START, last_state
from tests.support.return_facts import DAY, exact, flow, row

AGREE = ReportedResult(842.17, -15.783, -120.33, -37.5)
QUIRK = ReportedResult(2_892.2, -71.078, -7_120.1, -12.3)
CONFLICT = ReportedResult(5_200.0, 4.0, -300.0, 0.0)


def fact(day: float, usd: float, origin: str = "settings") -> CapitalFact:
    return CapitalFact(at=day * DAY, learned_at=day * DAY, usd=usd, origin=origin)  # type: ignore[arg-type]


class TestWorkedExample05:
    @pytest.mark.parametrize(
        ("reported", "usd", "low", "high"),
        [
            (AGREE, 1_000.0, 999.994062991658, 1_000.00593707884),
            (QUIRK, 10_000.0, 9_999.82712421126, 10_000.1728817662),
        ],
    )
    def test_percent_and_results_agree(
        self, reported: ReportedResult, usd: float, low: float, high: float
    ) -> None:
        capital = capital_of(reported=reported)
        assert capital.source == "inferred"
        assert (capital.usd, capital.low_usd, capital.high_usd) == exact((usd, low, high))

    @pytest.mark.parametrize(
        ("reported", "sums"),
        [(AGREE, (1_000.0, 925.0)), (QUIRK, (10_024.6, 10_000.0)), (CONFLICT, (5_500.0,))],
    )
    def test_results_with_and_without_upstreams_wrong_sign(
        self, reported: ReportedResult, sums: tuple[float, ...]
    ) -> None:
        assert capital_by_sums(reported) == exact(sums)

    def test_a_contradiction_is_unknown(self) -> None:
        capital = capital_of(reported=CONFLICT)
        assert (capital.usd, capital.source) == (None, "unknown")
        assert capital.reason == "capital unknown: 5,000.00 by percent, 5,500.00 by results"

    def test_equity_alone_is_unknown_and_so_is_what_needs_capital(self) -> None:
        capital = capital_of(reported=ReportedResult(5_200.0))
        assert (capital.usd, capital.source) == (None, "unknown")
        assert return_on_capital(5_200.0, capital).value is None
        assert pnl_since_start(5_200.0, capital).reason == "capital unknown: no cumulative percent"


class TestOrderOfSources:
    flows = (flow(0.0, 1_000.0), flow(10 * DAY, 9_000.0))

    def test_a_known_capital_comes_first_and_later_flows_are_added(self) -> None:
        capital = capital_of([fact(5, 1_200.0)], self.flows, ledger_complete=True, reported=AGREE)
        assert (capital.usd, capital.source) == (10_200.0, "known")

    def test_settings_outrank_upstream_and_the_newest_fact_outranks_older_ones(self) -> None:
        facts = [fact(1, 500.0), fact(3, 700.0), fact(9, 900.0, "upstream")]
        assert capital_of(facts).usd == 700.0
        assert capital_of(facts[2:]).usd == 900.0

    def test_the_ledger_counts_only_if_it_reaches_back_to_the_first_deposit(self) -> None:
        complete = capital_of((), self.flows, ledger_complete=True, reported=AGREE)
        assert (complete.usd, complete.source) == (10_000.0, "ledger")
        assert capital_of((), self.flows, reported=AGREE).source == "inferred"

    def test_nothing_stated_is_unknown(self) -> None:
        assert capital_of().reason == "capital unknown: no source states it"

    def test_a_lost_account_says_nothing_about_its_capital(self) -> None:
        for reported in (
            ReportedResult(0.0, -100.0),
            ReportedResult(0.01, -100.0),
            ReportedResult(-5.0, -50.0),
        ):
            assert inferred_capital(reported).source == "unknown"


def test_01_profit_and_put_in_after_two_deposits() -> None:
    capital = Capital(10_000.0, "ledger")
    assert pnl_since_start(9_595.0, capital).value == exact(-405.0)
    assert return_on_capital(9_595.0, capital).value == exact(-0.0405)


def test_capital_below_zero_has_no_return() -> None:
    assert return_on_capital(500.0, Capital(-20.0, "ledger")).reason == "more was taken out than put in"


class TestSinceInception:
    watched = last_state([row(10 * DAY, 1_100.0), row(12 * DAY, 1_210.0)])

    def test_the_return_before_the_first_row_is_joined(self) -> None:
        before = unwatched_return(fact(0, 1_000.0), Valuation(10 * DAY, 1_100.0))
        estimate = return_since_inception(self.watched, before)
        assert estimate.value == exact(0.21)
        assert estimate.marks == ()

    def test_a_flow_before_the_first_row_makes_it_an_estimate_with_a_band(self) -> None:
        flows: list[CapitalFlow] = [flow(5 * DAY, 50.0), flow(11 * DAY, 999.0)]
        before = unwatched_return(fact(0, 400.0), Valuation(10 * DAY, 460.0), flows)
        estimate = return_since_inception(self.watched, before)
        assert estimate.value == exact((1 + 10 / 425) * 1.1 - 1)
        assert (estimate.ci_low, estimate.ci_high) == exact(
            ((1 + 10 / 450) * 1.1 - 1, (1 + 10 / 400) * 1.1 - 1)
        )
        assert estimate.marks == ("estimated",)

    def test_a_wide_band_or_an_unknown_capital_is_not_available(self) -> None:
        wide = unwatched_return(fact(0, 100.0), Valuation(10 * DAY, 1_100.0), [flow(5 * DAY, 900.0)])
        assert return_since_inception(self.watched, wide).value is None
        assert return_since_inception(self.watched, None).reason == "capital at inception unknown"
        assert return_since_inception(START, None).reason == "no equity above dust yet"

    def test_an_inception_after_the_first_row_is_refused(self) -> None:
        with pytest.raises(ValueError, match="inception"):
            unwatched_return(fact(11, 1_000.0), Valuation(10 * DAY, 1_100.0))


@given(st.floats(100.0, 1e6), st.floats(-0.9, 5.0))
def test_the_inferred_interval_holds_the_true_capital(capital_usd: float, growth: float) -> None:
    percent = round(100 * growth, 3)
    inferred = inferred_capital(ReportedResult(capital_usd * (1 + growth), percent))
    assert inferred.low_usd is not None
    assert inferred.high_usd is not None
    assert inferred.low_usd * (1 - 1e-9) <= capital_usd <= inferred.high_usd * (1 + 1e-9)
