"""Alerts delivered to a command: a real program, hostile texts, slow and failing commands."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.records import AccountKey
from nof1tui.notify.command import CommandNotifier
from nof1tui.ports.errors import DeliveryFailed
from tests.support.alerts import alert

KEEP = (
    "import json, os, sys; json.dump([sys.argv[1:], json.load(sys.stdin), dict(os.environ)], open({!r}, 'w'))"
)
HOSTILE = "$(touch pwned); `id` | rm -rf / && --help\x00\x1b]52;c;aGk=\x07\n--exec=evil"


def python(code: str, *more: str, timeout_s: float = 5.0) -> CommandNotifier:
    return CommandNotifier((sys.executable, "-c", code, *more), timeout_s=timeout_s)


async def test_a_command_gets_the_alert_on_stdin_and_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", "postgresql://me:s3cret@host/db")
    await python(KEEP.format(str(tmp_path / "got")), "--flag").send(alert())
    arguments, document, environment = json.loads((tmp_path / "got").read_text())
    assert arguments == ["--flag"]
    assert (document["rule"], document["value"], document["test"]) == ("deep", -20.314, False)
    assert (environment["NOF1_ALERT_RULE"], environment["NOF1_ALERT_VALUE"]) == ("deep", "-20.314")
    assert "NOF1_ALERT_COIN" not in environment
    assert "s3cret" not in json.dumps(environment)


async def test_hostile_text_is_passed_as_data_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subject = Subject(AccountKey(HOSTILE, HOSTILE), HOSTILE)
    await python(KEEP.format("got")).send(alert(message=HOSTILE, rule=HOSTILE, subject=subject))
    arguments, document, environment = json.loads((tmp_path / "got").read_text())
    assert arguments == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["got"]
    for text in (document["words"], document["trader"], environment["NOF1_ALERT_COIN"]):
        assert text == "$(touch pwned); `id` | rm -rf / && --help --exec=evil"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('no \\x1b[31mdisplay')", "exit code 1: no display"),
        ("import os; os._exit(7)", "ended with exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended with exit code -9"),
    ],
)
async def test_a_failing_command_is_reported_with_its_stderr(code: str, message: str) -> None:
    with pytest.raises(DeliveryFailed, match=message):
        await python(code).send(alert())


@pytest.mark.parametrize("name", ["/nonexistent/program", "/etc/passwd", "no\x00way"])
async def test_a_command_that_cannot_be_run_is_reported(name: str) -> None:
    with pytest.raises(DeliveryFailed, match="cannot be run"):
        await CommandNotifier((name,), timeout_s=5).send(alert())


async def test_a_slow_command_is_stopped_with_its_child_processes(tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']);"
        f"open({str(child)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    started_s = time.monotonic()
    with pytest.raises(DeliveryFailed, match=r"took longer than 0\.5 s"):
        await python(code, timeout_s=0.5).send(alert())
    assert time.monotonic() - started_s < 3
    pid = int(child.read_text())
    while _is_running(pid):
        assert time.monotonic() - started_s < 5
        await asyncio.sleep(0.01)


def _is_running(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    "code",
    [
        "pass",  # reads nothing
        "import os; os.write(2, b'x' * 10_000_000)",  # more stderr than is kept
        "import subprocess; subprocess.Popen(['sleep', '2'])",  # leaves a process running
    ],
)
async def test_a_command_that_exits_with_0_has_delivered(code: str) -> None:
    await python(code).send(alert())
