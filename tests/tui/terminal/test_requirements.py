"""Which terminals can show the monitor: by TERM, by terminfo's cursor addressing, by size."""

from __future__ import annotations

import os
import pty

import pytest

from nof1tui.tui.terminal.requirements import (
    describe_unusable_size,
    describe_unusable_type,
    read_cursor_address,
    read_terminal_size,
)
from tests.support.terminal_program import resize

ANSI, VT52 = b"\x1b[%i%p1%d;%p2%dH", b"\x1bY%p1%' '%+%c%p2%' '%+%c"
FIX = "set TERM=xterm-256color (or run nof1-tui show leaderboard)."


def terminfo(term: str) -> bytes | None:
    """A terminfo that has three types."""
    return {"xterm": ANSI, "vt52": VT52, "tty33": None}[term]


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("dumb", f"TERM=dumb cannot show the monitor; {FIX}"),
        ("DUMB", f"TERM=DUMB cannot show the monitor; {FIX}"),
        ("unknown", f"TERM=unknown cannot show the monitor; {FIX}"),
        ("tty33", f"TERM=tty33 cannot show the monitor; {FIX}"),
        ("vt52", f"TERM=vt52 cannot show the monitor; {FIX}"),
        ("", f"TERM is empty and the terminal cannot show the monitor; {FIX}"),
        (None, f"TERM is not set and the terminal cannot show the monitor; {FIX}"),
        ("xterm", None),
        ("not-in-terminfo", None),
    ],
)
def test_a_type_without_cursor_addressing_is_refused_and_a_new_one_accepted(
    term: str | None, words: str | None
) -> None:
    assert describe_unusable_type(term, terminfo) == words


@pytest.mark.parametrize("term", ["not-in-terminfo-7", "x" * 5000, "../../etc/passwd", "", "a b"])
def test_a_type_that_terminfo_does_not_have_is_a_lookup_error(term: str) -> None:
    with pytest.raises(LookupError):
        read_cursor_address(term)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((80, 24), None),
        ((1, 1), None),
        ((0, 0), "the terminal reports a size of 0×0 and cannot show the monitor; run stty cols 80 rows 24"),
        ((80, 0), "the terminal reports a size of 80×0 and"),
        ((0, 24), "the terminal reports a size of 0×24 and"),
    ],
)
def test_a_terminal_without_a_size_is_refused(size: tuple[int, int], words: str | None) -> None:
    found = describe_unusable_size(size)
    assert (found is None) if words is None else (found or "").startswith(words)


def test_the_size_is_the_terminals_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "12")
    master, slave = pty.openpty()
    resize(master, 132, 43)
    assert read_terminal_size(slave) == (132, 43)
    os.close(slave)
    os.close(master)
    assert read_terminal_size(master) is None
