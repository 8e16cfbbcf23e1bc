"""The embedded server: shared, private, stopped with its last client, restarted after any crash."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.embedded import binaries, launch
from nof1tui.store.embedded import lease as server
from tests.support.embedded_server import destroy_cluster, is_server_running
from tests.support.paths import ROOT

HOLD_LEASE = """
import sys
from pathlib import Path
from nof1tui.store.embedded.lease import acquire_lease
lease = acquire_lease(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
lease.release()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "nof1-tui"
    yield folder
    destroy_cluster(folder)


def holder(home: Path) -> subprocess.Popen[str]:
    """Another process that holds a lease until its input ends."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_LEASE, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str], how: signal.Signals | None = None) -> None:
    if how is not None:
        process.send_signal(how)
    process.communicate(timeout=10)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def test_the_server_is_created_shared_and_stopped_by_its_last_client(home: Path) -> None:
    assert not server.cluster_exists(home)
    first = server.acquire_lease(home)
    assert server.cluster_exists(home)
    other = holder(home)
    first.create_database("nof1")
    first.create_database("nof1")
    assert "nof1" in first.list_databases()
    first.release()
    first.release()
    assert is_server_running(home)
    end(other)
    assert not is_server_running(home)


def test_data_is_there_at_the_next_start(home: Path) -> None:
    lease = server.acquire_lease(home)
    with psycopg.connect(lease.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    lease.release()
    lease = server.acquire_lease(home)
    with psycopg.connect(lease.url("postgres")) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    lease.release()


def test_a_client_that_is_killed_leaves_no_server_behind(home: Path) -> None:
    other = holder(home)
    assert is_server_running(home)
    end(other, signal.SIGKILL)
    assert eventually(lambda: not is_server_running(home))


@pytest.mark.parametrize("after_s", [0.05, 0.4])
def test_a_client_killed_while_the_server_starts_leaves_no_server_behind(home: Path, after_s: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-c",
        HOLD_LEASE.replace("lease =", 'print("started", flush=True)\nlease ='),
        str(home),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    time.sleep(after_s)
    end(process, signal.SIGKILL)
    time.sleep(1.5)
    assert eventually(lambda: not is_server_running(home))
    lease = server.acquire_lease(home)
    assert lease.list_databases()
    lease.release()


def test_concurrent_starts_create_one_cluster_and_all_get_a_lease(home: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        leases = list(pool.map(server.acquire_lease, [home] * 3))
    assert len({lease.url() for lease in leases}) == 1
    for lease in leases:
        lease.release()
    assert not is_server_running(home)


def test_a_killed_server_is_restarted_with_its_data(home: Path) -> None:
    lease = server.acquire_lease(home)
    lease.create_database("nof1")
    pid = lease._cluster.read_postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not is_server_running(home))
    lease.ensure_running()
    assert "nof1" in lease.list_databases()
    lease.release()


def test_a_pid_file_of_another_process_does_not_prevent_the_start(home: Path) -> None:
    lease = server.acquire_lease(home)
    data = lease._cluster.data_folder
    lease.release()
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n")
    lease = server.acquire_lease(home)
    assert lease.list_databases()
    lease.release()


def test_data_of_another_major_version_is_refused_unchanged_with_the_commands_to_move_it(home: Path) -> None:
    lease = server.acquire_lease(home)
    version = lease._cluster.data_folder / "PG_VERSION"
    lease.release()
    version.write_text("14\n")
    with pytest.raises(StoreUnusable, match=r"(?s)db export .*db restore "):
        server.acquire_lease(home)
    assert version.read_text() == "14\n"
    version.write_text(f"{binaries.find_binaries().major}\n")


def test_other_users_cannot_connect(home: Path) -> None:
    lease = server.acquire_lease(home)
    cluster = lease._cluster
    for folder in (cluster.root, cluster.socket_folder, cluster.data_folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if cluster.passfile is not None:
        assert stat.S_IMODE(cluster.passfile.stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                f"postgresql:///postgres?host={cluster.socket_folder}&user=nof1&passfile=/dev/null"
            )
    with psycopg.connect(lease.url("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    lease.release()


def test_a_folder_without_programs_is_refused_with_the_name_of_its_setting(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="NOF1_PG_BIN"):
        server.acquire_lease(tmp_path / "home", bin_dir=tmp_path)


AS_OTHER_USER = """
import os, pwd, sys
from pathlib import Path
from nof1tui.store.embedded.binaries import ensure_reachable, find_binaries
from nof1tui.store.embedded.lease import acquire_lease
user = pwd.getpwnam("nobody")
programs = ensure_reachable(find_binaries(), user).directory
os.setgroups([]), os.setgid(user.pw_gid), os.setuid(user.pw_uid)
home = Path(sys.argv[1])
lease = acquire_lease(home, bin_dir=programs)
print(lease.list_databases())
lease.release()
print(oct(home.joinpath("postgres").stat().st_mode & 0o777), home.joinpath("postgres.location").exists())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_unprivileged_user_runs_a_separate_server() -> None:
    other_user = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="nof1-user-"))
    try:
        os.chown(folder, other_user.pw_uid, other_user.pw_gid)
        done = subprocess.run(
            [sys.executable, "-c", AS_OTHER_USER, str(folder / "nof1-tui")],
            env={"PYTHONPATH": str(ROOT), "HOME": str(folder)},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout == "['postgres']\n0o700 False\n", done.stderr
    finally:
        shutil.rmtree(folder)


def test_a_full_disk_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = server.acquire_lease(home)
    cluster = lease._cluster
    lease.release()
    usage = shutil.disk_usage(cluster.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=3 * 2**20))
    reason = launch._failure_reason(cluster, "pg_ctl", b"FATAL: could not write lock file")
    assert reason == f"the disk of {cluster.root} is full (3 MB free): free space and retry"
