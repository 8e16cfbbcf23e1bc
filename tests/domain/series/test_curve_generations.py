"""Generations of a curve share memory and behave like independent lists."""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.series import curve as curves
from nof1tui.domain.series.append_buffer import AppendBuffer, read_only_view
from nof1tui.domain.series.closes import is_prefix
from nof1tui.domain.series.curve import Curve

CAPITAL_USD = 1_000.0
ROOM = 48
"""Maximum points of a curve in these tests, small so that downsampling is frequent."""

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Plain:
    """Reference generation: an independent list, downsampled by the same rule."""

    points: tuple[tuple[float, float], ...] = ()

    def extended(self, fresh: Points) -> Plain:
        points = sorted({**dict(self.points), **dict(fresh)}.items())
        half = len(points) // 2
        if len(points) <= ROOM:
            return Plain(tuple(points))
        buckets = ROOM // 16
        bounds = [place * half // buckets for place in range(buckets + 1)]
        thinned: list[tuple[float, float]] = []
        for low, high in pairwise(bounds):
            span = points[low:high]
            extremes = {span[0], min(span, key=by_value), max(span, key=by_value), span[-1]}
            thinned += sorted(extremes)
        return Plain((*thinned, *points[half:]))


def by_value(point: tuple[float, float]) -> float:
    return point[1]


VALUES = st.integers(1, 4_000).map(lambda cents: cents / 4)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 10),  # which generation is extended, counted from the newest
        st.integers(-40, 20),  # where the first point lies, in seconds after its last one
        st.lists(VALUES, min_size=1, max_size=30),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60)
@given(STEPS)
def test_every_generation_equals_an_independent_list(
    steps: list[tuple[int, int, list[float]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "MAX_POINTS", ROOM)
        generations = [(Curve(CAPITAL_USD), Plain())]
        for back, away, values in steps:
            curve, plain = generations[max(0, len(generations) - 1 - back)]
            first = (curve.times[-1] if curve.times else 0.0) + away
            fresh = [(first + place, value) for place, value in enumerate(values)]
            generations.append((curve.extended(fresh), plain.extended(fresh)))
        for curve, plain in generations:
            assert tuple(curve.points()) == plain.points
            assert curve == Curve(CAPITAL_USD, *packed(plain.points), *figures(curve))


def packed(points: tuple[tuple[float, float], ...]) -> tuple[memoryview[float], memoryview[float]]:
    return read_only_view(array("d", [time for time, _ in points])), read_only_view(
        array("d", [value for _, value in points])
    )


def figures(curve: Curve) -> tuple[float, float, array[int], array[float]]:
    return curve.peak_usd, curve.max_drawdown, curve.days, curve.closes


def grown(points: int) -> list[Curve]:
    """The curves after each point."""
    generations = [Curve.of(CAPITAL_USD, [(0.0, CAPITAL_USD)])]
    for second in range(1, points):
        generations.append(generations[-1].extended([(float(second), CAPITAL_USD + second)]))
    return generations


def test_a_hundred_generations_hold_little_more_memory_than_one() -> None:
    generations = grown(2_000)[-100:]
    held = {id(curve.buffer): len(memoryview(curve.times.obj)) for curve in generations}
    assert sum(held.values()) <= 2 * 2_048


def test_views_of_a_curve_are_read_only() -> None:
    curve = grown(20)[-1]
    for shown in (curve.times, curve.values, curve.since(5.0)[1], curve.times[3:], Curve.of(1.0, []).times):
        with pytest.raises(TypeError):
            shown[:] = shown


def test_repeating_the_current_hour_with_one_more_point_costs_one_point() -> None:
    """As the API responds: at each poll, every row since the last full hour."""
    curve = grown(100)[-1]
    hour = list(curve.points())[-60:]
    longer = curve.extended([*hour, (100.0, 7.0)])
    assert longer.buffer is curve.buffer
    assert list(longer.points()) == [*curve.points(), (100.0, 7.0)]
    assert curve.extended(hour) is curve


def test_two_extensions_of_one_curve_are_independent() -> None:
    base = grown(20)[-1]
    one, other = base.extended([(50.0, 1.0)]), base.extended([(60.0, 2.0)])
    assert one.buffer is base.buffer
    assert other.buffer is not base.buffer
    assert (list(one.points())[-1], list(other.points())[-1]) == ((50.0, 1.0), (60.0, 2.0))
    assert len(base) == 20
    assert not is_prefix(one, other)


def test_every_earlier_generation_is_a_prefix_of_a_curve() -> None:
    generations = grown(40)
    assert all(is_prefix(before, generations[-1]) for before in generations)
    assert not any(is_prefix(generations[-1], before) for before in generations[:-1])
    assert not is_prefix(generations[3], replace(generations[-1], capital_usd=5.0))


def test_of_concurrent_appends_one_succeeds_and_the_others_are_refused() -> None:
    shared_buffer = AppendBuffer(
        read_only_view(array("d", [1.0])), read_only_view(array("d", [10.0])), capacity=100
    )
    begin, won = threading.Barrier(8), list[int]()

    def write(writer: int) -> None:
        begin.wait()
        if shared_buffer.append_at(1, array("d", [2.0] * 50), array("d", [float(writer)] * 50)):
            won.append(writer)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert list(shared_buffer.prefix(51)[1]) == [10.0, *[float(won[0])] * 50]


def test_a_full_buffer_refuses_points() -> None:
    shared_buffer = AppendBuffer(array("d"), array("d"), capacity=16)
    assert shared_buffer.append_at(0, array("d", range(16)), array("d", range(16)))
    assert not shared_buffer.append_at(16, array("d", [16.0]), array("d", [16.0]))
