"""Shared memory of the server where /dev/shm is too small for it, as in many containers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SHM = Path("/dev/shm")  # noqa: S108  PostgreSQL's shm_open() puts its segments there
MIN_FREE_BYTES = 32 * 2**20
"""Enough for a few parallel queries; containers usually have 64 MB."""
FILE_BACKED = "dynamic_shared_memory_type=mmap"
"""Segments as files in the data folder instead of /dev/shm."""
_MARKERS = ("shared memory segment", "/PostgreSQL.")


def server_options(shm: Path = SHM) -> tuple[str, ...]:
    """Options of postgres, and of initdb from PostgreSQL 16 on, for this machine's /dev/shm."""
    if sys.platform != "linux" or is_sufficient(shm):
        return ()
    return ("-c", FILE_BACKED)


def is_sufficient(shm: Path = SHM) -> bool:
    """Whether segments fit into it: it exists, is writable and has free space."""
    try:
        status = os.statvfs(shm)
    except OSError:
        return False
    return not status.f_flag & os.ST_RDONLY and status.f_bavail * status.f_frsize >= MIN_FREE_BYTES


def describe_shortage(output: str, shm: Path = SHM) -> str | None:
    """The message for output of PostgreSQL that says a segment did not fit; None for other output."""
    if not all(marker in output for marker in _MARKERS) or is_sufficient(shm):
        return None
    return (
        f"{shm} is too small for PostgreSQL: enlarge it (docker run --shm-size=256m, "
        f"mount -o remount,size=256m {shm}) and retry"
    )
