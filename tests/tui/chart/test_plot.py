"""The text of a chart, without an app."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.tui.chart import plot as chart_plot
from nof1tui.tui.chart.labels import shorten_labels
from nof1tui.tui.chart.plot import ChartLine, Plot
from nof1tui.tui.chart.raster import ASCII_GLYPHS, BRAILLE_GLYPHS, GLYPH_SETS
from nof1tui.tui.chart.spec import ChartMarker, ChartSeries, ChartSpec

START = 1_760_745_600.0  # 18 October 2025
POLL = 600.0


def series(key: str, values: Sequence[float], *, rank: int = 0, label: str = "") -> ChartSeries:
    times = array("d", (START + POLL * place for place in range(len(values))))
    return ChartSeries(key, label or key, f"color of {key}", times, array("d", values), rank=rank)


def wish(*curves: ChartSeries, **options: object) -> ChartSpec:
    end = max(one.times[-1] for one in curves)
    return ChartSpec(curves, START, end, **options)  # type: ignore[arg-type]


def text(lines: list[ChartLine]) -> list[str]:
    return [
        line.left + "".join(BRAILLE_GLYPHS.glyphs[bit] for bit in line.bits) + line.right[0] for line in lines
    ]


def colored(plot: Plot, lines: list[ChartLine], curves: Sequence[ChartSeries]) -> list[object]:
    """Lines with the keys of the curves that colour their cells in place of numbers."""
    names: dict[int, object] = {0: None, 1: "baseline"}
    names |= {plot.line_number(one.key) + 1: one.key for one in curves}
    return [(*line[:2], [names[owner] for owner in array("H", line.owners)], *line[3:]) for line in lines]


def test_values_are_on_the_left_days_below_and_names_at_the_right_end() -> None:
    rising = series("up", [10_000.0 + 10 * place for place in range(600)], label="DeepSeek")
    drawn = text(Plot().render(wish(rising), 80, 12))
    assert len(drawn) == 12
    assert any(line.startswith("15k ") for line in drawn)
    assert drawn[0].endswith("DeepSeek") or drawn[1].endswith("DeepSeek")
    assert "20 Oct" in drawn[-1]


@pytest.mark.parametrize(("width", "height"), [(0, 0), (3, 10), (80, 0)])
def test_nothing_is_drawn_where_nothing_fits(width: int, height: int) -> None:
    assert Plot().render(wish(series("a", [1.0, 2.0])), width, height) == []


@pytest.mark.parametrize("size", [(4, 1), (10, 2), (29, 4), (30, 5), (200, 60)])
@pytest.mark.parametrize("dots", GLYPH_SETS.values(), ids=GLYPH_SETS.keys())
def test_a_chart_has_the_given_size(size: tuple[int, int], dots: object) -> None:
    curves = (series("a", [1.0, 5.0, 2.0]), series("b", [3.0, 3.0], rank=1))
    lines = Plot().render(wish(*curves, baseline=2.0), *size, dots)  # type: ignore[arg-type]
    assert len(lines) == size[1]
    assert all(len(line.left) + len(line.bits) + len(line.right[0]) <= size[0] for line in lines)


def test_the_starting_capital_is_a_muted_line_unless_it_is_far_off() -> None:
    near = Plot()
    drawn = near.render(wish(series("a", [10_100.0, 10_900.0]), baseline=10_000.0), 40, 10)
    assert any(1 in array("H", line.owners) for line in drawn)
    far = Plot().render(wish(series("a", [20_000.0, 20_010.0]), baseline=10_000.0), 40, 10)
    assert not any(1 in array("H", line.owners) for line in far)


def test_percent_counts_from_the_baseline_or_from_the_first_value() -> None:
    doubled = series("a", [5_000.0, 10_000.0])
    of_capital = text(Plot().render(wish(doubled, baseline=10_000.0, percent=True), 40, 10))
    of_first = text(Plot().render(wish(doubled, percent=True), 40, 10))
    assert any("-50%" in line for line in of_capital)
    assert any("+100%" in line for line in of_first)


def test_a_marker_is_at_its_point_and_the_last_of_a_cell_wins() -> None:
    flat = series("a", [100.0] * 100)
    at = START + 50 * POLL
    marks = (
        ChartMarker(at, 100.0, "▲", "gain"),
        ChartMarker(at, 100.0, "▼", "loss"),
        ChartMarker(START - 1e6, 1.0, "x", ""),
    )
    lines = Plot().render(wish(flat, markers=marks), 60, 9)
    assert [sign[1:] for line in lines for sign in line.markers] == [("▼", "loss")]


def test_a_cell_of_two_lines_has_the_colour_of_the_better_ranked_one() -> None:
    curves = [series("first", [5.0] * 50, rank=0), series("second", [5.0] * 50, rank=1)]
    for order in (curves, curves[::-1]):
        plot = Plot()
        lines = colored(plot, plot.render(wish(*order), 40, 6), curves)
        assert "second" not in str(lines).replace("color of second", "").replace("' second'", "")


@pytest.mark.parametrize(
    ("labels", "room", "expected"),
    [
        (["BTC hold", "Qwen3"], 6, ["BTC", "Qwen3"]),
        (["BTC hold"], 8, ["BTC hold"]),
        (["DeepSeek"], 6, ["DeepS…"]),
        (["Gemini 2.5 Pro", "GPT 5"], 10, ["Gemini 2.5", "GPT 5"]),
        (["Model 10", "Model 11", "Grok 4"], 7, ["Mod… 10", "Mod… 11", "Grok 4"]),
        (["trader-109", "trader-37", "trader-3"], 8, ["trad…109", "trad…-37", "trader-3"]),
        (["Claude Sonnet", "Claude Opus"], 8, ["Claude S", "Claude O"]),
        (["ab", "ac"], 1, ["…", "…"]),
        (["日本語の名前 two"], 6, ["日本…"]),
    ],
)
def test_a_name_is_shortened_by_words_before_letters(
    labels: list[str], room: int, expected: list[str]
) -> None:
    assert [label.rstrip() for label in shorten_labels(labels, room)] == expected


walks = st.lists(st.floats(-50, 50, allow_nan=False), min_size=2, max_size=40)


@settings(max_examples=40)
@given(
    st.lists(walks, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_an_extended_chart_equals_one_drawn_in_one_step(
    walks: list[list[float]], growth: list[tuple[int, int]], chance: random.Random
) -> None:
    """Points are added to some curves and ranks change: every cell is the same."""
    plot = Plot()
    ranks = list(range(len(walks)))
    for line, more in [(0, 0), *growth]:
        values = walks[line % len(walks)]
        values.extend(values[-1] + chance.uniform(-9, 9) for _ in range(more))
        chance.shuffle(ranks)
        curves = [series(f"{n}", walk, rank=ranks[n]) for n, walk in enumerate(walks)]
        wanted = wish(*curves, baseline=0.0)
        fresh = Plot()
        assert colored(plot, plot.render(wanted, 60, 12), curves) == colored(
            fresh, fresh.render(wanted, 60, 12), curves
        )


def test_one_more_point_changes_only_the_lines_of_its_cells() -> None:
    plot, values = Plot(), [100.0 + 10 * (place % 7) for place in range(300)]
    before = plot.render(wish(series("a", values)), 80, 20)
    changed = []
    for _ in range(10):
        values.append(values[-1] + 0.5)
        after = plot.render(wish(series("a", values)), 80, 20)
        changed.append(sum(new != old for new, old in zip(after, before, strict=True)))
        before = after
    assert sorted(changed)[5] <= 1


def test_plain_characters_are_used_without_braille() -> None:
    lines = Plot().render(wish(series("a", [1.0, 2.0, 3.0])), 30, 6, ASCII_GLYPHS)
    assert {ASCII_GLYPHS.glyphs[bit] for line in lines for bit in line.bits} <= set(" '.|")


def test_a_point_visible_only_with_a_narrow_gutter_does_not_widen_it_permanently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    def gutter_for(labels: Mapping[int, str], width: int) -> int:
        nonlocal asked
        asked += 1
        assert asked < 10, "the gutter is measured again and again"
        return stock(labels, width)

    stock = chart_plot.gutter_width
    monkeypatch.setattr(chart_plot, "gutter_width", gutter_for)
    end = 1_761_634_812.0
    times = array("d", (end, *(end + ahead for ahead in (700, 830, 4_830, 4_840, 4_870))))
    values = array("d", (110_580.5, 110_599.0, 110_782.0, 111_357.0, 111_384.5, 111_438.5))
    one = ChartSeries("BTC", "BTC", "color", times, values)
    plot = Plot()
    for width in range(100, 160):
        asked = 0
        assert len(plot.render(ChartSpec((one,), end - 46_792, end, gap_s=1_800.0), width, 22)) == 22
