"""Rows compared with the chain: past values of a wallet are exact, differences are described."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import (
    MAX_REPORT_LAG,
    ChainDifference,
    ChainPosition,
    ChainState,
    ReconciliationState,
    compare_with_chain,
    mark_unchecked,
    next_state,
)
from nof1tui.domain.records import AccountKey, AccountRow, Position, Reconciliation

D = Decimal
KEY = AccountKey("s1", "gpt-5")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def row(equity: float, at: datetime = NOW, **positions: tuple[float, float]) -> AccountRow:
    """An account row with quantity and mark of each coin."""
    positions = tuple(
        Position(coin, quantity, mark_price=mark) for coin, (quantity, mark) in sorted(positions.items())
    )
    return AccountRow(KEY, at, at, equity, positions=positions)


def state(value: str, at: datetime = NOW, **positions: tuple[str, str]) -> ChainState:
    holdings = tuple(ChainPosition(coin, D(size), D(mark)) for coin, (size, mark) in positions.items())
    return ChainState(at, D(value), holdings)


def fill(size: str, price: str, start: str, *, at_s: float, fee: str = "0") -> Fill:
    at = NOW + timedelta(seconds=at_s)
    buys = not size.startswith("-")
    return Fill("BTC", D(price), abs(D(size)), buys, at, D(start), D(0), D(fee), 1, f"{at_s}")


@pytest.mark.parametrize(
    ("reported", "chain", "description"),
    [
        (row(1_000, BTC=(1, 100)), state("1000", BTC=("1", "100")), None),
        (row(1_000), state("1000"), None),
        (row(1_010, BTC=(1, 110)), state("1000", BTC=("1", "100")), None),
        (row(1_002.4), state("1000"), None),
        (row(1_030), state("1000"), "equity 1,030.00, on chain 1,000.00"),
        (row(970), state("1000"), "equity 970.00, on chain 1,000.00"),
        (row(1_000), state("1000", BTC=("0.5", "100")), "unreported BTC long 0.5"),
        (row(1_000, BTC=(-2, 100)), state("1000"), "BTC short 2, none on chain"),
        (row(1_000, BTC=(1, 100)), state("1000", BTC=("2", "100")), "BTC long 1, on chain long 2"),
        (row(1_000, BTC=(1, 100)), state("1000", BTC=("-1", "100")), "BTC long 1, on chain short 1"),
    ],
)
def test_a_row_is_compared_with_the_chain_at_its_own_prices(
    reported: AccountRow, chain: ChainState, description: str | None
) -> None:
    found = compare_with_chain(reported, chain, ())
    assert (found.description if found else None) == description


def test_later_fills_are_reversed() -> None:
    bought = fill("1", "100", "0", at_s=120, fee="0.5")
    after = state("1009.5", NOW + timedelta(seconds=180), BTC=("1", "110"))
    assert compare_with_chain(row(1_000), after, [bought]) is None
    assert compare_with_chain(row(1_000), after, ()) is not None


@pytest.mark.parametrize("apart_s", [-59, 0, 59])
def test_a_row_may_be_a_minute_early_or_late(apart_s: float) -> None:
    bought = fill("1", "100", "0", at_s=apart_s)
    after = state("1000", NOW + timedelta(minutes=3), BTC=("1", "100"))
    for reported in (row(1_000), row(1_000, BTC=(1, 100))):
        assert compare_with_chain(reported, after, [bought]) is None


def test_a_row_from_long_before_a_trade_must_not_have_it() -> None:
    bought = fill("1", "100", "0", at_s=61)
    after = state("1000", NOW + timedelta(minutes=3), BTC=("1", "100"))
    assert compare_with_chain(row(1_000), after, [bought]) is None
    found = compare_with_chain(row(1_000, BTC=(1, 100)), after, [bought])
    assert found is not None
    assert found.description == "BTC long 1, none on chain"


TRADES = st.lists(
    st.tuples(st.integers(-5, 5).filter(bool), st.integers(50, 150), st.integers(0, 9)), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(TRADES, st.integers(0, 12), st.integers(60, 140))
def test_past_values_are_exact_at_every_moment(
    trades: Sequence[tuple[int, int, int]], cut: int, mark: int
) -> None:
    money, quantity, fills, then = D(100_000), D(0), list[Fill](), (D(100_000), D(0))
    for number, (size, price, fee) in enumerate(trades):
        if number == cut:
            then = (money, quantity)
        fills.append(
            fill(str(size), str(price), str(quantity), at_s=300 * (number - cut) + 150, fee=str(fee))
        )
        money -= D(size) * price + fee
        quantity += size
    if cut >= len(trades):
        then = (money, quantity)
    late = NOW + timedelta(hours=2)
    chain = ChainState(
        late, money + quantity * 100, (ChainPosition("BTC", quantity, D(100)),) if quantity else ()
    )
    worth = float(then[0] + then[1] * mark)
    honest = row(worth, BTC=(float(then[1]), float(mark))) if then[1] else row(worth)
    assert compare_with_chain(honest, chain, fills) is None
    liar = row(1.06 * worth + 100, BTC=(float(then[1]), float(mark))) if then[1] else row(1.06 * worth + 100)
    assert compare_with_chain(liar, chain, fills) is not None


OFF = ChainDifference(50.0, 5.0, "equity")
LATER = NOW + timedelta(minutes=5)


def watched(
    verdict: str, *, suspect: AccountRow | None = None, since: datetime | None = None
) -> ReconciliationState:
    return ReconciliationState(Reconciliation(KEY, verdict, NOW, "equity", since=since), suspect)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "newest", "suspect", "verdict"),
    [
        (None, None, None, "agrees"),
        (None, OFF, OFF, "checking"),
        (watched("agrees"), OFF, OFF, "checking"),
        (watched("checking", suspect=row(1)), OFF, OFF, "drift"),
        (watched("checking", suspect=row(1)), OFF, None, "checking"),
        (watched("checking", suspect=row(1)), None, OFF, "agrees"),
        (watched("checking", suspect=row(1, LATER - MAX_REPORT_LAG / 2)), OFF, OFF, "checking"),
        (watched("drift", suspect=row(1), since=NOW), OFF, None, "drift"),
        (watched("drift", suspect=row(1), since=NOW), None, OFF, "agrees"),
        (watched("unchecked", since=NOW), OFF, OFF, "drift"),
    ],
)
def test_only_two_mismatches_in_a_row_are_a_drift(
    before: ReconciliationState | None,
    newest: ChainDifference | None,
    suspect: ChainDifference | None,
    verdict: str,
) -> None:
    after = next_state(before, row(2, LATER), LATER, newest, suspect)
    assert after.reconciliation.verdict == verdict
    assert (after.reconciliation.since is not None) == (verdict == "drift")


def test_an_unavailable_chain_changes_the_verdict_only() -> None:
    known = ReconciliationState(Reconciliation(KEY, "drift", NOW, "equity", 50.0, 5.0, NOW), row(1))
    after = mark_unchecked(known, KEY, LATER, "no answer")
    assert (after.reconciliation.verdict, after.reconciliation.reason) == ("unchecked", "no answer")
    assert (after.reconciliation.since, after.reconciliation.drift_usd, after.suspect) == (
        NOW,
        50.0,
        known.suspect,
    )
