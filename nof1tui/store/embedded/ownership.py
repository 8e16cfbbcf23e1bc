"""Whose a data home is, who runs the server of it, and what it means when it cannot be written."""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded.cluster import read_location
from nof1tui.store.embedded.launch import user_name

_DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})


def resolve_server_user(home: Path, os_user: str | None) -> pwd.struct_passwd:
    """Who runs the server: we ourselves; for root, whom PostgreSQL refuses, an unprivileged user.

    A cluster that is there keeps its owner unless the settings name another. Raises StoreRefused
    when there is nobody.
    """
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    root = read_location(home)
    if os_user is None and root is not None and root.exists() and (uid := root.stat().st_uid) != 0:
        return pwd.getpwuid(uid)
    for candidate in (os_user,) if os_user else ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(candidate)
        except KeyError:
            continue
        if user.pw_uid != 0:
            return user
    raise StoreUnusable(
        f"PostgreSQL does not run as root, and there is no other user {os_user or 'postgres or nobody'}: "
        "set NOF1_PG_OS_USER to an existing one, or NOF1_DATABASE_URL to a running server"
    )


def ensure_own_store(home: Path) -> None:
    """Root must not lock an ordinary user out of a store. Raises StoreRefused."""
    data = home / "postgres" / "data"
    if os.geteuid() == 0 and data.exists() and (uid := data.stat().st_uid) != 0:
        raise StoreUnusable(
            f"the store under {home} belongs to {user_name(uid)}: run nof1-tui as {user_name(uid)}, or set "
            "XDG_DATA_HOME to a folder of root's own"
        )


@contextmanager
def translate_os_errors(home: Path) -> Iterator[None]:
    """Turn what the system says of files into what to do. Raises StoreUnavailable or StoreRefused."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename or home}: {error.strerror or error}"
        elsewhere = "set XDG_DATA_HOME to another folder"
        if error.errno in _DISK_FULL_ERRNOS:
            told = f"the disk of {home} is full ({reason}): make room, or {elsewhere}"
            raise StoreUnavailable(told) from error
        if error.errno == errno.EROFS:
            told = f"{home} cannot be written ({reason}): mount it writable, or {elsewhere}"
            raise StoreUnavailable(told) from error
        us = user_name(os.geteuid())
        raise StoreUnusable(
            f"the store under {home} cannot be used ({reason}). The user {us} must own it and all in it: "
            f"mend that, {elsewhere}, or NOF1_DATABASE_URL to a running server"
        ) from error
