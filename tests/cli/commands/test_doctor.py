"""`doctor`: findings and their fixes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from nof1tui.cli.doctor_checks import TerminalInfo, check_clock, check_folder, check_terminal
from nof1tui.store.schema import migrate
from tests.support.cli_types import Command
from tests.support.paths import SCHEMAS

SCHEMA = json.loads((SCHEMAS / "doctor.json").read_text("utf-8"))


def terminal(
    size: tuple[int, int] | None = (120, 40),
    colors: str | None = "truecolor",
    whole_charset: bool = True,
    tmux: str | None = None,
    **environ: str,
) -> TerminalInfo:
    return TerminalInfo(size, colors, whole_charset, environ, lambda name: tmux)


@pytest.mark.parametrize(
    ("terminal_info", "check", "state", "message"),
    [
        (terminal(), "size", "ok", "120 columns, 40 rows"),
        (terminal((79, 24)), "size", "warning", "enlarge the window"),
        (terminal((80, 23)), "size", "warning", "enlarge the window"),
        (terminal(colors="256", TERM="xterm-256color"), "colours", "ok", "COLORTERM=truecolor"),
        (terminal(colors="standard", TERM="xterm"), "colours", "warning", "TERM=xterm-256color"),
        (terminal(colors=None, TERM="dumb"), "colours", "warning", "TERM=dumb"),
        (terminal(colors=None, NO_COLOR="1"), "colours", "ok", "NO_COLOR"),
        (terminal(whole_charset=False), "characters", "warning", "LANG=C.UTF-8"),
        (terminal(), "clipboard", "ok", "OSC 52"),
        (terminal(TMUX="/tmp/t", tmux="external"), "clipboard", "warning", "set -g set-clipboard on"),
        (terminal(TMUX="/tmp/t", tmux=None), "clipboard", "warning", "unknown"),
        (terminal(TMUX="/tmp/t", tmux="on"), "clipboard", "ok", "passes on"),
        (terminal(None), "terminal", "skipped", "not a terminal"),
        (terminal((0, 0), TERM="xterm"), "size", "fault", "size of 0×0"),
        (terminal(TERM="dumb"), "terminal type", "fault", "TERM=dumb cannot show the monitor"),
        (terminal(None, TERM="dumb"), "terminal type", "warning", "TERM=dumb cannot show the monitor"),
        (terminal(None), "terminal type", "warning", "TERM is not set"),
    ],
)
def test_each_fault_of_the_terminal_has_a_fix(
    terminal_info: TerminalInfo, check: str, state: str, message: str
) -> None:
    (found,) = (finding for finding in check_terminal(terminal_info) if finding.check == check)
    assert found.state == state
    assert message in f"{found.found} {found.do}"


def test_an_unwritable_folder_is_a_fault_and_a_full_disk_a_warning(tmp_path: Path) -> None:
    def much(folder: Path) -> int:
        return 2**40

    assert check_folder("data", tmp_path / "new" / "deep", much).state == "ok"
    assert check_folder("data", tmp_path, lambda folder: 2**20).state == "warning"
    (tmp_path / "file").write_text("")
    found = check_folder("data", tmp_path / "file" / "nof1-tui", much)
    assert (found.state, "XDG_DATA_HOME" in str(found.do)) == ("fault", True)


@pytest.mark.parametrize(
    ("skew_s", "state", "message"),
    [(0.0, "ok", "within 30 s"), (-29.0, "ok", "within"), (90.0, "warning", "90 s behind"),
     (-3_600.0, "warning", "3,600 s ahead")],
)  # fmt: skip
def test_a_wrong_clock_is_reported(skew_s: float, state: str, message: str) -> None:
    found = check_clock("upstream", skew_s)
    assert found.state == state
    assert message in found.found


@pytest.fixture
def doctor(command: Command) -> Callable[..., tuple[int, dict[str, dict[str, Any]]]]:
    """Exit code and findings by name, checked against the schema."""

    def call(*arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
        result = command("doctor", "--json", *arguments)
        document = json.loads(result.out)
        jsonschema.validate(document, SCHEMA)
        assert document["ok"] == (result.code == 0)
        return result.code, {item["check"]: item for item in document["checks"]}

    return call


Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


def test_a_store_in_every_state_has_its_finding(
    doctor: Doctor, database_url: str, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, found = doctor("--offline", "--database-url", database_url)
    assert (code, found["store"]["state"]) == (0, "ok")
    assert f"schema {migrate.HEAD_REVISION}" in found["store"]["found"]
    assert found["clock against the store"]["state"] == "ok"
    code, found = doctor("--offline", "--database-url", empty_database_url)
    assert (code, "none yet" in found["store"]["found"]) == (0, True)
    assert migrate.read_revision(empty_database_url) is None
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE nof1.alembic_version SET version_num = '9999'")
    code, found = doctor("--offline", "--database-url", database_url)
    assert (code, found["store"]["state"]) == (1, "fault")
    assert "newer nof1-tui" in found["store"]["do"]
    code, found = doctor("--offline", "--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    assert (code, found["store"]["state"]) == (1, "fault")
    assert "hunter2" not in json.dumps(found)


def test_an_unreachable_api_is_a_fault_with_a_fix(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_API_URL", "http://127.0.0.1:9/api")
    code, found = doctor()
    assert (code, found["upstream"]["state"]) == (1, "fault")
    assert "NOF1_API_URL" in found["upstream"]["do"]


@pytest.mark.parametrize(
    ("when", "state", "found_text"),
    [
        ("rank > 1", "ok", "1 rules"),
        ("crowd_net > 2", "warning", "crowd_net is now coin.exposure_net; the old name keeps working"),
        ("crowd > 2", "fault", "unknown metric 'crowd'"),
    ],
)
def test_alert_rules_are_checked(
    doctor: Doctor, database_url: str, tmp_path: Path, when: str, state: str, found_text: str
) -> None:
    path = tmp_path / "config" / "nof1-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(f'[[alert]]\nwhen = "{when}"\n')
    code, found = doctor("--offline", "--database-url", database_url)
    assert (code, found["alerts"]["state"]) == (int(state == "fault"), state)
    assert found_text in found["alerts"]["found"]


def test_wrong_settings_are_a_finding(
    doctor: Doctor, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_POLL_PRICES_S", "0")
    code, found = doctor("--offline")
    assert (code, found["settings"]["state"]) == (1, "fault")
    assert "NOF1_POLL_PRICES_S" in found["settings"]["found"]
    result = command("doctor", "--offline")
    assert result.code == 1
    assert "FAULT  settings" in result.out
