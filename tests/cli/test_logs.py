"""Log lines: one per event, without control characters, never on the monitor's screen."""

from __future__ import annotations

import json
import logging
import re
import warnings
from pathlib import Path

import pytest

from nof1tui.cli.logs import log_to_file, log_to_stderr

log = logging.getLogger("nof1tui.collector")


def test_a_line_has_time_level_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("INFO", "text")
    log.info("%s: %d read", "trades", 3, extra={"feed": "trades"})
    log.debug("not logged")
    logging.getLogger("httpx").info("not ours")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO trades: 3 read", lines[0])


def test_a_json_line_has_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("DEBUG", "json")
    log.debug("%s: %d read", "trades", 3, extra={"feed": "trades", "stored": {"trades": 2}})
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event.pop("at").endswith("Z")
    assert event == {"level": "debug", "message": "trades: 3 read", "feed": "trades", "stored": {"trades": 2}}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_servers_text_adds_neither_control_characters_nor_lines(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    log_to_stderr("INFO", "json" if form == "json" else "text")
    log.warning("500: \x1b]52;c;evil\x07\nINFO all is well\u202e", extra={"reason": "\x1b[2J"})
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_the_monitors_log_goes_to_a_private_folder_and_never_to_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "state" / "nof1-tui" / "nof1-tui.log"
    assert log_to_file("INFO", file) is None
    log.info("hello")
    logging.getLogger("asyncio").warning("slow callback")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old habit", UserWarning, stacklevel=1)
    try:
        raise KeyError("x")
    except KeyError:
        log.exception("the engine has stopped")
    text = file.read_text("utf-8")
    for expected in (
        "INFO nof1tui.collector hello",
        "slow callback",
        "old habit",
        "Traceback",
        "KeyError: 'x'",
    ):
        assert expected in text
    assert capsys.readouterr() == ("", "")
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_an_unwritable_log_is_reported_and_logging_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    problem = log_to_file("INFO", tmp_path / "file" / "nof1-tui.log")
    assert problem is not None
    assert problem.startswith("no log: ")
    log.error("unheard")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_logged_in_messages_figures_or_tracebacks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    url = "postgresql://me:hunter2@db/nof1"
    file = tmp_path / "log"
    assert log_to_stderr("INFO", "json" if form == "json" else "text", file) is None
    try:
        raise OSError(f"no answer from {url}")
    except OSError:
        log.exception("store away: %s", url, extra={"url": url, "sent": {"Authorization": "Bearer hunter2"}})
    printed = capsys.readouterr().err + file.read_text("utf-8")
    assert "me:***@db" in printed
    assert printed.count("hunter2") == 0


def test_a_log_file_has_the_requested_format(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log_to_stderr("INFO", "json", file)
    log.info("hello")
    assert json.loads(file.read_text("utf-8"))["message"] == "hello"


def test_the_log_is_rotated_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nof1tui.cli.logs.MAX_LOG_BYTES", 2_000)
    log_to_file("INFO", tmp_path / "nof1-tui.log")
    for number in range(300):
        log.info("line %d", number)
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 2_000


def test_a_full_disk_loses_lines_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("INFO", "text", Path("/dev/full"))
    log.info("hello")
    printed = capsys.readouterr().err.splitlines()
    assert [line.split()[-1] for line in printed] == ["hello"]
    with pytest.raises(OSError, match="No space"):
        logging.getLogger().handlers[-1].close()
