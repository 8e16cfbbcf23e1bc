"""`serve` as a command: what is refused, what it prints, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from nof1tui.cli.main import run
from tests.support.cli_types import Command

OPEN = "anyone on the network could read 0.0.0.0:8420"


@pytest.fixture
def key_pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate file and a key file that do not hold any."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_text("not a certificate")
    key.write_text("not a key")
    key.chmod(0o600)
    return certificate, key


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0:8420"], OPEN),
        (["--listen", "0.0.0.0:8420", "--public"], OPEN),
        (["--listen", "[::]:8420"], "anyone on the network could read :::8420"),
        (["--listen", "example.org:80"], "anyone on the network could read example.org:80"),
        (["--listen", "127.0.0.1"], "use unix:/path, 127.0.0.1:8420"),
        (["--listen", "127.0.0.1:70000"], "use unix:/path"),
        (["--listen", "unix:relative"], "must begin with /"),
        (["--listen", "fd:9999"], "fd:9999 cannot be used"),
        (["--require-url"], "no database URL is set"),
        (["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together"),
        (["--client-ca", "ca.pem"], "--client-ca needs --tls-cert"),
        (["--tls-cert", "cert.pem", "--tls-key", "missing.pem"], "missing.pem cannot be read"),
        (["--tls-cert", "cert.pem", "--tls-key", "key.pem"], "do not make a usable pair"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused_ends_with_exit_code_2_and_says_why(
    command: Command, key_pair: tuple[Path, Path], options: list[str], words: str
) -> None:
    done = command("serve", *options)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_key_that_others_may_read_is_refused(command: Command, key_pair: tuple[Path, Path]) -> None:
    key_pair[1].chmod(0o640)
    done = command("serve", "--tls-cert", str(key_pair[0]), "--tls-key", str(key_pair[1]))
    assert done.code == 2
    assert f"{key_pair[1]} is readable by other users: chmod 600" in done.err


def test_a_missing_extra_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = command("serve")
    assert done.code == 2
    assert 'serve needs more: pip install "nof1-tui[serve]"' in done.err


def test_a_store_that_does_not_exist_is_not_created(command: Command, tmp_path: Path) -> None:
    done = command("serve", "--listen", f"unix:{tmp_path}/s")
    assert done.code == 1
    assert "no store at" in done.err
    assert not (tmp_path / "data").exists()


def test_a_living_server_keeps_its_socket(command: Command, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
        other.listen()
        done = command("serve", "--listen", f"unix:{tmp_path}/s")
        assert (done.code, "another server listens" in done.err) == (2, True)
    (tmp_path / "file").write_text("a file of the user")
    done = command("serve", "--listen", f"unix:{tmp_path}/file")
    assert (done.code, "that is not a socket" in done.err) == (2, True)
    assert (tmp_path / "file").read_text() == "a file of the user"


def test_it_serves_its_owner_and_ends_within_two_seconds(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "run" / "serve.sock"
    words = ["--listen", f"unix:{path}", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        [sys.executable, "-m", "nof1tui", "serve", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NOF1_DATABASE_URL": database_url, "HOME": str(tmp_path)},
    ) as server:
        assert server.stderr is not None
        first, second = server.stderr.readline(), server.stderr.readline()
        assert first == f"serving unix:{path} (open to its owner)\n"
        assert second.startswith("serving http://127.0.0.1:")
        assert second.endswith("(token needed)\n")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost") as owner:
            deadline = time.monotonic() + 30
            while owner.get("/readyz").status_code != 200 and time.monotonic() < deadline:
                pass
            assert owner.get("/v1/leaderboard").json()["rows"] == []
        refused = httpx.get(f"{second.split()[1]}/v1/leaderboard")
        assert (refused.status_code, refused.json()["type"]) == (401, "/docs/problems#token-needed")
        assert httpx.get(f"{second.split()[1]}/healthz").json() == {"ok": True}
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
        assert time.monotonic() - began < 2
    assert not path.exists()


def test_serve_is_listed_with_the_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "serve" in capsys.readouterr().out
