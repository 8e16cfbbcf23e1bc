"""Money-weighted returns beside those of pyxirr and of scipy's root finder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import fsum
from random import Random

import pytest

from nof1tui.domain.returns.money_weighted import CashFlow, money_weighted_return
from tests.support.return_facts import DAY
from tests.support.return_references import SERIES, library, needs

pytestmark = pytest.mark.filterwarnings("ignore")
"""Reference libraries warn while they are imported and while they calculate."""


def random_payments(seed: int) -> list[CashFlow]:
    chance, moment = Random(seed), 1.7e9 // DAY * DAY
    paid = [CashFlow(moment, -1_000.0)]
    for _ in range(chance.randint(0, 15)):
        moment += chance.randint(1, 60) * DAY
        paid.append(CashFlow(moment, round(chance.uniform(-500, 60), 2)))
    total = -sum(payment.usd for payment in paid)
    return [*paid, CashFlow(moment + chance.randint(1, 90) * DAY, round(total * chance.uniform(0.5, 2.0), 2))]


@needs("pyxirr")
def test_money_weighted_returns_agree_with_pyxirr() -> None:
    pyxirr = library("pyxirr")

    found = 0
    for seed in range(SERIES):
        payments = random_payments(seed)
        rate = money_weighted_return(payments).annual.value
        if rate is None:
            continue
        dates = [datetime.fromtimestamp(payment.at, UTC).date() for payment in payments]
        right = pyxirr.xirr(dates, [payment.usd for payment in payments])
        if right is not None:
            assert rate == pytest.approx(right, rel=1e-8, abs=1e-9)
            found += 1
    assert found > 0.8 * SERIES


@needs("scipy")
def test_money_weighted_returns_agree_with_brentq() -> None:
    brentq = library("scipy.optimize").brentq

    for seed in range(SERIES):
        payments = random_payments(seed)
        rate = money_weighted_return(payments).annual.value
        if rate is None:
            continue

        def value(at: float, paid: Sequence[CashFlow] = tuple(payments)) -> float:
            begin = paid[0].at
            return fsum(item.usd * (1 + at) ** (-(item.at - begin) / (365 * DAY)) for item in paid)

        low, high = -0.5 + 0.5 * rate, rate + (1 + rate)
        if value(low) * value(high) < 0:
            assert rate == pytest.approx(brentq(value, low, high, xtol=1e-14, rtol=1e-14), rel=1e-9, abs=1e-9)
