"""Finished hours are kept whole while they are young and thinned when there are too many."""

from __future__ import annotations

from itertools import pairwise

from nof1tui.sources.simulated.arena.row_archive import MARKER_HOUR_S, ArchivedRow, RowArchive

AT = 1_761_600_000.0


def row(marker: int, delay_s: float = 3_599.0, size: int = 1_000) -> ArchivedRow:
    return ArchivedRow(AT + marker * MARKER_HOUR_S + delay_s, marker, b"x" * size)


def test_rows_are_found_from_a_marker_on_inclusively() -> None:
    archive = RowArchive(AT)
    for marker in range(10):
        early, late = row(marker, 3_599.0), row(marker - 1, 3_600.0 + 3_598.0)
        archive.add([early, late])
    assert [found.marker for found in archive.since(8)] == [8, 8, 9]
    assert [found.marker for found in archive.since(9)] == [9]
    assert archive.since(0)[0].marker == 0
    assert archive.since(99) == []


def test_rows_of_one_step_are_kept_by_time() -> None:
    archive = RowArchive(AT)
    archive.add([row(3, 30.0), row(3, 10.0), row(3, 20.0)])
    assert [found.at - AT - 3 * MARKER_HOUR_S for found in archive.rows] == [10.0, 20.0, 30.0]


def test_memory_stays_below_the_limit_and_the_last_two_days_are_complete() -> None:
    archive = RowArchive(AT, limit_bytes=100_000)
    for marker in range(2_000):
        archive.add([row(marker)])
        assert sum(len(kept.payload) for kept in archive.rows) <= 100_000
    markers = [kept.marker for kept in archive.rows]
    assert markers[-48:] == list(range(1_952, 2_000))
    assert markers[0] == 0
    gaps = [after - before for before, after in pairwise(markers)]
    assert min(gaps) == 1
    assert max(gaps) == 64  # 2,000 hours in at most 52 places


def test_a_limit_too_small_for_two_days_keeps_the_two_days() -> None:
    archive = RowArchive(AT, limit_bytes=10_000)
    for marker in range(100):
        archive.add([row(marker)])
    assert [kept.marker for kept in archive.rows][-48:] == list(range(52, 100))
    assert len(archive.rows) < 60
