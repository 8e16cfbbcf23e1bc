"""`config`: values, origins, masks, and the file to begin with."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from nof1tui.cli.handlers.config_file import config_template
from nof1tui.settings.base import TABLE_OF_FIELD
from nof1tui.settings.model import Settings
from tests.support.cli_types import Command


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_each_setting_tells_where_it_came_from(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config" / "nof1-tui" / "config.toml"
    write(file, 'theme = "nof1-light"\nchart = "block"\npoll_prices_s = 5\n')
    write(tmp_path / ".env", "# a comment\nNOF1_CHART=ascii\nNOF1_POLL_TRADES_S=60\nNOF1_DB_HOST=\n")
    monkeypatch.setenv("NOF1_POLL_TRADES_S", "90")
    said = command("config", "show", "--json", "--log-level", "debug")
    assert said.code == 0
    shown = json.loads(said.out)
    assert {name: (shown[name]["value"], shown[name]["origin"]) for name in shown if name in WANTED} == {
        **WANTED,
        "theme": ("nof1-light", str(file)),
        "poll_prices_s": (5.0, str(file)),
    }


WANTED: dict[str, tuple[object, str]] = {
    "theme": ("", ""),
    "poll_prices_s": ("", ""),
    "chart": ("ascii", ".env"),
    "poll_trades_s": (90.0, "NOF1_POLL_TRADES_S"),
    "log_level": ("DEBUG", "--log-level"),
    "db_host": (None, "default"),
}


def test_secrets_are_masked(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", "postgresql://me:s3cret@db.example/nof1")
    monkeypatch.setenv("NOF1_DB_PASSWORD", "s3cret")
    monkeypatch.setenv("NOF1_PROXY", "http://user:s3cret@proxy.example:3128")
    monkeypatch.setenv("NOF1_ALERT_WEBHOOK", "https://hooks.example/services/s3cret?token=s3cret")
    for arguments in (["config", "show"], ["config", "show", "--json"]):
        said = command(*arguments)
        assert "s3cret" not in said.out + said.err
        assert "https://hooks.example/***" in said.out
    assert "db.example/nof1" in said.out


def test_the_first_file_names_every_setting_and_changes_none(command: Command, tmp_path: Path) -> None:
    said = command("config", "init")
    file = Path(said.out.strip())
    assert (said.code, file) == (0, tmp_path / "config" / "nof1-tui" / "config.toml")
    assert tomllib.loads(file.read_text("utf-8")) == {}
    text = file.read_text("utf-8")
    assert [
        name for name in Settings.model_fields if name not in TABLE_OF_FIELD and f"\n# {name} = " not in text
    ] == []
    assert command("config", "show").code == 0


def test_every_line_of_the_first_file_is_a_setting_when_its_mark_is_taken_away() -> None:
    lines = [line.removeprefix("# ") for line in config_template().splitlines() if line.startswith("# ")][2:]
    settings = tomllib.loads("\n".join(lines))
    assert set(settings) - set(Settings.model_fields) == {"trader", "alert"}


def test_a_file_that_is_there_is_not_written_over(command: Command, tmp_path: Path) -> None:
    write(tmp_path / "config" / "nof1-tui" / "config.toml", 'theme = "nof1-light"\n')
    said = command("config", "init")
    assert said.code == 1
    assert "--force" in said.err
    assert command("config", "init", "--force").code == 0


def test_the_path_is_told_whether_or_not_the_file_is_there(command: Command, tmp_path: Path) -> None:
    assert command("config", "path").out.strip() == str(tmp_path / "config" / "nof1-tui" / "config.toml")


def test_a_folder_that_cannot_be_written_is_said_plainly(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way", "utf-8")
    said = command("config", "init")
    assert said.code == 1
    assert "is not writable" in said.err
    assert "Traceback" not in said.err
