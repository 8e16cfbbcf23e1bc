"""`--profile FILE`: a profile of the monitor, for pstats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1tui.errors import UserError


@contextmanager
def profiled(file: Path | None) -> Iterator[None]:
    """Profile this thread; without a file do nothing. Raises UserError first if the file is not writable."""
    if file is None:
        yield
        return
    import cProfile

    try:
        file.touch()
    except OSError as error:
        raise UserError(f"{file} is not writable: {error.strerror or error}") from error
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)
