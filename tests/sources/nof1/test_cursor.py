"""The cursor of account rows: no further back than needed, and no row is missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Inception
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1.cursor import DEEP_EVERY_S, FULL_EVERY_S, AccountCursor, MarkerDepths, marker_depths
from tests.support.builders import START, account_row, batch, board, decision, trade


def rows(*markers: tuple[str, int, float]) -> list[AccountRow]:
    """Trader, newest marker, age of its newest row in minutes."""
    return [account_row(trader, minutes=-age, hourly_marker=marker) for trader, marker, age in markers]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], MarkerDepths(None, None)),
        ([("a", 200, 1)], MarkerDepths(199, 199)),
        ([("a", 0, 1)], MarkerDepths(0, 0)),
        ([("a", 200, 1), ("hold", 199, 5)], MarkerDepths(199, 199)),
        ([("a", 200, 1), ("slow", 197, 5)], MarkerDepths(197, 197)),
        ([("a", 200, 1), ("stopped", 100, 24 * 60)], MarkerDepths(199, 199)),
        ([("a", 200, 1), ("late joiner", 5, 2)], MarkerDepths(199, 5)),
    ],
)
def test_depth_follows_the_account_that_is_furthest_behind(
    known: list[tuple[str, int, float]], expected: MarkerDepths
) -> None:
    assert marker_depths(rows(*known)) == expected


def test_accounts_that_began_later_are_requested_rarely() -> None:
    state = board(Roster(), batch(accounts=tuple(rows(("a", 200, 1), ("late", 5, 2)))))
    cursor = AccountCursor()
    asked = [cursor.next_marker(state, second) for second in (0.0, 10.0, DEEP_EVERY_S, DEEP_EVERY_S + 1)]
    assert asked == [5, 199, 5, 199]


def test_a_known_trader_without_a_row_causes_a_rare_request_for_the_whole_history() -> None:
    known = batch(accounts=tuple(rows(("gpt-5", 200, 1))))
    stranger = batch(Feed.TRADES, trades=(trade(trader="stranger"),))
    state = board(Roster(), known, stranger)
    cursor = AccountCursor()
    assert cursor.next_marker(state, 0.0) is None
    assert cursor.next_marker(state, 15.0) == 199
    assert cursor.next_marker(state, FULL_EVERY_S) is None
    chatty = board(Roster(), known, batch(Feed.DECISIONS, decisions=(decision(trader="stranger"),)))
    assert AccountCursor().next_marker(chatty, 0.0) is None


class World:
    """A server by the contract: hours from each account's inception, the running hour rewritten in place."""

    def __init__(self, inceptions: dict[str, int]) -> None:
        self.inceptions = inceptions
        self.rows: dict[tuple[str, int], AccountRow] = {}

    def write(self, minute: int) -> None:
        for trader, inception in self.inceptions.items():
            if minute >= inception and (minute + len(trader)) % 3 == 0:
                hour = (minute - inception) // 60
                at = START + timedelta(minutes=minute)
                key = AccountKey("open", trader)
                self.rows[trader, hour] = AccountRow(key, at, at, 1_000.0 + minute, hourly_marker=hour)

    def answer(self, marker: int | None) -> tuple[AccountRow, ...]:
        return tuple(row for (_, hour), row in self.rows.items() if marker is None or hour >= marker)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=4),
    st.integers(0, 6 * 60),
    st.lists(st.integers(1, 200), min_size=1, max_size=5),
)
def test_every_final_row_is_seen_whatever_the_hours_and_the_pauses(
    starts: list[int], late: int, pauses: list[int]
) -> None:
    inceptions = {f"{'x' * index}a": start for index, start in enumerate(starts)}
    inceptions["late"] = late
    world, state, cursor, seen = World(inceptions), Board(Roster()), AccountCursor(), set()
    sleeping = 0
    waits = iter(pauses * 100)
    for minute in range(12 * 60):
        world.write(minute)
        if minute < sleeping:
            continue
        if minute % 97 == 0:
            sleeping = minute + next(waits)
        begun = tuple(
            Inception(AccountKey("open", trader), START, 10_000.0, START)
            for trader, inception in inceptions.items()
            if inception <= minute
        )
        state = apply_batch(state, batch(Feed.SEASON, inceptions=begun))
        answer = world.answer(cursor.next_marker(state, minute * 60.0))
        seen |= {(row.account.trader, row.hourly_marker, row.observed_at) for row in answer}
        state = apply_batch(state, batch(accounts=answer))
    for second in (0.0, DEEP_EVERY_S, FULL_EVERY_S + DEEP_EVERY_S):
        answer = world.answer(cursor.next_marker(state, 12 * 3600.0 + FULL_EVERY_S + second))
        seen |= {(row.account.trader, row.hourly_marker, row.observed_at) for row in answer}
    assert {(trader, hour, row.observed_at) for (trader, hour), row in world.rows.items()} <= seen
