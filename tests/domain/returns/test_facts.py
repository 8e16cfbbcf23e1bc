"""Facts with two times: what holds as of a moment, what was known at one, and when the two differ."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from nof1tui.domain.returns.capital import capital_of, put_in_usd
from nof1tui.domain.returns.facts import (
    AccountFacts,
    CapitalFact,
    CapitalFlow,
    EquityPoint,
    Ledger,
    restated_at,
    select_facts,
    was_collected,
)
from nof1tui.domain.returns.index import IndexState, index_return, last_state
from tests.support.return_facts import at, exact, flow, row

FIRST_CAPITAL = CapitalFact(at=at("2026-04-01"), learned_at=at("2026-04-01"), usd=1_000.0)
DEPOSIT_LEARNED_LATE = AccountFacts(
    points=(
        row("2026-04-01", 1_000),
        row("2026-04-02", 1_000),
        row("2026-04-02 12:05", 3_000),
        row("2026-04-03", 3_030),
    ),
    flows=(flow("2026-04-02 12:00", 2_000, learned="2026-04-02 12:10"),),
    capital=(FIRST_CAPITAL,),
)


def index_of(facts: AccountFacts) -> IndexState:
    return last_state(facts.points, facts.flows)


class TestWorkedExample20:
    """A deposit at 12:00 that the ledger names at 12:10. While it is pending: test_pending.py."""

    @pytest.mark.parametrize(
        ("as_of", "index", "put_in", "restated"),
        [
            ("2026-04-02", 1.0, 1_000.0, None),
            ("2026-04-02 12:07", 1.0, 3_000.0, "2026-04-02 12:10"),
            ("2026-04-02 12:11", 1.0, 3_000.0, None),
            ("2026-04-03", 1.01, 3_000.0, None),
        ],
    )
    def test_as_of_a_moment_asked_later(
        self, as_of: str, index: float, put_in: float, restated: str | None
    ) -> None:
        facts = DEPOSIT_LEARNED_LATE.select(at(as_of))
        assert index_of(facts).value == exact(index)
        assert index_return(index_of(facts)).value == exact(index - 1)
        assert capital_of(facts.capital, facts.flows).usd == put_in
        expected = None if restated is None else at(restated)
        assert restated_at(DEPOSIT_LEARNED_LATE, at(as_of)) == expected

    def test_what_was_known_before_the_ledger_named_the_flow(self) -> None:
        """The index alone would be wrong here: the live screen held it as pending."""
        known = DEPOSIT_LEARNED_LATE.select(known_at=at("2026-04-02 12:07"))
        assert known.flows == ()
        assert put_in_usd(FIRST_CAPITAL, known.flows) == 1_000.0
        assert [point.equity_usd for point in known.points] == [1_000, 1_000, 3_000]

    def test_put_in_follows_each_flow_from_its_own_date(self) -> None:
        assert put_in_usd(None, DEPOSIT_LEARNED_LATE.flows) == 2_000.0
        assert put_in_usd(FIRST_CAPITAL, DEPOSIT_LEARNED_LATE.flows) == 3_000.0


class TestCorrections:
    wrong = CapitalFlow(at=100.0, learned_at=110.0, usd=500.0, id="a")
    right = CapitalFlow(at=100.0, learned_at=200.0, usd=450.0, id="b", corrects="a")
    later = CapitalFlow(at=160.0, learned_at=300.0, usd=450.0, id="c", corrects="b")

    @pytest.mark.parametrize(
        ("as_of", "known_at", "found"),
        [
            (inf, 100.0, []),
            (inf, 150.0, [500.0]),
            (inf, 200.0, [450.0]),
            (120.0, 200.0, [450.0]),
            (120.0, inf, []),
            (160.0, inf, [450.0]),
        ],
    )
    def test_a_correction_replaces_the_fact_it_names_once_it_is_known(
        self, as_of: float, known_at: float, found: list[float]
    ) -> None:
        facts = (self.later, self.wrong, self.right)
        assert [fact.usd for fact in select_facts(facts, as_of, known_at)] == found

    def test_a_correction_restates_what_was_shown(self) -> None:
        facts = AccountFacts(flows=(self.wrong, self.right, self.later))
        assert restated_at(facts, 120.0, 150.0) is None
        assert restated_at(facts, 120.0, 250.0) == 200.0
        assert restated_at(facts, 120.0) == 300.0

    def test_a_fact_that_changes_nothing_restates_nothing(self) -> None:
        facts = AccountFacts(flows=(self.wrong, self.right))
        withdrawn = structs.replace(self.right, id="d", at=500.0)
        assert restated_at(AccountFacts(flows=(withdrawn, self.right)), 120.0, 150.0) is None
        assert restated_at(facts, 99.0) is None


def test_where_nothing_was_collected_there_is_nothing_to_restate() -> None:
    imported = AccountFacts(points=(row(100.0, 1_000, learned="2026-05-01"),))
    assert not was_collected(imported, 200.0)
    assert restated_at(imported, 200.0) is None
    assert restated_at(imported, 200.0, collected=True) == at("2026-05-01")


def test_a_ledger_covers_what_lies_between_its_ends() -> None:
    ledger = Ledger(since=100.0, read_to=200.0)
    assert ledger.covers(100.0, 200.0)
    assert not ledger.covers(99.0, 200.0)
    assert not ledger.covers(100.0, 201.0)
    assert ledger.is_read_past(200.0)
    assert not Ledger().exists
    assert not Ledger().is_read_past(0.0)


MOMENTS = st.integers(0, 40).map(float)


@st.composite
def histories(draw: st.DrawFn) -> AccountFacts:
    """Rows, flows and corrections of flows, learned when they happened or later."""
    points = [
        EquityPoint(
            at=moment, learned_at=moment + draw(st.integers(0, 30)), equity_usd=draw(st.floats(100, 1e4))
        )
        for moment in draw(st.lists(MOMENTS, max_size=8, unique=True))
    ]
    flows = list[CapitalFlow]()
    for number in range(draw(st.integers(0, 6))):
        moment = draw(MOMENTS)
        flows.append(
            CapitalFlow(
                at=moment,
                learned_at=moment + draw(st.integers(0, 30)),
                usd=draw(st.floats(-50, 50)),
                id=str(number),
                corrects=draw(st.sampled_from([None, *(item.id for item in flows)])),
            )
        )
    return AccountFacts(tuple(points), tuple(flows))


class TestProperties:
    @given(histories(), histories(), MOMENTS)
    def test_what_happens_after_a_moment_never_changes_what_holds_as_of_it(
        self, facts: AccountFacts, further: AccountFacts, moment: float
    ) -> None:
        later = AccountFacts(
            tuple(point for point in further.points if point.at > moment),
            tuple(structs.replace(item, id="", corrects=None) for item in further.flows if item.at > moment),
        )
        both = AccountFacts(facts.points + later.points, facts.flows + later.flows)
        assert both.select(moment) == facts.select(moment)
        assert index_of(both.select(moment)) == index_of(facts.select(moment))

    @given(histories(), histories(), MOMENTS)
    def test_what_is_learned_later_never_changes_what_was_known(
        self, facts: AccountFacts, further: AccountFacts, moment: float
    ) -> None:
        later = AccountFacts(
            tuple(point for point in further.points if point.learned_at > moment),
            tuple(item for item in further.flows if item.learned_at > moment),
        )
        both = AccountFacts(facts.points + later.points, facts.flows + later.flows)
        assert both.select(known_at=moment) == facts.select(known_at=moment)
        assert both.select(moment, moment) == facts.select(moment, moment)

    @given(histories(), MOMENTS)
    def test_late_facts_change_what_holds_as_of_a_moment_only_with_the_mark(
        self, facts: AccountFacts, moment: float
    ) -> None:
        shown, now = facts.select(moment, moment), facts.select(moment)
        restated = restated_at(facts, moment, collected=True)
        assert (restated is None) == (shown == now)
        if restated is not None:
            assert restated > moment
            assert restated_at(facts, moment, restated, collected=True) == restated
