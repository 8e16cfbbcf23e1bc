"""A flow that shows in the equity before the ledger names it: the index waits for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint, Ledger
from nof1tui.domain.returns.index import index_states, last_state
from nof1tui.domain.returns.pending import (
    WITHOUT_LEDGER_S,
    LiveIndex,
    TradingPnl,
    is_pending,
    observe_row,
    settle_pending,
    start_live_life,
    unexplained_change,
)
from tests.support.return_facts import HOUR, at, exact, flow, row

NOTHING = TradingPnl()
UNREAD = Ledger(read_to=at("2026-04-02"))
DEPOSIT = flow("2026-04-02 12:00", 2_000, learned="2026-04-02 12:10")


def watched(*rows: EquityPoint, ledger: Ledger = UNREAD) -> LiveIndex:
    """Rows taken in as they happened, by an account that did not trade."""
    live = LiveIndex()
    for point in rows:
        live = observe_row(live, point, NOTHING, ledger, point.at)
    return live


class TestWorkedExample20:
    """Rows 1,000, 1,000, then 3,000 at 12:05; the ledger names +2,000 at 12:10."""

    live = watched(row("2026-04-01", 1_000), row("2026-04-02", 1_000), row("2026-04-02 12:05", 3_000))

    def test_at_12_07_the_index_is_held_and_the_flow_is_pending(self) -> None:
        assert self.live.state.value == 1.0
        assert self.live.pending is not None
        assert self.live.pending.usd == 2_000.0
        assert self.live.pending.label == "pending flow of about 2,000"

    def test_at_12_11_the_flow_is_known_and_the_index_did_not_move(self) -> None:
        ledger = Ledger((DEPOSIT,), read_to=at("2026-04-02 12:10"))
        settled = settle_pending(self.live, ledger, at("2026-04-02 12:10"))
        assert settled.pending is None
        assert settled.state.value == 1.0
        assert settled.state.equity_usd == 3_000
        assert settled.state.marks == ()
        following = observe_row(settled, row("2026-04-03", 3_030), TradingPnl(closed_usd=30.0), ledger, 0.0)
        assert following.state.value == exact(1.01)

    def test_a_ledger_that_names_nothing_leaves_an_unexplained_gain(self) -> None:
        settled = settle_pending(self.live, Ledger(read_to=at("2026-04-02 12:10")), at("2026-04-02 12:10"))
        assert settled.state.value == exact(3.0)
        assert settled.state.marks == ("unexplained",)

    def test_a_ledger_that_explains_a_part_leaves_the_rest_unexplained(self) -> None:
        ledger = Ledger((flow("2026-04-02 12:05", 1_500.0),), read_to=at("2026-04-02 12:10"))
        settled = settle_pending(self.live, ledger, at("2026-04-02 12:10"))
        assert settled.state.value == exact(1.5)
        assert settled.state.marks == ("unexplained",)

    def test_the_next_portfolio_reading_may_explain_it_first(self) -> None:
        settled = settle_pending(self.live, UNREAD, at("2026-04-02 12:10"), undated_usd=2_000.0)
        assert settled.pending is None
        assert settled.state.value == 1.0
        assert settled.state.grade == "estimated"
        assert settled.state.undated


@pytest.mark.parametrize(
    ("trading", "unrealized_change", "change"),
    [
        (TradingPnl(), 0.0, 300.0),
        (TradingPnl(), 300.0, 0.0),
        (TradingPnl(closed_usd=310.0, fees_usd=12.0, funding_usd=2.0), 0.0, 0.0),
        (TradingPnl(closed_usd=-100.0), 150.0, 250.0),
    ],
)
def test_trading_results_explain_a_change_of_equity(
    trading: TradingPnl, unrealized_change: float, change: float
) -> None:
    assert unexplained_change(10_000.0, 10_300.0, unrealized_change, trading) == exact(change)


@pytest.mark.parametrize(
    ("change", "begin", "pending"),
    [
        (5.0, 100.0, False),
        (5.01, 100.0, True),
        (-5.01, 0.0, True),
        (100.0, 10_000.0, False),
        (-101.0, 10_000.0, True),
    ],
)
def test_a_change_is_pending_over_five_dollars_and_one_percent(
    change: float, begin: float, pending: bool
) -> None:
    assert is_pending(change, begin) is pending


def test_a_gain_of_an_open_position_is_not_pending() -> None:
    live = watched(row(0.0, 1_000), row(HOUR, 1_200, unrealized=200.0))
    assert live.pending is None
    assert live.state.value == exact(1.2)


def test_rows_behind_a_pending_one_wait_with_it_and_follow_it() -> None:
    rows = (row(0.0, 1_000), row(HOUR, 3_000), row(2 * HOUR, 3_030, unrealized=30.0))
    live = watched(*rows, ledger=Ledger(read_to=0.0))
    assert live.state.value == 1.0
    assert [held.point.equity_usd for held in live.held] == [3_000, 3_030]
    settled = settle_pending(live, Ledger((flow(HOUR, 2_000.0),), read_to=3 * HOUR), 3 * HOUR)
    assert settled.held == ()
    assert settled.state.value == exact(1.01)


def test_a_second_flow_behind_a_settled_one_is_pending_again() -> None:
    live = watched(row(0.0, 1_000), row(HOUR, 3_000), row(2 * HOUR, 9_000), ledger=Ledger(read_to=0.0))
    settled = settle_pending(live, Ledger((flow(HOUR, 2_000.0),), read_to=1.5 * HOUR), 2 * HOUR)
    assert settled.pending is not None
    assert settled.pending.usd == 6_000.0
    assert settled.state.at == HOUR


def test_a_source_without_a_ledger_counts_the_change_as_gain_after_ten_minutes() -> None:
    live = watched(row(0.0, 1_000), row(150.0, 1_500), ledger=Ledger())
    assert live.pending is not None
    early = settle_pending(live, Ledger(), 150.0 + WITHOUT_LEDGER_S - 1)
    assert early.pending is not None
    late = settle_pending(early, Ledger(), 150.0 + WITHOUT_LEDGER_S)
    assert late.state.value == exact(1.5)
    assert late.state.marks == ("unexplained",)


def test_a_reset_ends_the_life_that_waited_for_the_ledger() -> None:
    live = watched(row(0.0, 4_800), row(150.0, 10_000), ledger=Ledger())
    assert live.pending is not None
    reset = start_live_life(live, row(150.0, 10_000))
    assert (reset.pending, reset.held) == (None, ())
    assert (reset.state.value, reset.state.life) == (1.0, 2)


def test_a_row_without_equity_changes_nothing() -> None:
    live = watched(row(0.0, 1_000))
    assert observe_row(live, row(HOUR, None), NOTHING, UNREAD, HOUR) is live


LARGE = st.one_of(st.floats(-0.3, -0.02), st.floats(0.02, 2.0))
"""Shares of equity over the pending threshold: a smaller flow counts as P&L until the ledger names it."""


@given(st.lists(st.tuples(LARGE, st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_once_the_ledger_is_read_the_live_index_is_that_of_all_facts(
    moves: list[tuple[float, bool, bool]],
) -> None:
    """A flow or a gain an hour; the ledger is read after some of the rows, and after the last."""
    rows, flows, equity, unrealized = [row(0.0, 10_000.0)], list[CapitalFlow](), 10_000.0, 0.0
    live = watched(rows[0], ledger=Ledger(read_to=0.0))
    for number, (share, is_flow, read) in enumerate(moves, start=1):
        moment, usd = number * HOUR, share * equity
        equity += usd
        if is_flow:
            flows.append(flow(moment - 60.0, usd))
        else:
            unrealized += usd
        rows.append(row(moment, equity, unrealized=unrealized))
        ledger = Ledger(tuple(flows) if read else (), read_to=moment if read else 0.0)
        live = observe_row(live, rows[-1], NOTHING, ledger, moment)
        seen = [state.value for state in index_states(rows, flows)]
        assert any(live.state.value == pytest.approx(value, rel=1e-9) for value in seen)
    end = len(moves) * HOUR
    live = settle_pending(live, Ledger(tuple(flows), read_to=end), end)
    assert live.pending is None
    assert live.state == last_state(rows, flows)
