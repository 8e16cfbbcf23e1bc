"""The owner of a data home, the user that runs its server, and file errors as messages."""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded.binaries import ROOT_DATA_HOME
from nof1tui.store.embedded.cluster import read_location
from nof1tui.store.embedded.launch import user_name

_DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
_DEFAULT_USERS = ("postgres", "nobody")


def resolve_server_user(home: Path, os_user: str | None) -> pwd.struct_passwd:
    """The user that runs the server: the current one, or for root an unprivileged one.

    PostgreSQL refuses to run as root. An existing cluster keeps its owner unless the settings name another
    user. Raises StoreUnusable where no such user exists.
    """
    if os.geteuid() != 0:
        return _require_entry(os.geteuid())
    root = read_location(home)
    if os_user is None and root is not None and root.exists() and (uid := root.stat().st_uid) != 0:
        return _require_entry(uid)
    for candidate in (os_user,) if os_user else _DEFAULT_USERS:
        try:
            user = pwd.getpwnam(candidate)
        except KeyError:
            continue
        if user.pw_uid != 0:
            return user
    raise StoreUnusable(
        f"PostgreSQL does not run as root, and user {os_user or ' or '.join(_DEFAULT_USERS)} does not exist: "
        "set NOF1_PG_OS_USER to an existing user, or NOF1_DATABASE_URL to a running server"
    )


def _require_entry(uid: int) -> pwd.struct_passwd:
    """The entry of a user. Raises StoreUnusable without one, as in a container started with `--user 1234`."""
    try:
        return pwd.getpwuid(uid)
    except KeyError as error:
        raise StoreUnusable(
            f"user {uid} has no entry in /etc/passwd, and PostgreSQL does not run without one: set "
            "NOF1_DATABASE_URL to a running server, or add an entry for the user"
        ) from error


def ensure_own_store(home: Path) -> None:
    """Raises StoreUnusable where root opens another user's store: that would lock the user out of it."""
    data = home / "postgres" / "data"
    if os.geteuid() == 0 and data.exists() and (uid := data.stat().st_uid) != 0:
        raise StoreUnusable(
            f"the store under {home} belongs to {user_name(uid)}: run nof1-tui as {user_name(uid)}, or set "
            "XDG_DATA_HOME to another folder"
        )


@contextmanager
def translate_os_errors(home: Path) -> Iterator[None]:
    """Raise OSErrors as StoreUnavailable or StoreUnusable with a message that names the fix."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename or home}: {error.strerror or error}"
        elsewhere = "set XDG_DATA_HOME to another folder"
        if _is_in_root_home(error.filename):
            full = error.errno in _DISK_FULL_ERRNOS
            state, fix = ("full", "free space") if full else ("not writable", "mount it writable")
            raise StoreUnavailable(
                f"{ROOT_DATA_HOME} is {state} ({reason}), where PostgreSQL keeps the data of root: {fix}, "
                "run nof1-tui as another user, or set NOF1_DATABASE_URL to a running server"
            ) from error
        if error.errno in _DISK_FULL_ERRNOS:
            raise StoreUnavailable(
                f"the disk of {home} is full ({reason}): free space, or {elsewhere}"
            ) from error
        if error.errno == errno.EROFS:
            raise StoreUnavailable(
                f"{home} is not writable ({reason}): mount it writable, or {elsewhere}"
            ) from error
        user = user_name(os.geteuid())
        raise StoreUnusable(
            f"the store under {home} cannot be used ({reason}). User {user} must own the folder "
            f"and all files in it: correct that, {elsewhere}, or set NOF1_DATABASE_URL to a running server"
        ) from error


def _is_in_root_home(file: object) -> bool:
    return isinstance(file, str | os.PathLike) and Path(file).is_relative_to(ROOT_DATA_HOME)
