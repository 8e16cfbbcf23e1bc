"""Files with secrets belong to their owner alone; one that others may read is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nof1tui.settings.secret_files import describe_exposed_file, find_exposed_files, write_secret_file


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the config file, in an empty home that is also the current folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "nof1-tui"
    folder.mkdir()
    return folder / "config.toml"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("existing_mode", [None, 0o644, 0o666])
def test_a_secret_file_is_0600_whatever_the_umask(
    tmp_path: Path, umask: int, existing_mode: int | None
) -> None:
    path = tmp_path / "secret"
    if existing_mode is not None:
        path.write_text("old", "utf-8")
        path.chmod(existing_mode)
    previous = os.umask(umask)
    try:
        write_secret_file(path, "new")
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text("utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "mode", "exposed"),
    [
        ('database_url = "postgresql://me:p@db/nof1"', 0o644, True),
        ('db_password = "p"', 0o604, True),
        ('alert_webhook = "https://example.org/x"', 0o644, True),
        ('db_password = "p"', 0o640, False),
        ('db_password = "p"', 0o600, False),
        ('db_password = ""', 0o644, False),
        ('theme = "nof1-dark"', 0o644, False),
        ("not toml", 0o644, False),
    ],
)
def test_a_config_file_with_a_secret_that_others_may_read_is_found(
    config: Path, text: str, mode: int, exposed: bool
) -> None:
    config.write_text(text, "utf-8")
    config.chmod(mode)
    assert find_exposed_files() == ([config] if exposed else [])


def test_a_dotenv_with_a_secret_that_others_may_read_is_found(config: Path) -> None:
    dotenv = config.parent.parent / ".env"
    for text, mode, found in (
        ("NOF1_DB_PASSWORD=p", 0o644, [Path(".env")]),
        ("export NOF1_DATABASE_URL=postgresql://me:p@db/nof1", 0o644, [Path(".env")]),
        ("NOF1_DB_PASSWORD=p", 0o600, []),
        ("NOF1_THEME=auto", 0o644, []),
    ):
        dotenv.write_text(text, "utf-8")
        dotenv.chmod(mode)
        assert find_exposed_files() == found


def test_the_warning_names_the_command() -> None:
    assert describe_exposed_file(Path("/x/config.toml")).endswith("chmod 600 /x/config.toml")
