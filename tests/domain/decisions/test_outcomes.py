"""Calibration of confidence, stops filled or overrun, time to the order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1tui.domain.decisions.attribution import attribute_orders, executed_orders
from nof1tui.domain.decisions.outcomes import EntryOutcome, decision_figures, entry_outcomes, exit_outcome
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import Decision, ExitPlan, Signal, Trade
from tests.support.builders import at, decision, key, trade


def entering(number: int, confidence: float = 0.7, stop: float | None = 90.0) -> Decision:
    signal = Signal("BTC", "buy_to_enter", confidence=confidence, stop_loss=stop, profit_target=120.0)
    return decision(number, minutes=1_000.0 * number, signals=(signal,))


def closed(number: int, net: float, exit_price: float = 95.0, wait_s: float = 4.0) -> Trade:
    entered_at = at(1_000.0 * number) + timedelta(seconds=wait_s)
    return trade(
        number,
        net=net,
        entry_at=entered_at,
        exit_at=at(1_000.0 * number + 90),
        exit_price=exit_price,
        entry_oid=number,
        exit_oid=-number,
    )


def entries_of(
    decisions: list[Decision], trades: list[Trade], plans: list[Event] | None = None
) -> tuple[EntryOutcome, ...]:
    return entry_outcomes(attribute_orders(decisions, executed_orders(trades)), trades, plans or [])


def test_confidence_is_compared_with_outcomes() -> None:
    decisions = [entering(1, 0.62), entering(2, 0.68), entering(3, 0.95), entering(4, 1.0)]
    figures = decision_figures(entries_of(decisions, [closed(1, 50.0), closed(2, -20.0), closed(3, -10.0)]))
    assert [
        (b.low, b.high, b.stated_pct.value, b.won_pct.value, b.net_usd.value) for b in figures.calibration
    ] == [
        (0.6, 0.7, pytest.approx(65.0), 50.0, 15.0),
        (0.9, 1.0, pytest.approx(95.0), 0.0, -10.0),
    ]
    assert figures.brier.value == pytest.approx((0.38**2 + 0.68**2 + 0.95**2) / 3)
    assert (figures.brier.n, figures.brier.is_weak) == (3, True)
    assert (figures.entry_signals, figures.filled_pct.value) == (4, 75.0)
    assert figures.to_fill_s.value == 4.0


def test_full_confidence_falls_into_the_last_bucket() -> None:
    figures = decision_figures(entries_of([entering(1, 1.0)], [closed(1, 1.0)]))
    assert [(b.low, b.won_pct.value) for b in figures.calibration] == [(0.9, 100.0)]


def test_without_entries_there_is_a_reason_and_no_figure() -> None:
    figures = decision_figures(())
    assert (figures.brier.value, figures.brier.reason) == (None, "no entries that were closed")
    assert figures.calibration == ()


@pytest.mark.parametrize(
    ("side", "exit_price", "expected"),
    [
        ("long", 121.0, "target"),
        ("long", 119.8, "target"),
        ("long", 100.0, "before"),
        ("long", 90.1, "kept"),
        ("long", 89.9, "kept"),
        ("long", 88.0, "overrun"),
        ("short", 79.0, "target"),
        ("short", 100.0, "before"),
        ("short", 110.2, "kept"),
        ("short", 112.0, "overrun"),
    ],
)
def test_an_exit_is_compared_with_stop_and_target(side: str, exit_price: float, expected: str) -> None:
    stop, target = (90.0, 120.0) if side == "long" else (110.0, 80.0)
    assert exit_outcome(trade(side=side, exit_price=exit_price), stop, target) == expected


def test_unknown_prices_and_stops_give_no_outcome() -> None:
    assert exit_outcome(trade(exit_price=None), 90.0, None) is None
    assert exit_outcome(trade(exit_price=100.0), None, None) is None
    assert exit_outcome(trade(exit_price=100.0), None, 200.0) is None


def test_the_stop_in_force_at_the_exit_counts() -> None:
    moved = Event("p", at(1_030), "plan", key(), "BTC", plan=ExitPlan(120.0, 96.0))
    after, other = (
        Event("q", at(1_200), "plan", key(), "BTC", plan=ExitPlan(120.0, 50.0)),
        Event("r", at(1_040), "plan", key(), "ETH", plan=ExitPlan(120.0, 50.0)),
    )
    (plain,) = entries_of([entering(1)], [closed(1, -5.0, exit_price=93.0)])
    (trailed,) = entries_of([entering(1)], [closed(1, -5.0, exit_price=93.0)], [after, other, moved])
    assert (plain.stop, plain.exit_outcome) == (90.0, "before")
    assert (trailed.stop, trailed.exit_outcome) == (96.0, "overrun")
    assert decision_figures([plain, trailed]).exit_outcomes == {"before": 1, "overrun": 1}
