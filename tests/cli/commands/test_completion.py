"""Shell completion scripts and profiles."""

from __future__ import annotations

import pstats
import subprocess
import sys
from pathlib import Path

import pytest

from nof1tui.cli.profiling import profiled
from nof1tui.errors import UserError
from tests.support.cli_types import Command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_completion_script(command: Command, shell: str) -> None:
    result = command("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_NOF1_TUI_COMPLETE={shell}_complete" in result.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [("nof1-tui sh", ["show"]), ("nof1-tui db grant", ["grant-viewer"]), ("nof1-tui show tra", ["trades"]),
     ("nof1-tui export --wh", ["--what"])],
)  # fmt: skip
def test_commands_values_and_options_are_completed(words: str, offered: list[str]) -> None:
    asked = {"_NOF1_TUI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    result = subprocess.run(
        [sys.executable, "-c", "import sys; from nof1tui.cli.main import run; sys.exit(run([]))"],
        env={**asked, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.partition(",")[2] for line in result.stdout.splitlines()] == offered


def test_a_profile_lists_functions_by_time(tmp_path: Path) -> None:
    file = tmp_path / "run.prof"
    with profiled(file):
        sorted([3, 1, 2])
    assert any("sorted" in name for _, _, name in pstats.Stats(str(file)).stats)  # type: ignore[attr-defined]


def test_a_profile_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not writable"), profiled(tmp_path / "nowhere" / "run.prof"):
        pytest.fail("it ran")
