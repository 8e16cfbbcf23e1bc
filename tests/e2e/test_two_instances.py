"""Two collectors as processes on one store: a killed one and a hung one are replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.arena_server import ArenaServer, ArenaState, wire_row
from tests.support.program import PROGRAM, run

HOUR = 3600.0


@pytest.fixture
def arena(home: dict[str, str]) -> Iterator[ArenaServer]:
    now = time.time()
    inception = now - 5 * HOUR
    rows = [
        wire_row(trader, 10_000 + hour, at=inception + hour * HOUR + 3000, inception=inception)
        for trader in ("gpt-5", "qwen3-max")
        for hour in range(4)
    ]
    home |= {f"NOF1_POLL_{feed}_S": "1" for feed in ("ACCOUNTS", "PRICES", "TRADES", "DECISIONS")}
    with ArenaServer(ArenaState(rows=rows, prices={"BTC": 114_000.5})) as served:
        home["NOF1_API_URL"] = served.url
        yield served


class Collector:
    """`collect` as a process whose log is read."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "collect"], env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def wait_for_line(self, text: str) -> str:
        """The first line of its log with this text."""
        assert self.process.stderr is not None
        lines = []
        while text not in (line := self.process.stderr.readline()):
            lines.append(line)
            assert line, lines
        return line

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        assert self.process.stderr is not None
        self.process.stderr.close()


def status(env: dict[str, str]) -> dict[str, Any]:
    parsed = json.loads(run(env, "status", "--json").stdout)
    assert isinstance(parsed, dict)
    return parsed


def wait_until_it_collects(env: dict[str, str], pid: int, within_s: float) -> None:
    began = time.monotonic()
    while not (status(env)["collector"]["holder"] or "").startswith(f"{pid}@"):
        assert time.monotonic() - began < within_s, status(env)["collector"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_the_second_takes_over_from_a_first_that_is_killed_or_hangs(
    home: dict[str, str], arena: ArenaServer, ending: signal.Signals
) -> None:
    first = Collector(home)
    second = None
    try:
        first.wait_for_line("accounts:")
        wait_until_it_collects(home, first.process.pid, 10)
        second = Collector(home)
        assert f"{first.process.pid}@" in second.wait_for_line("following")
        os.kill(first.process.pid, ending)
        wait_until_it_collects(home, second.process.pid, 6.5)
        arena.state.prices = {"BTC": 115_000.0}
        second.wait_for_line("stored 1 prices")
        document = status(home)
        assert document["collector"]["role"] == "collector"
        assert document["store"]["rows"]["account_snapshots"] == 8
        if ending is signal.SIGSTOP:
            first.process.send_signal(signal.SIGCONT)
            first.wait_for_line("following")
    finally:
        for collector in (first, second):
            if collector is not None:
                collector.end()
