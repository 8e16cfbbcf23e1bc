"""The writer's cache of surrogate ids is bounded."""

from __future__ import annotations

from nof1tui.store.writing.dimensions import GenerationalCache, IdCache, TransactionIds


def test_entries_in_use_are_kept_and_unused_ones_are_dropped() -> None:
    recent = GenerationalCache[int, str](10)
    recent[0] = "used in every turn"
    for key in range(1, 1_000):
        recent[key] = str(key)
        assert recent.get(0) is not None
        assert recent.get(max(1, key - 3)) is not None
        recent.rotate()
        assert len(recent) <= 22
    assert recent.get(1) is None


def test_all_entries_of_a_turn_are_there_in_the_next() -> None:
    recent = GenerationalCache[int, int](10)
    for _ in range(3):
        for key in range(5_000):
            if recent.get(key) is None:
                recent[key] = key
        recent.rotate()
        assert all(recent.get(key) == key for key in range(5_000))


def test_versions_of_old_positions_are_dropped() -> None:
    ids = IdCache()
    for number in range(20_000):
        ids.merge(TransactionIds(versions={(1, 1, number.to_bytes(32, "big")): (number, None)}))  # type: ignore[dict-item]
    assert len(ids.versions) <= 1_002
