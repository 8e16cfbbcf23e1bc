"""Memory that a monitor gives back: it runs for weeks, on lines and answers that never come again."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment

TRIM_EVERY_BOARDS = 100
"""Boards between two looks."""
MAX_CACHED_SPLITS = 256


class MemoryTrimmer:
    """Told of every board, it looks after memory now and then."""

    def __init__(self) -> None:
        self._boards = 0

    def count_board(self) -> None:
        self._boards += 1
        if self._boards % TRIM_EVERY_BOARDS == 0:
            clear_segment_cache()
            release_heap_pages()


def clear_segment_cache() -> None:
    """rich remembers the last sixteen thousand pieces of lines it cut in two: ten megabytes after days."""
    cuts: Any = getattr(Segment, "_split_cells", None)
    if hasattr(cuts, "cache_info") and cuts.cache_info().currsize > MAX_CACHED_SPLITS:
        cuts.cache_clear()


def release_heap_pages() -> bool:
    """Hand free pages back to the system, which glibc does by itself only at the end of its heap.

    An answer of upstream is megabytes for a moment; what is allocated meanwhile stays behind it.
    Takes some milliseconds at the most. False where the C library knows no such thing.
    """
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
