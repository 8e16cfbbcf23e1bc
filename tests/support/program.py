"""The program as a process."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = [sys.executable, "-m", "nof1tui"]


def run(env: dict[str, str], *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=timeout, cwd=env["HOME"]
    )
