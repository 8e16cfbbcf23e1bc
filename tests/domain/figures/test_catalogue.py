"""The catalogue: every figure is declared once, in the same form, and can be read of every view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.board import Board
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.figure import Figure, Member, SubjectKind
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics.figure_value import (
    CLOSED_TRADES,
    DAILY_RETURNS,
    FigureValue,
)
from nof1tui.domain.records import ExitPlan, Position
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.domain.figures.sample_views import BENCHMARK, DAY, account, sample_board, views_of
from tests.support.builders import account_row, at, batch, board, trade
from tests.support.paths import ROOT
from tests.test_language import WORDS

CATALOGUE = catalogues.default_catalogue()
SUBJECTS: tuple[SubjectKind, ...] = (
    "arena",
    "account",
    "position",
    "trade",
    "coin",
    "feed",
    "decision",
    "event",
)
FIGURES = [figure for subject in SUBJECTS for figure in CATALOGUE.of(subject)]
SUFFIXES = {"usd": ("_usd",), "pct": ("_pct",), "pp": ("_pct",), "seconds": ("_s",), "time": ("_at", "at")}


def name(figure: Figure[Any]) -> str:
    return f"{figure.subject}.{figure.key}"


def test_every_subject_has_figures() -> None:
    assert {figure.subject for figure in FIGURES} == set(SUBJECTS)
    assert len({name(figure) for figure in FIGURES}) == len(FIGURES)


def test_a_key_ends_as_its_unit_says() -> None:
    for figure in FIGURES:
        assert figure.key.endswith(SUFFIXES.get(figure.unit, ("",))), name(figure)
        for unit, ending in (("usd", "_usd"), ("seconds", "_s"), ("time", "_at")):
            assert not figure.key.endswith(ending) or figure.unit == unit, name(figure)
        assert not figure.key.endswith("_pct") or figure.unit in ("pct", "pp"), name(figure)


def test_a_description_is_one_plain_sentence() -> None:
    for figure in FIGURES:
        assert figure.description.endswith(".") and ". " not in figure.description, name(figure)
        assert len(figure.description) <= 100, name(figure)
        for text in (figure.description, figure.formula, figure.title, figure.reported_as, figure.counted):
            assert not WORDS.search(text), name(figure)


def test_a_title_fits_a_column() -> None:
    assert [name(figure) for figure in FIGURES if not 1 <= len(figure.title) <= 11] == []


def test_inputs_are_other_figures_of_the_same_subject() -> None:
    for figure in FIGURES:
        for key in figure.inputs:
            assert CATALOGUE.get(figure.subject, key).key == key != figure.key, name(figure)


def test_choices_lists_and_objects_describe_their_contents() -> None:
    for figure in FIGURES:
        assert bool(figure.choices) == (figure.unit == "choice"), name(figure)
        contents = bool(figure.members) or figure.item_unit is not None
        assert contents == (figure.unit in ("list", "object")), name(figure)
        for member in members(figure):
            assert member.description.endswith("."), (name(figure), member.key)
            assert bool(member.choices) == (member.unit == "choice"), (name(figure), member.key)


def members(figure: Figure[Any]) -> Iterator[Member]:
    """Members of a figure at every depth."""
    pending = list(figure.members)
    while pending:
        member = pending.pop()
        yield member
        pending += member.members


def sample_views(roster: Roster) -> Iterator[Views]:
    """A full board, boards of bare records, and an empty one."""
    yield views_of(sample_board(roster))
    bare = (Position("ETH", 1.0), Position("BTC", -1.0, exit_plan=ExitPlan()))
    poor = trade(
        side=None, quantity=None, entry_at=None, entry_price=None, exit_price=None, gross_usd=None,
        net_usd=None, fees_usd=None, entry_fee_usd=None, exit_fee_usd=None,
    )  # fmt: skip
    for equity in (10_000.0, 0.0, -5.0):
        row = account_row(
            "gpt-5", equity=equity, return_pct_reported=None, realized_usd=None, unrealized_usd=None,
            sharpe_reported=None, positions=bare,
        )  # fmt: skip
        yield views_of(board(roster, batch(accounts=(row,)), batch(trades=(poor,))), minutes=5)
    yield Views(Board(roster), at(), StatsCache())


def test_a_figure_reads_every_view_and_is_null_only_where_it_may_be(roster: Roster) -> None:
    for views in sample_views(roster):
        for figure in FIGURES:
            for view in views.of(figure.subject):
                read = figure.read(view)
                value = read.value if isinstance(read, FigureValue) else read
                assert value is not None or figure.nullable, name(figure)
                assert not isinstance(value, float) or isfinite(value), name(figure)
                assert figure.unit != "choice" or value in (*figure.choices, None), name(figure)
                if isinstance(read, FigureValue):
                    assert value is not None or read.reason, name(figure)


prices = st.none() | st.floats(-1e12, 1e12)


@given(
    held=st.builds(
        Position,
        coin=st.just("ETH"),
        quantity=st.floats(-1e12, 1e12),
        entry_price=prices,
        mark_price=prices,
        unrealized_usd=prices,
        leverage=prices,
        margin_usd=prices,
        liquidation_price=prices,
        risk_usd=prices,
        exit_plan=st.builds(ExitPlan, prices, prices),
    ),
    equity=st.floats(-1e12, 1e12),
)
def test_no_value_is_ever_infinite_or_not_a_number(roster: Roster, held: Position, equity: float) -> None:
    rows = batch(accounts=(account_row(equity=equity, positions=(held,)),))
    views = views_of(board(roster, rows), minutes=1)
    for figure in FIGURES:
        for view in views.of(figure.subject):
            value = figure.value(view)
            assert not isinstance(value, float) or isfinite(value), name(figure)


def test_contents_have_exactly_the_declared_keys(roster: Roster) -> None:
    views = views_of(sample_board(roster))
    for figure in FIGURES:
        keys = [member.key for member in figure.members if member.required]
        for value in filter(None, map(figure.value, views.of(figure.subject) if keys else ())):
            items = value if figure.unit == "list" else [value]
            for item in value.values() if figure.item_unit == "object" else items:
                assert list(item) == keys, name(figure)


def rising(roster: Roster, days: int) -> AccountView:
    """An account and the benchmark with a value on each of these days, falling on some."""
    values = [10_000.0 * (1.0 + 0.01 * ((day * 7) % 5 - 2) + 0.001 * day) for day in range(days)]
    rows = [account_row("gpt-5", DAY * day, equity=value) for day, value in enumerate(values)]
    market = [account_row(BENCHMARK, DAY * day, equity=10_000.0 + 50.0 * (day % 3)) for day in range(days)]
    return account(views_of(board(roster, batch(accounts=(*rows, *market))), minutes=DAY * days))


def traded(roster: Roster, count: int) -> AccountView:
    trades = tuple(
        trade(number, minutes=number, net=5.0 - 3 * (number % 3)) for number in range(1, count + 1)
    )
    return account(views_of(board(roster, batch(accounts=(account_row(),)), batch(trades=trades)), minutes=5))


@pytest.mark.parametrize("counted", [DAILY_RETURNS, "daily returns of both", CLOSED_TRADES])
def test_minimum_and_sound_numbers_are_those_of_the_computation(roster: Roster, counted: str) -> None:
    make = traded if counted == CLOSED_TRADES else rising
    for figure in FIGURES:
        if figure.subject != "account" or figure.counted != counted:
            continue
        minimum = figure.minimum_n
        if minimum > 1:
            below = figure.read(make(roster, minimum - 1))
            assert isinstance(below, FigureValue) and below.value is None and below.n == minimum - 1
        if minimum:
            enough = figure.read(make(roster, max(minimum, 4)))
            assert isinstance(enough, FigureValue) and enough.value is not None
        if figure.sound_n:
            weak, sound = (figure.read(make(roster, figure.sound_n + more)) for more in (-1, 0))
            assert isinstance(weak, FigureValue) and weak.is_weak
            assert isinstance(sound, FigureValue) and not sound.is_weak


GOLDEN = {
    "leaderboard": "account",
    "stats": "account",
    "positions": "position",
    "trades": "trade",
    "prices": "coin",
    "coins": "coin",
    "chat": "decision",
    "events": "event",
}


@pytest.mark.parametrize("what", GOLDEN)
def test_every_key_of_the_documents_of_version_0_1_is_a_figure(what: str) -> None:
    document = json.loads((ROOT / "tests" / "support" / "golden" / f"{what}.json").read_text("utf-8"))
    subject: Any = GOLDEN[what]
    for key in document["rows"][0]:
        figure = CATALOGUE.get(subject, key)
        assert figure.key == key or key in figure.renamed_from
        if what in ("leaderboard", "prices"):
            assert what in figure.documents


def test_the_figures_of_equity_files_read_stored_rows(roster: Roster) -> None:
    observation = Observation(account_row(equity=10_500.0), roster.trader("gpt-5"), 10_000.0)
    values = {its.key: its.value(observation) for its in CATALOGUE.of("account") if "equity" in its.documents}
    assert values == {
        "trader": "gpt-5",
        "name": "GPT 5",
        "season": "s1",
        "competition": None,
        "equity_usd": 10_500.0,
        "unrealized_usd": 0.0,
        "realized_usd": 500.0,
        "observed_at": at(0),
        "fetched_at": at(0.5),
        "return_pct": pytest.approx(5.0),
        "return_reported_pct": 5.0,
        "sharpe_reported": 0.31,
        "positions": 0,
    }
