"""The last frame: stored for one terminal size and one set of settings, shown with its age."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nof1tui.cli.splash_frame import FrameCache, _age, environment_fingerprint
from nof1tui.settings.paths import UserDirectories
from nof1tui.tui.style import format as fmt


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TERM": "xterm",
    }


def saved(environment: dict[str, str], *, corner: tuple[int, str] = (12, "48;5;1")) -> FrameCache:
    last = FrameCache(environment)
    last.save(80, 24, 1_000.0, corner, "\x1b[Hfigures …")
    return last


def test_a_frame_is_loaded_with_its_age_in_the_corner(environment: dict[str, str]) -> None:
    frame = saved(environment).load(80, 24, 1_000.0 + 240)
    assert frame is not None
    assert "\x1b[Hfigures …".encode() in frame
    assert b"\x1b[1;69H\x1b[0;1;48;5;1m  STORED 4m \x1b[0m" in frame


def test_a_narrow_corner_keeps_the_end_of_its_text(environment: dict[str, str]) -> None:
    frame = saved(environment, corner=(4, "")).load(80, 24, 1_000.0 + 240)
    assert frame is not None
    assert b"\x1b[1;77H\x1b[0;1;0m 4m \x1b[0m" in frame


@pytest.mark.parametrize(("columns", "rows"), [(81, 24), (80, 25)])
def test_a_terminal_of_another_size_has_no_frame(
    environment: dict[str, str], columns: int, rows: int
) -> None:
    assert saved(environment).load(columns, rows, 1_000.0) is None


@pytest.mark.parametrize(
    ("name", "value"), [("NOF1_THEME", "nof1-light"), ("TERM", "linux"), ("LC_ALL", "C"), ("NO_COLOR", "1")]
)
def test_other_settings_or_another_terminal_have_no_frame(
    environment: dict[str, str], name: str, value: str
) -> None:
    saved(environment)
    assert FrameCache(environment | {name: value}).load(80, 24, 1_000.0) is None


def test_another_config_file_has_no_frame(environment: dict[str, str], tmp_path: Path) -> None:
    saved(environment)
    (tmp_path / "config" / "nof1-tui").mkdir(parents=True)
    (tmp_path / "config" / "nof1-tui" / "config.toml").write_text('theme = "nof1-light"\n')
    assert FrameCache(environment).load(80, 24, 1_000.0) is None


def test_unrelated_variables_do_not_change_the_fingerprint(environment: dict[str, str]) -> None:
    assert environment_fingerprint(environment) == environment_fingerprint(
        environment | {"EDITOR": "vi", "PWD": "/elsewhere"}
    )


@pytest.mark.parametrize(
    "spoil",
    [b"", b"nof1-tui frame 1", b"nof1-tui frame 1 x y z a b c\n", b"\xff" * 200, b"other 1 m 80 24 1 2 0\nx"],
)
def test_an_invalid_file_is_not_a_frame(environment: dict[str, str], spoil: bytes) -> None:
    last = saved(environment)
    Path(last.path).write_bytes(spoil)
    assert last.load(80, 24, 1_000.0) is None


def test_an_unwritable_folder_is_ignored() -> None:
    last = FrameCache({"XDG_CACHE_HOME": "/dev/null"})
    last.save(80, 24, 0.0, (12, ""), "x")
    assert last.load(80, 24, 0.0) is None


def test_only_the_user_may_read_it(environment: dict[str, str]) -> None:
    assert Path(saved(environment).path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("home", ["configured", "default"])
def test_it_is_in_the_folder_of_the_cached_board(
    home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if home == "configured":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "else"))
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
    assert Path(FrameCache(dict(os.environ)).path) == UserDirectories.from_environment().cache / "frame"


@pytest.mark.parametrize("seconds", [-5, 0, 59, 60, 3_599, 3_600, 100_000, 172_799, 172_800, 9e6])
def test_the_age_is_formatted_as_on_the_screens(seconds: float) -> None:
    assert _age(seconds) == fmt.age(seconds)
