"""Money-weighted return: the yearly rate that explains dated payments, or why there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.money_weighted import CashFlow, cash_flows, money_weighted_return
from nof1tui.domain.returns.timescale import YEAR_S
from tests.support.return_facts import DAY, at, exact, flow

DEPOSITS = [
    CashFlow(at("2025-10-17"), -1_000),
    CashFlow(at("2025-11-16"), -9_000),
    CashFlow(at("2026-01-15"), 10_450),
]


def payments(*amounts: float, every_days: float = 365.0) -> list[CashFlow]:
    return [CashFlow(number * every_days * DAY, usd) for number, usd in enumerate(amounts)]


def test_04_xirr() -> None:
    result = money_weighted_return(DEPOSITS)
    assert result.annual.value == exact(0.29033694658818)
    assert result.period.value == exact(0.0648701735934327)
    assert result.days == 90
    assert result.annual.n == 3


def test_payments_of_an_account_are_the_owners() -> None:
    flows = [flow(0.0, 5.0), flow(DAY, 300.0), flow(2 * DAY, -100.0), flow(9 * DAY, 7.0)]
    listed = cash_flows(Valuation(0.0, 1_000.0), flows, Valuation(3 * DAY, 1_250.0))
    assert [payment.usd for payment in listed] == [-1_000.0, -300.0, 100.0, 1_250.0]


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        ([], "span under a day"),
        (payments(-100, 101, every_days=0.9), "span under a day"),
        (payments(-100, -5), "payments all of one sign"),
        (payments(-100, 0.0, 0.0), "span under a day"),
        (payments(-100, 100 * 20_000.0), "rate outside -99.99 % to 1,000,000 %"),
        (payments(-100, 0.001), "rate outside -99.99 % to 1,000,000 %"),
        (payments(-1_000, 2_300, -1_320), "several rates fit"),
        (payments(-1_000, 3_600, -4_310, 1_716), "several rates fit"),
        (payments(-100, 230, -200), "rate outside -99.99 % to 1,000,000 %"),
    ],
)
def test_why_there_is_none(listed: list[CashFlow], reason: str) -> None:
    result = money_weighted_return(listed)
    assert result.annual.value is None
    assert result.annual.reason == result.period.reason == reason


def test_flows_of_unknown_time_have_none() -> None:
    assert money_weighted_return(DEPOSITS, undated=True).annual.reason == "flow times unknown"


def test_payments_of_one_moment_are_one() -> None:
    split = [*DEPOSITS, CashFlow(DEPOSITS[1].at, -500.0), CashFlow(DEPOSITS[1].at, 500.0)]
    assert money_weighted_return(split).annual.value == exact(0.29033694658818)


def test_several_changes_of_sign_may_still_have_one_rate() -> None:
    result = money_weighted_return(payments(-1_000, 200, -300, 1_400))
    rate = result.annual.value
    assert rate is not None
    assert -1_000 + 200 / (1 + rate) - 300 / (1 + rate) ** 2 + 1_400 / (1 + rate) ** 3 == pytest.approx(
        0, abs=1e-9
    )


@given(
    st.floats(-0.9, 20.0),
    st.lists(st.tuples(st.floats(1.0, 400.0), st.floats(10.0, 1e6)), min_size=1, max_size=12),
)
def test_deposits_that_grow_at_a_rate_give_that_rate(
    rate: float, deposits: list[tuple[float, float]]
) -> None:
    listed, moment = list[CashFlow](), 0.0
    for wait, usd in deposits:
        listed.append(CashFlow(moment, -usd))
        moment += wait * DAY
    worth = sum(-paid.usd * (1 + rate) ** ((moment - paid.at) / YEAR_S) for paid in listed)
    result = money_weighted_return([*listed, CashFlow(moment, worth)])
    assert result.annual.value == pytest.approx(rate, rel=1e-9, abs=1e-9)
    assert result.period.value == pytest.approx((1 + rate) ** (moment / YEAR_S) - 1, rel=1e-9, abs=1e-9)
