"""How the program spent its time, kept in a file: `--profile FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1tui.errors import UserError


@contextmanager
def profiled(file: Path | None) -> Iterator[None]:
    """Profile this thread; without a file do nothing. A FILE that cannot be written is told at once."""
    if file is None:
        yield
        return
    import cProfile

    try:
        file.touch()
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from error
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)
