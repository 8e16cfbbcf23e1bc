"""Records behind a board's: no gap, no record twice, forgotten with their season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nof1tui.ports.history import PageCursor
from nof1tui.tui.paged_records import MAX_UNPAGED_RECORDS, PagedRecords

START = datetime(2025, 10, 18, tzinfo=UTC)


def shelf() -> PagedRecords[int]:
    return PagedRecords(lambda number: PageCursor(START + timedelta(minutes=number), str(number)))


def test_the_board_moves_on_and_what_it_drops_is_kept() -> None:
    kept = shelf()
    assert kept.update([3, 2, 1], "s1") == (3, 2, 1)
    assert kept.update([5, 4, 3], "s1") == (5, 4, 3, 2, 1)


def test_pages_follow_the_oldest_record_until_one_is_empty() -> None:
    kept = shelf()
    kept.update([9, 8], "s1")
    assert kept.next_page_key == PageCursor(START + timedelta(minutes=8), "8")
    assert kept.add_page([7, 6]) == (9, 8, 7, 6)
    assert not kept.is_complete
    assert kept.add_page([]) == (9, 8, 7, 6)
    assert kept.is_complete


def test_a_board_that_leads_on_from_nothing_known_starts_anew() -> None:
    kept = shelf()
    kept.update([3, 2, 1], "s1")
    kept.add_page([])
    assert kept.update([9, 8], "s1") == (9, 8)
    assert not kept.is_complete


def test_another_season_or_moment_forgets_what_was_known() -> None:
    kept = shelf()
    kept.update([3, 2, 1], ("s1", None))
    assert kept.update([2, 1], ("s1", START)) == (2, 1)
    assert kept.update([], ("s2", None)) == ()
    assert kept.next_page_key is None


def test_the_same_records_again_are_the_same_tuple() -> None:
    kept = shelf()
    first = kept.update([3, 2, 1], "s1")
    assert kept.update([3, 2, 1], "s1") is first


def test_weeks_of_boards_leave_a_bounded_number_and_the_store_is_asked_for_the_rest() -> None:
    kept = shelf()
    kept.update([1, 0], "s1")
    kept.add_page([])
    last = MAX_UNPAGED_RECORDS + 200
    for newest in range(2, last + 1):
        kept.update([newest, newest - 1], "s1")
    assert kept.records == tuple(range(last, last - MAX_UNPAGED_RECORDS, -1))
    assert not kept.is_complete
    assert kept.next_page_key == PageCursor(
        START + timedelta(minutes=last + 1 - MAX_UNPAGED_RECORDS), str(last + 1 - MAX_UNPAGED_RECORDS)
    )


def test_what_was_asked_for_stays_while_boards_move_on() -> None:
    kept = shelf()
    kept.update([3_001, 3_000], "s1")
    kept.add_page(list(range(2_999, 0, -1)))
    assert len(kept.update([3_002, 3_001], "s1")) == 3_002
