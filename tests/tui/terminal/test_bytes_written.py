"""The bytes that the running program sends to its terminal, also after a suspension."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.support.terminal_program import SIZE, Emulator, read_all, read_until, resize, running

PROGRAM = """
import asyncio, signal
from tests.support.scenes import *
class Ticking(ScriptedEngine):
    async def run(self, publish):
        self.ticks, self.board = 0, self._first[0]
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.tick, publish)
        loop.add_signal_handler(signal.SIGUSR2, lambda: publish(replace(self.board)))
        await super().run(publish)
    def tick(self, publish):
        self.ticks += 1
        at = NOW + timedelta(seconds=130 * self.ticks)
        rows = [row(t, at=at, equity_usd=ENDS[t] * (1 + 0.001 * self.ticks)) for t in ENDS]
        self.board = with_rows(self.board, *rows)
        publish(self.board)
make_app(Ticking(board())).run()
"""


def shows(text: str) -> Callable[[list[str]], bool]:
    return lambda lines: any(text in line for line in lines)


def first_screen(master: int, size: tuple[int, int] = SIZE) -> Emulator:
    emulator = Emulator(size)
    emulator.follow(master, shows("21,610.74"))
    return emulator


def test_a_poll_of_every_account_costs_few_bytes_and_an_unchanged_board_none() -> None:
    with running(PROGRAM) as (process, master):
        emulator = first_screen(master)
        sizes = []
        for figure in ("$21,632.35", "$21,653.96", "$21,675.57"):
            process.send_signal(signal.SIGUSR1)
            sizes.append(len(emulator.follow(master, shows(figure))))
        assert max(sizes) < 2_000, f"bytes a tick: {sizes}"
        process.send_signal(signal.SIGUSR2)
        assert read_all(master, quiet_s=1.2) == b""


def test_ctrl_z_restores_the_terminal_and_fg_repaints_the_screen() -> None:
    with running(PROGRAM) as (process, master):
        before = first_screen(master).lines()
        os.write(master, b"\x1a")
        assert b"\x1b[?1049l" in read_until(master, b"\x1b[?1004l")
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        shell = Emulator()
        shell.feed(b"$ ls\r\n" + b"some words of a shell\r\n" * 12)
        process.send_signal(signal.SIGCONT)
        shell.follow(master, lambda lines: lines == before)
        assert shell.lines() == before
        process.send_signal(signal.SIGUSR1)
        shell.follow(master, shows("$21,632.35"))
        assert shows("$21,632.35")(shell.lines())


def test_after_resizes_the_terminal_shows_the_same_as_a_new_one() -> None:
    sizes = [(140, 42), (20, 6), (99, 30), (101, 31)]
    with running(PROGRAM, sizes[-1]) as (_, master):
        fresh = first_screen(master, sizes[-1]).lines()
    with running(PROGRAM) as (process, master):
        emulator = first_screen(master)
        for width, height in sizes:
            resize(master, width, height)
            process.send_signal(signal.SIGWINCH)
            emulator.screen.resize(height, width)
            emulator.follow(master, shows("nof1"))
        emulator.follow(master, lambda lines: lines == fresh)
        assert emulator.lines() == fresh


def test_a_terminal_that_was_smaller_for_a_moment_is_repainted() -> None:
    with running(PROGRAM) as (process, master):
        emulator = first_screen(master)
        before = emulator.lines()
        emulator.screen.resize(10, 30)
        emulator.screen.resize(SIZE[1], SIZE[0])
        assert emulator.lines() != before
        process.send_signal(signal.SIGWINCH)
        emulator.follow(master, lambda lines: lines == before)
        assert emulator.lines() == before
