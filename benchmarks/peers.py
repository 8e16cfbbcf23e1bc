"""Bytes and CPU time of the idle monitor, compared with similar programs.

    python benchmarks/peers.py                                   # whatever of them is installed
    python benchmarks/peers.py --also "posting --collection /tmp"  # and any other command

All on a terminal of the same size, in the same run, one after another: the time until most of the
screen is filled, then bytes and CPU a second without input.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.monitor import BARE, MONITOR, SIZE, environment, watched
from bench.report import rss_mb

KNOWN = ("btop", "htop", "top", "glances", "posting", "pg_activity -U nobody -h 127.0.0.1")
FILLED = 0.25
"""This share of the lines has something on it."""


@dataclass(frozen=True)
class Weight:
    paint_ms: float | None
    bytes_s: float
    cpu_pct: float
    rss_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a few seconds: only that it works")
    parser.add_argument("--also", action="append", default=[], metavar="COMMAND", help="one more peer")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is watched")
    wish = parser.parse_args()
    seconds = 1.0 if wish.smoke else wish.seconds
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        ours = [*MONITOR, "demo", "--traders", "32", "--speed", "65"]
        commands = {"nof1-tui demo --traders 32": ours, "an empty Textual app": BARE}
        if not wish.smoke:
            commands |= {line: shlex.split(line) for line in (*KNOWN, *wish.also)}
        print(f"Peers at {SIZE[0]}x{SIZE[1]}, watched for {seconds:g} s each")
        print(f"{'':44} {'filled after':>13} {'bytes/s':>9} {'CPU':>7} {'memory':>9}")
        for name, command in commands.items():
            print(f"{name:44} {_row(weigh(command, env, seconds))}", flush=True)


def weigh(command: list[str], env: dict[str, str], seconds: float) -> Weight | None:
    """None where the command is not installed."""
    if shutil.which(command[0], path=env.get("PATH")) is None:
        return None
    with watched(command, env) as terminal:
        paint_ms = terminal.until_filled(0.01 if command is BARE else FILLED, 15.0)
        terminal.follow(min(seconds, 8.0))
        sent, burnt, start = terminal.sent, _cpu_s(terminal.process.pid), time.perf_counter()
        terminal.follow(seconds)
        taken = time.perf_counter() - start
        cpu = 100 * (_cpu_s(terminal.process.pid) - burnt) / taken
        return Weight(paint_ms, (terminal.sent - sent) / taken, cpu, rss_mb(terminal.process.pid))


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(weight: Weight | None) -> str:
    if weight is None:
        return f"{'not installed':>13}"
    paint = "–" if weight.paint_ms is None else f"{weight.paint_ms:,.0f} ms"
    return f"{paint:>13} {weight.bytes_s:>9,.0f} {weight.cpu_pct:>5.1f} % {weight.rss_mb:>6.0f} MB"


if __name__ == "__main__":
    main()
