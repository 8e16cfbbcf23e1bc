"""`alerts`: parsed rules, error messages, test deliveries through each channel."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tests.support.cli_types import Command


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The config file, with two rules."""
    path = tmp_path / "config" / "nof1-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[[alert]]\nname = "deep"\nwhen = "return_pct < -20%"\ntrader = "gpt-5"\ncool_down = "1h"\n'
        '[[alert]]\non = ["flipped", "lead"]\nto = ["toast", "osc9"]\n'
    )
    return path


def test_rules_are_printed_as_parsed(command: Command, rules: Path) -> None:
    result = command("alerts", "list")
    assert result.code == 0
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["deep", "return_pct", "<", "-20", "gpt-5", "1:00:00", "toast", "bell"],
        ["on", "flipped,", "lead", "on", "flipped,", "lead", "any", "trader", "none", "toast", "osc9"],
    ]
    rows = json.loads(command("alerts", "list", "--json").out)["rows"]
    assert (rows[0]["metric"], rows[0]["cool_down_s"], rows[0]["hysteresis"]) == ("return_pct", 3_600.0, 0.2)
    assert (rows[1]["on"], rows[1]["to"]) == (["flipped", "lead"], ["toast", "osc9"])


@pytest.mark.parametrize("arguments", [("alerts", "list"), ("alerts", "test"), ("collect", "--once")])
def test_a_former_name_works_with_a_notice_on_stderr(
    command: Command, rules: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.write_text('[[alert]]\nname = "crowd"\nwhen = "crowd_net > 2x"\nto = ["toast"]\n')
    monkeypatch.setenv("NOF1_API_URL", "http://127.0.0.1:9")
    printed = command(*arguments)
    notice = f"{rules}: [[alert]] 1 'crowd': crowd_net is now coin.exposure_net; the old name keeps working"
    assert printed.err.count(notice) == 1
    assert notice not in printed.out


def test_without_rules_it_names_the_file_for_them(command: Command) -> None:
    result = command("alerts", "list")
    assert (result.code, "config init" in result.out) == (0, True)


@pytest.mark.parametrize("arguments", [("alerts", "list"), ("alerts", "test"), ("collect", "--once")])
def test_an_invalid_rule_stops_the_command_and_its_position_is_named(
    command: Command, rules: Path, arguments: tuple[str, ...]
) -> None:
    rules.write_text('[[alert]]\nname = "deep"\nwhen = "retrun_pct < -20"\n')
    result = command(*arguments)
    assert result.code == 2
    assert f"{rules}: [[alert]] 1 'deep': when: at position 1" in result.err
    assert "did you mean 'return_pct'?" in result.err


def test_a_channel_that_is_not_configured_is_reported(command: Command, rules: Path) -> None:
    rules.write_text('[[alert]]\nwhen = "rank > 1"\nto = "webhook"\n')
    assert "[[alert]] 1: to: webhook needs alert_webhook, which is not set" in command("alerts", "list").err


class Hook(BaseHTTPRequestHandler):
    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 the library's name


def test_a_sample_is_sent_through_each_channel_and_the_outcome_is_printed(
    command: Command, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = Thread(target=server.handle_request)
    thread.start()
    kept = tmp_path / "kept"
    code = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read())"
    monkeypatch.setenv("NOF1_ALERT_COMMAND", json.dumps([sys.executable, "-c", code]))
    monkeypatch.setenv("NOF1_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/s3cret")
    result = command("alerts", "test", "deep")
    thread.join()
    server.server_close()
    assert result.code == 0
    assert [line.split(None, 1) for line in result.out.splitlines()] == [
        ["deep"],
        ["toast", "shown by the monitor"],
        ["bell", "only in a terminal"],
        ["command", "sent"],
        ["webhook", "sent"],
    ]
    posted = json.loads(Hook.got[-1])
    assert (posted["rule"], posted["test"], posted["trader"]) == ("deep", True, "gpt-5")
    assert json.loads(kept.read_text()) == posted


def test_a_failed_channel_is_reported_without_its_secret(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_ALERT_COMMAND", "/nonexistent/program")
    result = command("alerts", "test")
    assert result.code == 1
    assert "command  failed: '/nonexistent/program' cannot be run: No such file or directory" in result.out
    assert "1 delivery failed" in result.err


def test_an_unknown_rule_is_refused_with_the_likely_spelling(command: Command, rules: Path) -> None:
    result = command("alerts", "test", "dep")
    assert (result.code, "unknown rule 'dep' (did you mean 'deep'?)" in result.err) == (2, True)
