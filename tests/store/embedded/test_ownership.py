"""A data folder that cannot be used is told in words that say what to do; where sockets lie."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
from pathlib import Path

import pytest

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded import watchdog
from nof1tui.store.embedded.binaries import Binaries
from nof1tui.store.embedded.cluster import SHORT_SOCKET_ROOT, Cluster, write_private_file
from nof1tui.store.embedded.ownership import ensure_own_store, resolve_server_user, translate_os_errors

ME = pwd.getpwuid(os.geteuid())


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, StoreUnavailable, "make room"),
        (errno.EDQUOT, StoreUnavailable, "make room"),
        (errno.EROFS, StoreUnavailable, "mount it writable"),
        (errno.EACCES, StoreUnusable, f"The user {ME.pw_name} must own it"),
        (errno.ENOTDIR, StoreUnusable, "set XDG_DATA_HOME to another folder"),
    ],
)
def test_a_fault_of_the_folder_says_what_to_do(
    tmp_path: Path, number: int, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words), translate_os_errors(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "data"))


def test_root_leaves_the_store_of_an_ordinary_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    if ME.pw_uid == 0:
        os.chown(tmp_path / "postgres" / "data", 12_345, 12_345)
    with pytest.raises(StoreUnusable, match="XDG_DATA_HOME"):
        ensure_own_store(tmp_path)


def test_root_without_another_user_is_told_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(StoreUnusable, match="NOF1_PG_OS_USER"):
        resolve_server_user(tmp_path, "no-such-user-here")


@pytest.mark.parametrize("folder", ["x" * 150, "odd, 'name' $x", "plain"])
def test_a_socket_has_a_path_that_fits_and_that_no_list_or_shell_misreads(
    tmp_path: Path, folder: str
) -> None:
    cluster = Cluster(tmp_path / folder, Binaries(tmp_path, "18.0"), ME, None)
    socket = cluster.socket_folder / ".s.PGSQL.5432.lock"
    assert len(os.fsencode(socket)) < 107
    assert not set(str(socket)) & set(" ,'$")
    assert cluster.socket_folder.parent in (cluster.root, SHORT_SOCKET_ROOT)


def test_a_private_file_never_follows_a_link(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("precious")
    link.symlink_to(victim)
    write_private_file(link, "secret")
    assert victim.read_text() == "precious"
    assert link.read_text() == "secret"
    assert link.stat().st_mode & 0o777 == 0o600


def test_a_second_watchdog_leaves_at_once(tmp_path: Path) -> None:
    for name in (watchdog.START_LOCK, watchdog.CLIENTS_LOCK):
        (tmp_path / name).touch()
    assert not watchdog.is_watched(str(tmp_path))
    with (tmp_path / watchdog.WATCH_LOCK).open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert watchdog.is_watched(str(tmp_path))
        watchdog.run_watchdog(str(tmp_path), str(tmp_path / "data"))
    assert not watchdog.is_watched(str(tmp_path))
