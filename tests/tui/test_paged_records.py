"""Records older than the board's: no gap, no repeat, dropped with their season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nof1tui.ports.history import PageCursor
from nof1tui.tui.paged_records import MAX_UNPAGED_RECORDS, PagedRecords

START = datetime(2025, 10, 18, tzinfo=UTC)


def make_records() -> PagedRecords[int]:
    return PagedRecords(lambda number: PageCursor(START + timedelta(minutes=number), str(number)))


def test_records_that_the_board_drops_are_kept() -> None:
    records = make_records()
    assert records.update([3, 2, 1], "s1") == (3, 2, 1)
    assert records.update([5, 4, 3], "s1") == (5, 4, 3, 2, 1)


def test_pages_follow_the_oldest_record_until_one_is_empty() -> None:
    records = make_records()
    records.update([9, 8], "s1")
    assert records.next_page_key == PageCursor(START + timedelta(minutes=8), "8")
    assert records.add_page([7, 6]) == (9, 8, 7, 6)
    assert not records.is_complete
    assert records.add_page([]) == (9, 8, 7, 6)
    assert records.is_complete


def test_a_board_without_overlap_restarts_the_records() -> None:
    records = make_records()
    records.update([3, 2, 1], "s1")
    records.add_page([])
    assert records.update([9, 8], "s1") == (9, 8)
    assert not records.is_complete


def test_another_season_or_time_clears_the_records() -> None:
    records = make_records()
    records.update([3, 2, 1], ("s1", None))
    assert records.update([2, 1], ("s1", START)) == (2, 1)
    assert records.update([], ("s2", None)) == ()
    assert records.next_page_key is None


def test_the_same_records_again_are_the_same_tuple() -> None:
    records = make_records()
    first = records.update([3, 2, 1], "s1")
    assert records.update([3, 2, 1], "s1") is first


def test_weeks_of_boards_keep_a_bounded_number_of_records() -> None:
    records = make_records()
    records.update([1, 0], "s1")
    records.add_page([])
    last = MAX_UNPAGED_RECORDS + 200
    for newest in range(2, last + 1):
        records.update([newest, newest - 1], "s1")
    assert records.records == tuple(range(last, last - MAX_UNPAGED_RECORDS, -1))
    assert not records.is_complete
    assert records.next_page_key == PageCursor(
        START + timedelta(minutes=last + 1 - MAX_UNPAGED_RECORDS), str(last + 1 - MAX_UNPAGED_RECORDS)
    )


def test_loaded_pages_are_kept_while_boards_are_updated() -> None:
    records = make_records()
    records.update([3_001, 3_000], "s1")
    records.add_page(list(range(2_999, 0, -1)))
    assert len(records.update([3_002, 3_001], "s1")) == 3_002
