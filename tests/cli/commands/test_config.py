"""`config`: values, sources, redacted secrets, the initial file."""

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


def test_each_setting_has_its_source(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config" / "nof1-tui" / "config.toml"
    write(file, 'theme = "nof1-light"\nchart = "block"\npoll_prices_s = 5\n')
    write(tmp_path / ".env", "# a comment\nNOF1_CHART=ascii\nNOF1_POLL_TRADES_S=60\nNOF1_DB_HOST=\n")
    monkeypatch.setenv("NOF1_POLL_TRADES_S", "90")
    result = command("config", "show", "--json", "--log-level", "debug")
    assert result.code == 0
    shown = json.loads(result.out)
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


def test_secrets_are_redacted(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", "postgresql://me:s3cret@db.example/nof1")
    monkeypatch.setenv("NOF1_DB_PASSWORD", "s3cret")
    monkeypatch.setenv("NOF1_PROXY", "http://user:s3cret@proxy.example:3128")
    monkeypatch.setenv("NOF1_ALERT_WEBHOOK", "https://hooks.example/services/s3cret?token=s3cret")
    for arguments in (["config", "show"], ["config", "show", "--json"]):
        result = command(*arguments)
        assert "s3cret" not in result.out + result.err
        assert "https://hooks.example/***" in result.out
    assert "db.example/nof1" in result.out


def test_the_initial_file_names_every_setting_and_changes_none(command: Command, tmp_path: Path) -> None:
    result = command("config", "init")
    file = Path(result.out.strip())
    assert (result.code, file) == (0, tmp_path / "config" / "nof1-tui" / "config.toml")
    assert tomllib.loads(file.read_text("utf-8")) == {}
    text = file.read_text("utf-8")
    assert [
        name for name in Settings.model_fields if name not in TABLE_OF_FIELD and f"\n# {name} = " not in text
    ] == []
    assert command("config", "show").code == 0


def test_every_line_of_the_initial_file_is_a_setting_when_uncommented() -> None:
    lines = [line.removeprefix("# ") for line in config_template().splitlines() if line.startswith("# ")][2:]
    settings = tomllib.loads("\n".join(lines))
    assert set(settings) - set(Settings.model_fields) == {"trader", "alert"}


def test_an_existing_file_is_not_overwritten(command: Command, tmp_path: Path) -> None:
    write(tmp_path / "config" / "nof1-tui" / "config.toml", 'theme = "nof1-light"\n')
    result = command("config", "init")
    assert result.code == 1
    assert "--force" in result.err
    assert command("config", "init", "--force").code == 0


def test_the_path_is_printed_whether_or_not_the_file_exists(command: Command, tmp_path: Path) -> None:
    assert command("config", "path").out.strip() == str(tmp_path / "config" / "nof1-tui" / "config.toml")


def test_an_unwritable_folder_is_reported(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way", "utf-8")
    result = command("config", "init")
    assert result.code == 1
    assert "is not writable" in result.err
    assert "Traceback" not in result.err
