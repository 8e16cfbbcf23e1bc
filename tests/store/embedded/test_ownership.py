"""A data folder that cannot be used is told in words that say what to do; where sockets lie."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
from pathlib import Path

import pytest

from nof1tui.ports.errors import StoreRefused, StoreUnavailable
from nof1tui.store.embedded import watchdog
from nof1tui.store.embedded.binaries import Binaries
from nof1tui.store.embedded.cluster import SHORT_FOLDERS, Cluster, write_private
from nof1tui.store.embedded.ownership import owner_of, refuse_foreign, told_of_folder

ME = pwd.getpwuid(os.geteuid())


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, StoreUnavailable, "make room"),
        (errno.EDQUOT, StoreUnavailable, "make room"),
        (errno.EROFS, StoreUnavailable, "mount it writable"),
        (errno.EACCES, StoreRefused, f"The user {ME.pw_name} must own it"),
        (errno.ENOTDIR, StoreRefused, "set XDG_DATA_HOME to another folder"),
    ],
)
def test_a_fault_of_the_folder_says_what_to_do(
    tmp_path: Path, number: int, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words), told_of_folder(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "data"))


def test_root_leaves_the_store_of_an_ordinary_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    if ME.pw_uid == 0:
        os.chown(tmp_path / "postgres" / "data", 12_345, 12_345)
    with pytest.raises(StoreRefused, match="XDG_DATA_HOME"):
        refuse_foreign(tmp_path)


def test_root_without_another_user_is_told_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(StoreRefused, match="NOF1_PG_OS_USER"):
        owner_of(tmp_path, "no-such-user-here")


@pytest.mark.parametrize("folder", ["x" * 150, "odd, 'name' $x", "plain"])
def test_a_socket_has_a_path_that_fits_and_that_no_list_or_shell_misreads(
    tmp_path: Path, folder: str
) -> None:
    cluster = Cluster(tmp_path / folder, Binaries(tmp_path, "18.0"), ME, None)
    socket = cluster.socket_folder / ".s.PGSQL.5432.lock"
    assert len(os.fsencode(socket)) < 107
    assert not set(str(socket)) & set(" ,'$")
    assert cluster.socket_folder.parent in (cluster.root, SHORT_FOLDERS)


def test_a_private_file_never_follows_a_link(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("precious")
    link.symlink_to(victim)
    write_private(link, "secret")
    assert victim.read_text() == "precious"
    assert link.read_text() == "secret"
    assert link.stat().st_mode & 0o777 == 0o600


def test_a_second_watchdog_leaves_at_once(tmp_path: Path) -> None:
    for name in (watchdog.START_LOCK, watchdog.CLIENTS_LOCK):
        (tmp_path / name).touch()
    assert not watchdog.watched(str(tmp_path))
    with (tmp_path / watchdog.WATCH_LOCK).open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert watchdog.watched(str(tmp_path))
        watchdog.watch(str(tmp_path), str(tmp_path / "data"))
    assert not watchdog.watched(str(tmp_path))
