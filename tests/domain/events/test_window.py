"""Events of account rows: each once, and independent of the order of arrival."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.events.detector import REPEAT_AFTER, EventDetector, RankingBasis, hour_start, row_key
from nof1tui.domain.events.event import Event, EventKind
from nof1tui.domain.events.window import MAX_SEGMENTS, SEGMENT_ROWS, RowWindow
from nof1tui.domain.records import AccountRow, ExitPlan, Position
from nof1tui.domain.roster import Roster, Season, TraderInfo
from tests.support.builders import account_row, at, key, position

ROSTER = Roster(
    (Season("s1", "Season 1", capital_usd=10_000.0),), (TraderInfo("btc", "BTC hold", kind="benchmark"),)
)
NEWS = ("joined", "coin")


def events_of(*rows: AccountRow, basis: RankingBasis | None = None) -> list[Event]:
    """Events of these rows in the order of their times."""
    detector = EventDetector(basis or RankingBasis(ROSTER))
    return [event for row in sorted(rows, key=row_key) for event in detector.detect(row)]


def kinds(events: Sequence[Event], *but: str) -> list[EventKind]:
    return [event.kind for event in events if event.kind not in (but or NEWS)]


def holding(minutes: float, *positions: Position, equity: float = 10_000.0) -> AccountRow:
    return account_row(minutes=minutes, equity=equity, positions=positions)


def away(pct: float) -> Position:
    """A long position at this distance to liquidation, percent of the mark."""
    return position("ETH", 1.0, mark_price=100.0, liquidation_price=100.0 - pct)


def test_the_first_row_of_a_trader_and_of_a_coin_is_one_event() -> None:
    events = events_of(
        holding(0, position("ETH")),
        holding(1, position("ETH"), position("BTC")),
        account_row("grok-4", 2, positions=(position("BTC"),)),
    )
    assert [(e.kind, e.account, e.coin, e.at) for e in events if e.kind in NEWS] == [
        ("joined", key(), None, at(0)),
        ("coin", key(), "ETH", at(0)),
        ("coin", key(), "BTC", at(1)),
        ("joined", key("grok-4"), None, at(2)),
    ]


def test_a_change_of_leverage_has_both_values() -> None:
    (event,) = [
        e
        for e in events_of(holding(0, position(leverage=10.0)), holding(1, position(leverage=20.0)))
        if e.kind == "leverage"
    ]
    assert (event.before, event.value, event.coin, event.side) == (10.0, 20.0, "ETH", "long")


@pytest.mark.parametrize(
    ("was", "now", "changes"),
    [
        (ExitPlan(10.0, 5.0, "x"), ExitPlan(10.0, 6.0, "x"), True),
        (ExitPlan(10.0, 5.0, "x"), ExitPlan(11.0, 5.0, "x"), True),
        (ExitPlan(10.0, 5.0, "x"), ExitPlan(10.0, 5.0, "y"), True),
        (None, ExitPlan(10.0, 5.0), True),
        (ExitPlan(10.0, 5.0), None, True),
        (ExitPlan(10.0, 5.0, "x"), ExitPlan(10.0 + 1e-12, 5.0, "x"), False),
        (ExitPlan(10.0, 5.0, None), ExitPlan(10.0, 5.0, ""), False),
        (None, None, False),
    ],
)
def test_a_new_stop_target_or_invalidation_is_a_new_plan(was: ExitPlan, now: ExitPlan, changes: bool) -> None:
    events = events_of(holding(0, position(exit_plan=was)), holding(1, position(exit_plan=now)))
    assert [(e.plan_before, e.plan) for e in events if e.kind == "plan"] == ([(was, now)] if changes else [])


def test_a_plan_that_was_unknown_before_is_not_a_change() -> None:
    past = position(mark_price=None, leverage=None, exit_plan=None)
    assert not [e for e in events_of(holding(0, past), holding(1, position())) if e.kind == "plan"]


@pytest.mark.parametrize(
    ("distances", "raised_at"),
    [
        ([9.0, 5.0], [1]),
        ([9.0, 5.1], []),
        ([4.0], [0]),
        ([9.0, 4.9, 5.1, 4.9, 7.4, 4.9], [1]),
        ([9.0, 4.9, 7.5, 4.9], [1, 3]),
    ],
)
def test_liquidation_near_is_one_event_until_it_has_cleared(
    distances: list[float], raised_at: list[int]
) -> None:
    events = events_of(*(holding(minute, away(pct)) for minute, pct in enumerate(distances)))
    assert [e.at for e in events if e.kind == "liquidation"] == [at(minute) for minute in raised_at]


def test_ten_thousand_noisy_ticks_around_the_limit_are_one_event() -> None:
    chance = random.Random(3)
    ticks = [holding(index / 6_000, away(5.0 + chance.uniform(-2.4, 2.4))) for index in range(10_000)]
    assert kinds(events_of(*ticks)) == ["liquidation"]


def test_a_liquidation_event_repeats_after_hours_or_for_another_position() -> None:
    hours = events_of(holding(0, away(4.0)), holding(119, away(6.0)), holding(121, away(4.0)))
    assert kinds(hours) == ["liquidation", "liquidation"]
    derived = events_of(holding(0, away(4.0)), holding(1), holding(2, away(4.0)))
    assert kinds(derived) == ["liquidation", "closed", "opened", "liquidation"]


def test_the_leader_is_the_account_ahead_of_all_others() -> None:
    gpt = [account_row("gpt-5", 0, 11_000.0), account_row("gpt-5", 5, 9_000.0)]
    qwen = [account_row("qwen3-max", 1, 10_000.0), account_row("qwen3-max", 3, 12_000.0)]
    hold = [account_row("btc", 0, 99_000.0), account_row("btc", 4, 99_500.0)]
    leads = [e for e in events_of(*gpt, *qwen, *hold) if e.kind == "lead"]
    assert [(e.account, e.other, e.at) for e in leads] == [(key("qwen3-max"), key("gpt-5"), at(3))]


def test_a_leader_that_falls_loses_the_lead_to_the_next() -> None:
    rows = [
        account_row("gpt-5", 0, 11_000.0),
        account_row("qwen3-max", 1, 10_000.0),
        account_row("gpt-5", 2, 9_000.0),
    ]
    (event,) = [e for e in events_of(*rows) if e.kind == "lead"]
    assert (event.account, event.other, event.at) == (key("qwen3-max"), key("gpt-5"), at(2))


def test_a_shared_first_rank_has_no_leader() -> None:
    rows = [account_row(name, minute, 10_000.0) for minute, name in enumerate(("a", "b", "c"))]
    assert "lead" not in kinds(events_of(*rows))
    ahead = events_of(*rows, account_row("b", 5, 10_001.0))
    assert [(e.account, e.other) for e in ahead if e.kind == "lead"] == [(key("b"), None)]


def test_rank_events_are_at_the_end_of_each_hour() -> None:
    rows = [account_row("a", 0, 10_000.0), account_row("b", 1, 9_000.0)]
    rows += [account_row("b", 61 + index, 9_000.0 + 2_000.0 * (index % 2)) for index in range(50)]
    ranked = [e for e in events_of(*rows, account_row("a", 121, 10_000.0)) if e.kind == "rank"]
    assert [(e.at, e.account, e.before, e.value) for e in ranked] == [
        (at(120), key("a"), 1.0, 2.0),
        (at(120), key("b"), 2.0, 1.0),
    ]
    assert not [e for e in events_of(*rows) if e.kind == "rank"], "the hour is not over"


def test_capitals_decide_the_leader() -> None:
    rows = [account_row("a", 0, 10_000.0), account_row("b", 1, 15_000.0), account_row("a", 2, 10_500.0)]
    richer = RankingBasis(ROSTER, {key("b"): 20_000.0})
    assert "lead" not in kinds(events_of(*rows))
    before = RowWindow.from_detector(EventDetector(RankingBasis(ROSTER))).add_rows(rows).window
    after = before.with_basis(richer)
    assert {e.id for e in after.window.segments[0].events} == {e.id for e in events_of(*rows, basis=richer)}


# Any order of arrival

COINS = ("BTC", "ETH")


@st.composite
def seasons(draw: st.DrawFn) -> list[AccountRow]:
    """Some hours of three traders: positions that open, change and close, some near liquidation."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows = {}
    for _ in range(draw(st.integers(1, 60))):
        minutes, name = chance.randrange(600), chance.choice(("a", "b", "btc"))
        positions = tuple(
            position(
                coin,
                chance.choice((-1.0, 1.0, 2.0)),
                leverage=chance.choice((5.0, 10.0)),
                mark_price=100.0,
                liquidation_price=chance.choice((92.0, 94.0, 96.0, 106.0, None)),
                exit_plan=chance.choice((None, ExitPlan(120.0, chance.choice((80.0, 85.0))))),
            )
            for coin in COINS
            if chance.random() < 0.6
        )
        row = account_row(
            name, minutes, chance.choice((9_000.0, 10_000.0, chance.uniform(8e3, 12e3))), positions=positions
        )
        rows[row_key(row)] = row
    return list(rows.values())


