"""Periodically trims caches and returns free heap pages to the operating system."""

from __future__ import annotations

from nof1tui.tui.terminal.textual_internals import clear_split_cache, split_cache_size

TRIM_EVERY_BOARDS = 100
"""Boards between two trims."""
MAX_CACHED_SPLITS = 256


class MemoryTrimmer:
    """Counts boards and trims memory every `TRIM_EVERY_BOARDS`."""

    def __init__(self) -> None:
        self._boards = 0

    def count_board(self) -> None:
        self._boards += 1
        if self._boards % TRIM_EVERY_BOARDS == 0:
            clear_segment_cache()
            release_heap_pages()


def clear_segment_cache() -> None:
    """Empty Rich's cache of split text when it is large: its 16,384 entries take 10 MB after days."""
    if split_cache_size() > MAX_CACHED_SPLITS:
        clear_split_cache()


def release_heap_pages() -> bool:
    """Return free heap pages to the operating system; glibc itself does so only at the end of its heap.

    A response is megabytes for a moment, and memory allocated meanwhile lies behind it.
    Takes a few milliseconds at most. False where the C library has no `malloc_trim` or nothing was freed.
    """
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
