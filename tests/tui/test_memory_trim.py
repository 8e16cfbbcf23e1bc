"""Caches of libraries are trimmed, and free memory is returned to the system."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest
from rich.segment import Segment

from nof1tui.tui import memory_trim
from nof1tui.tui.memory_trim import MAX_CACHED_SPLITS, TRIM_EVERY_BOARDS, MemoryTrimmer
from nof1tui.tui.terminal.textual_internals import split_cache_size


def cut_lines(count: int) -> int:
    """Have rich cut n lines that cannot be cut at a byte; returns the size of its cache."""
    for number in range(count):
        Segment(f"▲ 你好 {number}").split_cells(3)
    return split_cache_size()


def test_caches_of_old_lines_are_trimmed_periodically() -> None:
    """Fails when rich caches them elsewhere."""
    seen, thrifty = MemoryTrimmer(), cut_lines(MAX_CACHED_SPLITS + 50)
    assert thrifty > MAX_CACHED_SPLITS
    for _ in range(TRIM_EVERY_BOARDS):
        seen.count_board()
    assert cut_lines(0) == 0


def held_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="the C library does not give back"
)
def test_free_memory_below_used_memory_is_returned_to_the_system() -> None:
    blocks = [bytearray(4_000) for _ in range(10_000)]
    last = blocks.pop()
    before = held_mb()
    blocks.clear()
    memory_trim.release_heap_pages()
    assert held_mb() < before - 20
    assert len(last) == 4_000
