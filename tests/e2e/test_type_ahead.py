"""Keys that arrive in one chunk have the effect of slow typing: none is lost, none runs as a command."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.program import PROGRAM
from tests.support.pty_terminal import PtyTerminal

BURSTS = 50


@contextmanager
def demo(home: dict[str, str]) -> Iterator[PtyTerminal]:
    terminal = PtyTerminal([*PROGRAM, "demo", "--seed", "7"], env=home)
    try:
        terminal.wait_for("DeepSeek V3.1")
        _wait_for_history(terminal)
        yield terminal
        assert terminal.process.poll() is None, "a typed letter ended the program"
    finally:
        terminal.close()


def _wait_for_history(terminal: PtyTerminal) -> None:
    """Wait until the store has the whole simulated season: one step back is then a matter of minutes."""

    def has_all() -> bool:
        terminal.send("[")
        terminal.pump(0.5)
        found = re.search(r"\(−\d+(?:m \d+)?[ms]\)", terminal.text) is not None
        terminal.send("L")
        terminal.pump(0.2)
        return found

    terminal.wait(has_all, "a step of minutes into the past", 60)
    terminal.wait_for("LIVE")


@contextmanager
def busy_machine() -> Iterator[None]:
    """Another thread that always has work: the program under test waits for its turn."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sum(range(20_000))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def filter_in_one_chunk(terminal: PtyTerminal) -> None:
    terminal.send("/qwen\r")
    terminal.wait(lambda: "/qwen 1 row" in terminal.text, "the filter with all its letters", 15)
    terminal.send("\x1b")
    terminal.wait(lambda: "/qwen" not in terminal.text, "the end of the filter", 15)


def travel_in_one_chunk(terminal: PtyTerminal) -> None:
    terminal.send("@-6h\r/qwen\r")
    terminal.wait(lambda: "(−6h)" in terminal.text, "the board of the past", 15)
    terminal.wait(lambda: "/qwen 1 row" in terminal.text, "the filter over it", 15)
    terminal.send("L\x1b")
    terminal.wait(lambda: "LIVE" in terminal.text and "/qwen" not in terminal.text, "the present", 15)


@pytest.mark.slow
@pytest.mark.parametrize("type_in", [filter_in_one_chunk, travel_in_one_chunk])
def test_fifty_bursts_under_load_lose_no_key(
    home: dict[str, str], type_in: Callable[[PtyTerminal], None]
) -> None:
    with demo(home) as terminal, busy_machine():
        for _ in range(BURSTS):
            type_in(terminal)


def test_a_chunk_of_keys_has_the_effect_of_slow_typing(home: dict[str, str]) -> None:
    with demo(home) as terminal:
        filter_in_one_chunk(terminal)
        travel_in_one_chunk(terminal)


def test_keys_typed_during_the_start_wait_for_the_first_screen(home: dict[str, str]) -> None:
    terminal = PtyTerminal([*PROGRAM, "demo", "--seed", "7"], env=home)
    try:
        terminal.wait_for("Simulating a season")
        terminal.send("/qwen\r")
        terminal.wait(lambda: "/qwen 1 row" in terminal.text, "the filter typed before the figures came")
    finally:
        terminal.close()
