"""A home of its own for each program under test, and a look at the servers it may leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nof1tui.store import server

PROGRAM = [sys.executable, "-m", "nof1tui"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with fresh XDG folders and no settings of the tester's."""
    told = ("NOF1_", "COLUMNS", "LINES", "NO_COLOR")
    env = {key: value for key, value in os.environ.items() if not key.startswith(told)}
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        env[f"XDG_{name}_HOME"] = str(tmp_path / name.lower())
    env["HOME"] = str(tmp_path)
    env["PYTHONPATH"] = str(Path(__file__).parent.parent.parent)
    yield env
    data = tmp_path / "data" / "nof1-tui"
    if server.exists(data):
        server.destroy(data)


def run(env: dict[str, str], *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=timeout, cwd=env["HOME"]
    )
