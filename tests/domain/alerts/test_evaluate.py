"""Evaluation of rules: once per crossing and cool-down, not at a first start, not on stale data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.evaluate import AlertState, evaluate_rules, format_value
from nof1tui.domain.alerts.parser import RuleConfig, parse_rules
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_failure
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.health import FeedFailure
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster, TraderInfo
from tests.support.builders import account_row, at, batch, board, key, position, price, trade

ROSTER = Roster(traders=(TraderInfo("gpt-5", "GPT 5"), TraderInfo("btc", "BTC hold", kind="benchmark")))


def rules(*tables: dict[str, Any]) -> tuple[AlertRule, ...]:
    return parse_rules(RuleConfig(**table) for table in tables)


def equity(value: float, minutes: float = 0.0, trader: str = "gpt-5", **more: Any) -> Board:
    """A board on which one account has this equity."""
    return board(ROSTER, batch(accounts=(account_row(trader, minutes, value, **more),)))


def evaluated(
    alert_rules: Sequence[AlertRule],
    boards: Iterable[tuple[Board, datetime]],
    memory: AlertState | None = None,
) -> list[Alert]:
    memory, alerts = memory or AlertState(), list[Alert]()
    for seen, now in boards:
        evaluation = evaluate_rules(alert_rules, memory, seen, now)
        memory = evaluation.state
        alerts += evaluation.alerts
    return alerts


def walked(
    alert_rules: Sequence[AlertRule], values: Iterable[float], step_minutes: float = 1.0
) -> list[tuple[float, float]]:
    """Minute and value of the alerts raised by these equities."""
    first = equity(9_500)

    def then(value: float, minutes: float) -> Board:
        row = replace(first.accounts[key()], equity_usd=value, observed_at=at(minutes))
        return replace(first, accounts={key(): row})

    boards = ((then(value, n * step_minutes), at(n * step_minutes)) for n, value in enumerate(values))
    return [
        ((alert.at - at()).total_seconds() / 60, alert.value or 0.0)
        for alert in evaluated(alert_rules, boards)
    ]


BELOW = {"when": "equity_usd < 9_000", "hysteresis": 100.0, "cool_down": "10m"}


@pytest.mark.parametrize(
    ("values", "raised_at"),
    [
        ([9_500, 8_900], [1]),
        ([9_500, 8_900, 8_800, 8_700], [1]),
        ([9_500, 8_900, 9_050, 8_900], [1]),  # came back by less than the hysteresis
        ([9_500, 8_900, 9_150, 8_900], [1]),  # crossed again while it cools down
        ([9_500, 8_900, *[9_150] * 10, 8_900], [1, 12]),  # … and after that
        ([9_500, 8_900, 9_150, *[8_900] * 30], [1]),  # a crossing in the cool-down raises no alert later
        ([8_900, 8_900, 8_900], []),  # beyond at the first evaluation
        ([8_900, 9_200, 8_900], [2]),
        ([9_500, 9_000, 8_999.99], [2]),
    ],
)
def test_an_alert_fires_once_per_crossing_and_cool_down(values: list[float], raised_at: list[float]) -> None:
    assert [minute for minute, _ in walked(rules(BELOW), values)] == raised_at


def test_at_start_alerts_at_the_first_evaluation() -> None:
    assert walked(rules({**BELOW, "at_start": True}), [8_900, 8_900]) == [(0, 8_900)]


def test_ten_thousand_noisy_ticks_around_the_value_fire_once() -> None:
    noise = Random(7)
    values = [9_500.0, *(9_000 + noise.uniform(-90, 90) for _ in range(10_000))]
    assert len(walked(rules(BELOW), values, step_minutes=0.25)) == 1


def test_without_hysteresis_noise_fires_once_per_cool_down() -> None:
    noise = Random(7)
    values = [9_500.0, *(9_000 + noise.uniform(-90, 90) for _ in range(2_000))]
    raised_at = [minute for minute, _ in walked(rules({**BELOW, "hysteresis": 0.0}), values, 0.25)]
    assert len(raised_at) > 30
    assert min(b - a for a, b in pairwise(raised_at)) >= 10


@given(
    st.lists(st.floats(8_000, 10_000), min_size=1, max_size=60),
    st.floats(0, 300),
    st.integers(0, 20),
    st.integers(0, 59),
)
def test_nothing_changes_if_the_program_restarts_at_any_tick(
    values: list[float], hysteresis: float, cool_minutes: int, cut: int
) -> None:
    """Alerts are crossings and respect the cool-down; a restart changes nothing."""
    alert_rules = rules({**BELOW, "hysteresis": hysteresis, "cool_down": f"{cool_minutes}m"})
    boards = [(equity(value, n), at(n)) for n, value in enumerate(values)]
    whole = evaluated(alert_rules, boards)
    memory = AlertState()
    for seen, now in boards[:cut]:
        memory = evaluate_rules(alert_rules, memory, seen, now).state
    again = evaluated(alert_rules, boards[:cut]) + evaluated(
        alert_rules, boards[cut:], AlertState(dict(memory.subjects), dict(memory.sent_at))
    )
    assert [alert.id for alert in again] == [alert.id for alert in whole]
    moments = [alert.at for alert in whole]
    assert all(b - a >= timedelta(minutes=cool_minutes) for a, b in pairwise(moments))
    assert all((alert.value or 0) < 9_000 for alert in whole)


@given(st.permutations(range(6)), st.integers(1, 4))
def test_a_board_evaluated_again_fires_nothing(order: list[int], times: int) -> None:
    alert_rules = rules(BELOW)
    boards = [(equity(9_500 - 150 * n, place), at(place)) for place, n in enumerate(order)]
    once = evaluated(alert_rules, boards)
    assert evaluated(alert_rules, [each for each in boards for _ in range(times)]) == once


def test_stale_rows_are_not_evaluated_and_keep_the_state() -> None:
    alert_rules, old = rules({**BELOW, "cool_down": 0}), equity(8_900, 5)
    memory = evaluate_rules(alert_rules, AlertState(), equity(9_500), at()).state
    assert evaluated(alert_rules, [(old, at(16))], memory) == []
    fresh = evaluate_rules(alert_rules, memory, old, at(6))
    assert len(fresh.alerts) == 1
    assert evaluate_rules(alert_rules, fresh.state, old, at(60)).state == fresh.state


def test_the_first_evaluation_waits_for_a_fresh_board() -> None:
    """An old or empty board is not evaluated first."""
    alert_rules = rules(BELOW)
    for stale in (Board(ROSTER), equity(9_500)):
        assert evaluate_rules(alert_rules, AlertState(), stale, at(500)).state == AlertState()
    assert evaluated(alert_rules, [(equity(9_500), at(500)), (equity(8_900, 501), at(501))]) == []


def test_each_trader_is_a_subject_of_its_own_and_a_benchmark_only_if_named() -> None:
    def both(value: float, minutes: float) -> Board:
        rows = (account_row(trader, minutes, value) for trader in ("gpt-5", "grok", "btc"))
        return board(ROSTER, batch(accounts=tuple(rows)))

    boards = [(both(9_500, 0), at(0)), (both(8_900, 1), at(1))]
    assert sorted(
        alert.subject.account.trader for alert in evaluated(rules(BELOW), boards) if alert.subject.account
    ) == [
        "gpt-5",
        "grok",
    ]
    (alert,) = evaluated(rules({**BELOW, "trader": "BTC hold"}), boards)
    assert alert.message == "BTC hold: equity_usd $8,900.00 < $9,000.00"


def with_positions(*positions: Any, minutes: float = 0.0) -> Board:
    return equity(10_000, minutes, positions=positions)


def near(coin: str = "ETH", mark: float = 3_600.0) -> Any:
    """A long position whose liquidation price (3,512.80) is near."""
    return position(coin, mark_price=mark)


def test_a_position_near_liquidation_fires_and_fires_again_when_reopened() -> None:
    alert_rules = rules({"when": "liquidation_distance_pct < 5", "coin": "any", "cool_down": "3m"})
    boards = [
        with_positions(),
        with_positions(near(), minutes=1),
        with_positions(minutes=2),
        with_positions(near(), minutes=3),
        with_positions(minutes=4),
    ]
    boards += [with_positions(near("ETH"), near("BTC"), minutes=5)]
    alerts = evaluated(alert_rules, [(each, at(n)) for n, each in enumerate(boards)])
    assert [(alert.subject, (alert.at - at()).total_seconds() / 60) for alert in alerts] == [
        (Subject(key(), "ETH"), 1),
        (Subject(key(), "ETH"), 5),
        (Subject(key(), "BTC"), 5),
    ]
    assert alerts[0].message == "GPT 5 ETH: liquidation_distance_pct 2.42% < 5.00%"


def test_without_a_coin_the_nearest_position_of_an_account_counts() -> None:
    alert_rules = rules({"when": "liquidation_distance_pct < 5"})
    (alert,) = evaluated(
        alert_rules, [(with_positions(), at()), (with_positions(position("BTC"), near(), minutes=1), at(1))]
    )
    assert alert.subject == Subject(key())


def test_a_price_is_watched_by_coin() -> None:
    alert_rules = rules({"when": "price >= 115_000", "coin": "btc"})
    seen = [
        board(ROSTER, batch(Feed.PRICES, prices=(price("BTC", value, n), price("ETH", 200_000.0, n))))
        for n, value in enumerate((114_000.0, 115_000.0))
    ]
    (alert,) = evaluated(alert_rules, [(each, at(n)) for n, each in enumerate(seen)])
    assert (alert.message, alert.observed_at) == ("BTC: price $115,000.00 >= $115,000.00", at(1))


def test_the_age_of_a_feed_is_evaluated_without_new_records() -> None:
    alert_rules, seen = rules({"when": "feed_age_s > 5m", "feed": "accounts"}), equity(10_000)
    alerts = evaluated(alert_rules, [(seen, at(n)) for n in range(12)])
    assert [(alert.message, alert.at) for alert in alerts] == [("accounts: feed_age_s 360s > 300s", at(6))]


def test_a_failing_feed_fires_and_fires_again_after_recovery() -> None:
    alert_rules = rules({"when": "feed_failing_s > 60", "feed": "accounts", "cool_down": 0})
    well = board(ROSTER, replace(batch(accounts=(account_row(),)), fetched_at=at()))
    failing = apply_failure(well, FeedFailure(Feed.ACCOUNTS, at(1), "HTTP 503", 503))
    back = apply_batch(failing, replace(batch(accounts=(account_row(minutes=5),)), fetched_at=at(5)))
    again = apply_failure(back, FeedFailure(Feed.ACCOUNTS, at(6), "HTTP 503", 503))
    boards = [(well, at()), (failing, at(2)), (failing, at(3)), (back, at(5)), (again, at(7))]
    assert [alert.at for alert in evaluated(alert_rules, boards)] == [at(2), at(7)]


def test_a_feed_that_goes_down_is_an_event_with_its_reason() -> None:
    well = board(ROSTER, replace(batch(accounts=(account_row(),)), fetched_at=at()))
    down = apply_failure(well, FeedFailure(Feed.ACCOUNTS, at(1), "HTTP 503", 503))
    (alert,) = evaluated(rules({"on": ["down", "up"]}), [(well, at()), (down, at(2)), (down, at(3))])
    assert (alert.message, alert.subject) == ("accounts: down · HTTP 503", Subject(feed=Feed.ACCOUNTS))


def test_events_fire_once_each_and_none_from_before_the_rule() -> None:
    alert_rules = rules({"on": ["opened", "trade"], "trader": "gpt-5"})
    before = board(ROSTER, batch(accounts=(account_row(), account_row(minutes=1, positions=(position(),)))))
    assert [event.kind for event in before.events] == ["opened", "coin", "joined"]
    after = apply_batch(
        before, batch(accounts=(account_row(minutes=3, positions=(position(), position("BTC"))),))
    )
    after = apply_batch(after, batch(Feed.TRADES, trades=(trade(1, minutes=3.5, net=-12.5),)))
    alerts = evaluated(alert_rules, [(before, at(2)), (after, at(4)), (after, at(5))])
    assert [alert.message for alert in alerts] == [
        "GPT 5 BTC: opened long @ $3,844.10",
        "GPT 5 BTC: trade long net -$12.50",
    ]


def test_a_season_read_for_the_first_time_fires_nothing() -> None:
    """The first response has hundreds of old rows and trades."""
    alert_rules = rules({"on": ["opened", "closed", "flipped", "trade", "lead"]}, BELOW, {"when": "rank > 1"})
    rows = [
        account_row(trader, -600 + n, 8_000, positions=(position("ETH", (-1) ** n),))
        for n in range(300)
        for trader in ("gpt-5", "grok")
    ]
    trades = tuple(trade(n, minutes=-n) for n in range(300))
    now = [account_row(trader, 0, 8_000) for trader in ("gpt-5", "grok")]
    seen = board(ROSTER, batch(accounts=(*rows, *now)), batch(Feed.TRADES, trades=trades))
    assert len(seen.events) == 300
    assert evaluated(alert_rules, [(Board(ROSTER), at(1)), (seen, at(1)), (seen, at(2))]) == []


def test_an_old_event_does_not_fire() -> None:
    alert_rules = rules({"on": ["opened"]})
    start = evaluate_rules(alert_rules, AlertState(), Board(ROSTER), at(-60)).state
    seen = board(
        ROSTER, batch(accounts=(account_row(minutes=-30), account_row(minutes=-20, positions=(position(),))))
    )
    assert evaluated(alert_rules, [(seen, at())], start) == []
    assert len(evaluated(alert_rules, [(seen, at(-10))], start)) == 1


def test_events_respect_a_cool_down() -> None:
    def fired(cool_down: str) -> int:
        alert_rules, seen = rules({"on": ["opened", "closed"], "cool_down": cool_down}), Board(ROSTER)
        boards = [(seen, at(-1))]
        for n in range(8):
            seen = apply_batch(
                seen, batch(accounts=(account_row(minutes=n, positions=(position(),) * (n % 2)),))
            )
            boards.append((seen, at(n)))
        return len(evaluated(alert_rules, boards))

    assert (fired("0s"), fired("3m"), fired("1h")) == (7, 3, 1)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-12_345.678, "usd", "-$12,345.68"),
        (0.2000412, "usd", "$0.200041"),
        (-20.314, "pct", "-20.31%"),
        (3.14159, "multiple", "3.14x"),
        (90.0, "seconds", "90s"),
        (3.0, "count", "3"),
        (-0.12, "coins", "-0.12"),
    ],
)
def test_values_are_formatted_with_their_unit(value: float, unit: Any, text: str) -> None:
    assert format_value(value, unit) == text
