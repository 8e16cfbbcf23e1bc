"""Which account rows are accepted: false zeros of the API are rejected, real crashes are not."""

from __future__ import annotations

import pytest

from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import AccountRow
from tests.support.builders import account_row

BEFORE = 12_000.0


def row(minutes: float, equity: float, realized: float | None = None, unrealized: float = 0.0) -> AccountRow:
    return account_row(
        minutes=minutes, equity=equity, realized_usd=realized, unrealized_usd=unrealized, positions=()
    )


def judge(*rows: AccountRow) -> PlausibilityFilter:
    made = PlausibilityFilter(lambda key: 10_000.0)
    for each in rows:
        made.evaluate(each)
    return made


def believes(made: PlausibilityFilter, each: AccountRow) -> bool:
    return made.evaluate(each)[0] is None


@pytest.mark.parametrize(
    ("equity", "realized", "unrealized", "believed"),
    [
        (11_000.0, None, 0.0, True),
        (2_500.0, None, 0.0, True),
        (0.0, None, 0.0, False),
        (0.0, 0.0, 0.0, False),
        (0.0, 2_000.0, 0.0, False),
        (-50.0, 2_000.0, 0.0, False),
        (3.0, 2_000.0, 0.0, False),
        (1e9, 2_000.0, 0.0, False),
        (0.0, -10_000.0, 0.0, True),
        (35.0, -9_965.0, 0.0, True),
        (-20.0, -10_020.0, 0.0, True),
        (1_000.0, -8_500.0, -500.0, True),
        (2_000.0, -8_500.0, -500.0, True),
    ],
    ids=str,
)
def test_a_crash_is_accepted_if_its_own_pnl_accounts_for_it(
    equity: float, realized: float | None, unrealized: float, believed: bool
) -> None:
    made = judge(row(0, BEFORE, 2_000.0))
    assert believes(made, row(3, equity, realized, unrealized)) is believed


def test_the_reason_names_both_figures() -> None:
    doubt, _ = judge(row(0, BEFORE)).evaluate(row(3, 0.0))
    assert doubt is not None
    assert "0.00 USD, 12,000.00 USD at 2025-10-26 04:00:00Z" in doubt


def test_rows_that_persist_for_ten_minutes_are_accepted_with_the_earlier_ones() -> None:
    made = judge(row(0, BEFORE))
    lows = [row(minutes, 40.0) for minutes in (3, 6, 9, 13)]
    heard = [made.evaluate(low) for low in lows]
    assert [doubt is None for doubt, _ in heard] == [False, False, False, True]
    assert heard[-1][1] == lows
    assert believes(made, row(16, 41.0))


def test_the_same_observation_polled_again_does_not_count() -> None:
    made = judge(row(0, BEFORE), row(3, 0.0))
    assert not any(believes(made, row(3, 0.0)) for _ in range(50))


def test_a_temporary_fault_leaves_no_trace() -> None:
    made = judge(row(0, BEFORE), row(3, 0.0), row(6, 0.0))
    assert believes(made, row(9, 11_900.0))
    assert not believes(made, row(20, 0.0))


def test_a_fluctuating_fault_does_not_persist() -> None:
    made = judge(row(0, BEFORE))
    assert not any(believes(made, row(3 * n, 900.0 if n % 2 else 1e8)) for n in range(1, 9))


@pytest.mark.parametrize(
    ("equity", "believed"), [(900_000.0, True), (3.5, True), (0.0, False), (-1.0, False)]
)
def test_without_an_earlier_row_only_an_equity_of_zero_is_implausible(equity: float, believed: bool) -> None:
    assert believes(judge(), row(0, equity)) is believed


def test_rows_of_a_board_count_as_accepted() -> None:
    made, known = judge(), row(0, BEFORE)
    made.seed({known.account: known})
    assert not believes(made, row(3, 1.0))
