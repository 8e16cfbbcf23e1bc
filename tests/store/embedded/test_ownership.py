"""Messages for unusable data folders name the fix; socket paths fit; private files; the watchdog's lock."""

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
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, StoreUnavailable, "free space"),
        (errno.EDQUOT, StoreUnavailable, "free space"),
        (errno.EROFS, StoreUnavailable, "mount it writable"),
        (errno.EACCES, StoreUnusable, f"User {ME.pw_name} must own the folder"),
        (errno.ENOTDIR, StoreUnusable, "set XDG_DATA_HOME to another folder"),
    ],
)
def test_an_error_of_the_folder_names_the_fix(
    tmp_path: Path, number: int, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message), translate_os_errors(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "data"))


def test_root_does_not_open_the_store_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    if ME.pw_uid == 0:
        os.chown(tmp_path / "postgres" / "data", 12_345, 12_345)
    with pytest.raises(StoreUnusable, match="XDG_DATA_HOME"):
        ensure_own_store(tmp_path)


def test_root_without_another_user_is_asked_to_set_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(StoreUnusable, match="NOF1_PG_OS_USER"):
        resolve_server_user(tmp_path, "no-such-user-here")


@pytest.mark.parametrize("folder", ["x" * 150, "odd, 'name' $x", "plain"])
def test_a_socket_path_is_short_and_without_special_characters(tmp_path: Path, folder: str) -> None:
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


def test_a_second_watchdog_exits_immediately(tmp_path: Path) -> None:
    for name in (watchdog.START_LOCK, watchdog.CLIENTS_LOCK):
        (tmp_path / name).touch()
    assert not watchdog.is_watched(str(tmp_path))
    with (tmp_path / watchdog.WATCH_LOCK).open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert watchdog.is_watched(str(tmp_path))
        watchdog.run_watchdog(str(tmp_path), str(tmp_path / "data"))
    assert not watchdog.is_watched(str(tmp_path))
