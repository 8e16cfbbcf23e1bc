"""Tries an installed nof1-tui outside the repository: python smoke.py PATH/TO/nof1-tui

Makes an empty database and migrates it, checks it, reads from it, and watches the demo for a moment in a
terminal of its own.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

PATIENCE_S = 60.0
SHOWN = (b"LIVE", b"BTC")
"""What the demo's screen has once it lives."""


def environment(home: str) -> dict[str, str]:
    folders = {f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOF1_", "PYTHON"))}
    return {**kept, **folders, "HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def check_command(program: str, env: dict[str, str], *arguments: str, expected: str) -> None:
    done = subprocess.run([program, *arguments], env=env, cwd=env["HOME"], capture_output=True, text=True)
    if done.returncode or expected not in done.stdout:
        raise SystemExit(f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"ok: nof1-tui {' '.join(arguments)}")


def watch_demo(program: str, env: dict[str, str]) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    demo = subprocess.Popen(
        [program, "demo", "--seed", "7"], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=env["HOME"]
    )
    os.close(slave)
    end, seen = time.monotonic() + PATIENCE_S, b""
    try:
        while not all(text in seen for text in SHOWN):
            if time.monotonic() > end or demo.poll() is not None:
                raise SystemExit(f"the demo shows no arena: {seen[-2000:]!r}")
            if select.select([master], [], [], 0.2)[0]:
                seen += os.read(master, 65_536)
        os.write(master, b"q")
        while demo.poll() is None and time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    os.read(master, 65_536)
                except OSError:
                    break
        if demo.wait(timeout=10):
            raise SystemExit(f"the demo ended with exit code {demo.returncode}")
    finally:
        demo.kill()
    print("ok: nof1-tui demo, and q")


def main() -> None:
    program = str(Path(sys.argv[1]).absolute())
    with tempfile.TemporaryDirectory() as home:
        env = environment(home)
        check_command(program, env, "--version", expected="nof1-tui ")
        check_command(program, env, "db", "upgrade", expected="upgraded to")
        check_command(program, env, "db", "check", expected="schema is up to date")
        check_command(program, env, "show", "leaderboard", expected="There are no account rows")
        watch_demo(program, env)


if __name__ == "__main__":
    main()
