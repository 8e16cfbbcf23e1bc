"""Ages by clocks that may be wrong, and which traders are live."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.clock_offset import ClockReading, ClockState, RecordAge, clock_offset, record_age
from nof1tui.domain.returns.freshness import (
    TraderFreshness,
    arena_freshness,
    freshness_limit,
    is_active,
    row_spacing,
)
from tests.support.return_facts import DAY, exact

LIMIT_S = 60.0
Answer = tuple[float, float, float, float]
"""Received, `Date`, `Age`, newest record; our wall and monotonic clocks agree."""


def polls(end: int) -> range:
    """An answer every 15 s from 0 to the end."""
    return range(0, end + 1, 15)


def after(answers: Iterable[Answer]) -> ClockState:
    state = ClockState()
    for received, date, age, newest in answers:
        state = state.advance(ClockReading(received, received, date, age, newest))
    return state


def words(age: RecordAge) -> str:
    """State and mark as the table of the definitions writes them."""
    assert age.seconds is not None
    return f"{'STALE' if age.seconds > LIMIT_S else 'LIVE'}{' !' if age.marks else ''}"


CASES: dict[str, tuple[list[Answer], float, float, float, str]] = {
    "healthy": ([(t, t, 0, t - 5) for t in polls(60)], 60, 0, 5, "LIVE"),
    "frozen body, frozen Date, no Age": (
        [(t, min(t, 15), 0, min(t, 15) - 5) for t in polls(660)], 660, 0, 650, "STALE",
    ),
    "started on a frozen body": ([(t, -600, 0, -610) for t in polls(60)], 60, 0, 670, "STALE !"),
    "Date an hour slow, records fresh": ([(t, t - 3_600, 0, t - 5) for t in polls(60)], 60, 0, 5, "LIVE !"),
    "Date an hour slow, records frozen": (
        [(t, t - 3_600, 0, min(t, 30) - 5) for t in polls(660)], 660, 0, 635, "STALE !",
    ),
    "Date an hour fast, records fresh": ([(t, t + 3_600, 0, t - 5) for t in polls(60)], 60, 0, 5, "LIVE !"),
    "own clock ten minutes slow": ([(t, t + 600, 0, t + 595) for t in polls(60)], 60, 600, 5, "LIVE"),
    "own clock ten minutes fast": ([(t, t - 600, 0, t - 605) for t in polls(60)], 60, -600, 5, "LIVE"),
    "cached answer with an Age": ([(t, 0, t, -20) for t in polls(285)], 285, 0, 305, "STALE"),
    "records four minutes ahead, then frozen": (
        [(t, t, 0, min(t, 15) + 235) for t in polls(210)], 210, 0, 195, "STALE !",
    ),
}  # fmt: skip
"""Answers, now, then offset, age and words."""


class TestWorkedExample21:
    @pytest.mark.parametrize("case", CASES)
    def test_clock(self, case: str) -> None:
        answers, now, offset, seconds, state = CASES[case]
        age = record_age(after(answers), now, now, LIMIT_S)
        assert age.offset_s == offset
        assert age.seconds == pytest.approx(seconds, abs=2)
        assert words(age) == state


class TestClockOffset:
    def test_a_fast_own_clock_is_believed_after_two_further_arrivals(self) -> None:
        marks = [
            record_age(after([(t, t - 600, 0, t - 605) for t in polls(end)]), end, end, LIMIT_S).marks
            for end in (0, 15, 30)
        ]
        assert marks == [("clock",), ("clock",), ()]

    def test_the_best_offset_falls_only_with_a_newer_record(self) -> None:
        state = after([(0, 600, 0, 595), (15, 600, 0, 595), (30, 600, 0, 595)])
        assert state.best == 600
        assert after([(0, 600, 0, 595), (15, 600, 0, 596)]).best == 585

    def test_a_step_of_the_wall_clock_starts_the_estimate_afresh(self) -> None:
        state = after([(t, t + 600, 0, t + 595) for t in polls(60)])
        assert clock_offset(state, LIMIT_S).seconds == 600
        assert record_age(state, wall=672, monotonic=72, limit_s=LIMIT_S) == RecordAge(exact(17.0))
        corrected = state.advance(ClockReading(675, 75, 675, 0, 670))
        assert (corrected.best, corrected.confirmations) == (0, 0)
        assert record_age(corrected, 675, 75, LIMIT_S) == RecordAge(5.0)

    def test_sleep_does_not_hide_the_age(self) -> None:
        """The monotonic clock stops while the machine sleeps; the wall clock does not."""
        state = after([(t, t, 0, t - 5) for t in polls(60)])
        age = record_age(state, wall=3_660, monotonic=61, limit_s=LIMIT_S)
        assert age.seconds == 3_605

    def test_the_time_of_the_body_bounds_its_records(self) -> None:
        state = ClockState().advance(ClockReading(0, 0, 0, 0, newest=1.5, made_at=-3))
        assert record_age(state, 10, 10, LIMIT_S).marks == ("clock",)
        sound = ClockState().advance(ClockReading(0, 0, 0, 0, newest=-1, made_at=0))
        assert record_age(sound, 10, 10, LIMIT_S).marks == ()

    def test_without_a_date_our_clock_is_used(self) -> None:
        state = ClockState().advance(ClockReading(100, 0, newest=90))
        assert record_age(state, 120, 20, LIMIT_S) == RecordAge(30.0)

    def test_without_records_the_age_is_unknown(self) -> None:
        assert record_age(ClockState(), 5, 5, LIMIT_S) == RecordAge(None)
        hour_ahead = ClockState().advance(ClockReading(0, 0, 3_600))
        assert record_age(hour_ahead, 5, 5, LIMIT_S) == RecordAge(None, 0.0, ("clock",))

    @given(
        st.lists(
            st.tuples(st.integers(1, 60), st.integers(-4_000, 4_000), st.integers(0, 300), st.booleans()),
            min_size=1,
            max_size=30,
        ),
        st.integers(0, 5_000),
    )
    def test_no_estimate_hides_a_standstill(
        self, answers: list[tuple[int, int, int, bool]], wait: int
    ) -> None:
        """Whatever `Date` and `Age` say, the age is at least the time since a newer record was seen."""
        state, now, newest, risen = ClockState(), 0.0, -5.0, 0.0
        for number, (pause, date, age, newer) in enumerate(answers):
            now += pause
            if newer or number == 0:
                newest, risen = now - 5.0, now
            state = state.advance(ClockReading(now, now, now + date, age, newest))
        found = record_age(state, now + wait, now + wait, LIMIT_S)
        assert found.seconds is not None
        assert found.seconds >= now + wait - risen

    @given(st.floats(-1e4, 1e4).filter(lambda skew: abs(skew) > 3), st.integers(60, 600))
    def test_a_wrong_own_clock_invents_no_staleness(self, skew: float, seconds: int) -> None:
        """Upstream is healthy; our clock differs from its clock by the skew."""
        state = after([(t, t + skew, 0, t + skew - 5) for t in polls(seconds)])
        age = record_age(state, seconds, seconds, LIMIT_S)
        assert age.offset_s == pytest.approx(skew)
        assert age.seconds == pytest.approx(5 + seconds % 15, abs=1e-6)
        assert age.marks == ()


class TestWorkedExample22:
    traders = (
        ("grok", 675.0, 150.0, 15.0, 450.0),
        ("qwen", 120.0, 96.0, 15.0, 288.0),
        ("wallet", 50.0, 15.0, 15.0, 45.0),
        ("slow", 590.0, 900.0, 60.0, 600.0),
    )
    """Name, age, spacing of rows, poll cadence; then the limit."""

    @pytest.mark.parametrize(("name", "age", "spacing", "cadence", "limit"), traders)
    def test_each_trader_has_its_own_limit(
        self, name: str, age: float, spacing: float, cadence: float, limit: float
    ) -> None:
        assert freshness_limit(spacing, cadence) == limit
        assert TraderFreshness(name, age, limit).stale is (name in ("grok", "wallet"))

    def test_the_whole_is_live_only_if_every_active_trader_is(self) -> None:
        found = arena_freshness(TraderFreshness(name, age, limit) for name, age, _, _, limit in self.traders)
        assert found.stale_traders == ("grok", "wallet")
        assert (found.state, found.label) == ("stale", "2 of 4 live")
        assert found.oldest_age_s == 675.0


class TestFreshness:
    def test_spacing_is_the_median_of_the_last_twenty_rows(self) -> None:
        assert row_spacing([]) is None
        assert row_spacing([5.0]) is None
        times = [0.0, 1.0, 2.0, *(1_000.0 + 150.0 * number for number in range(20))]
        assert row_spacing(times) == 150.0
        assert freshness_limit(None, 15.0) == 45.0
        assert freshness_limit(400.0, 15.0, cap_s=3_600.0) == 1_200.0

    def test_an_inactive_trader_does_not_count(self) -> None:
        live, gone = TraderFreshness("a", 5.0, 45.0), TraderFreshness("b", 9e5, 45.0, active=False)
        found = arena_freshness([live, gone])
        assert (found.label, found.live, found.active) == ("LIVE", 1, 1)
        assert is_active(10.0, 7 * DAY)
        assert not is_active(9.99, 5.0)
        assert not is_active(500.0, 7 * DAY + 1)

    def test_an_outage_outranks_any_age(self) -> None:
        fresh = [TraderFreshness("a", 1.0, 45.0)]
        assert arena_freshness(fresh, "down").label == "no answer"
        assert arena_freshness(fresh, "uncollected").label == "not collected"
        assert arena_freshness([]).label == "no rows yet"

    def test_a_clock_mark_of_one_trader_marks_the_whole(self) -> None:
        odd = TraderFreshness("a", 5.0, 45.0, marks=("clock",))
        assert arena_freshness([odd]).label == "LIVE !"
        assert arena_freshness([odd, TraderFreshness("b", None)]).label == "1 of 2 live !"