@settings(deadline=None, max_examples=150)
@given(seasons(), st.randoms(use_true_random=False), st.integers(1, 9))
def test_shuffled_repeated_and_split_rows_give_the_same_events(
    rows: list[AccountRow], chance: random.Random, piece: int
) -> None:
    feed = [*rows, *chance.sample(rows, len(rows) // 2)]
    chance.shuffle(feed)
    known, heard = RowWindow.from_detector(EventDetector(RankingBasis(ROSTER))), dict[str, Event]()
    for start in range(0, len(feed), piece):
        news = known.add_rows(feed[start : start + piece])
        known = news.window
        assert not news.late
        heard = {name: event for name, event in heard.items() if name not in news.removed}
        heard |= {event.id: event for event in news.added}
    assert heard == {event.id: event for event in events_of(*rows)}


@settings(deadline=None, max_examples=60)
@given(seasons(), st.integers(0, 600))
def test_a_window_started_from_recent_rows_gives_the_same_events(
    rows: list[AccountRow], minutes: int
) -> None:
    ordered, since = sorted(rows, key=row_key), at(minutes)
    begin = hour_start(since) - REPEAT_AFTER
    newest = {row.account: row for row in ordered if row.observed_at < begin}
    coins = {held.coin for row in ordered if row.observed_at < begin for held in row.positions}
    detector = EventDetector.from_rows(RankingBasis(ROSTER), newest.values(), coins)
    resumed = [e for row in ordered if row.observed_at >= begin for e in detector.detect(row)]
    assert [e for e in resumed if e.at > since] == [e for e in events_of(*rows) if e.at > since]


def test_of_two_rows_of_one_moment_the_one_fetched_last_counts() -> None:
    first, later = holding(1, position("ETH", 1.0)), holding(1, position("BTC", 1.0))
    later = replace(later, fetched_at=later.fetched_at + timedelta(minutes=1))
    for rows in ([first, later], [later, first]):
        known = RowWindow.from_detector(EventDetector(RankingBasis(ROSTER))).add_rows([holding(0)]).window
        for row in rows:
            known = known.add_rows([row]).window
        assert [e.coin for e in known.segments[0].events if e.kind == "opened"] == ["BTC"]


def test_a_window_drops_the_oldest_rows_and_reports_late_ones() -> None:
    rows = [holding(minute, equity=10_000.0 + minute) for minute in range(SEGMENT_ROWS * (MAX_SEGMENTS + 2))]
    known = RowWindow.from_detector(EventDetector(RankingBasis(ROSTER))).add_rows(rows).window
    assert sum(len(page.rows) for page in known.segments) <= SEGMENT_ROWS * MAX_SEGMENTS
    ancient, young = holding(5.5), holding(len(rows) - 9.5)
    assert known.add_rows([ancient]).late == (ancient,)
    assert known.add_rows([young]).late == ()
    assert known.add_rows(rows[-3:]).window is known, "nothing is new"
