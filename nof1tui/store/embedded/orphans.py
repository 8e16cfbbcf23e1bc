"""Clusters that root's data homes have left in ROOT_DATA_HOME.

A cluster of root is outside its data home, which refers to it by a pointer file. When the home is deleted
the cluster stays: it is orphaned.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.embedded.binaries import ROOT_DATA_HOME
from nof1tui.store.embedded.cluster import HOME_FILE, read_location

_CLUSTER_NAME = re.compile(r"[0-9a-f]{12}")

ClusterState = Literal["running", "in use", "orphaned", "unknown"]
"""`unknown`: not started since its data home is recorded in it."""


@dataclass(frozen=True, slots=True)
class RootCluster:
    """A cluster in ROOT_DATA_HOME."""

    folder: Path
    home: Path | None
    """The data home that started it last; None where it is not recorded."""
    state: ClusterState
    size_bytes: int
    used_at: datetime
    """When its server was started or stopped last."""


def list_root_clusters(folder: Path = ROOT_DATA_HOME) -> list[RootCluster]:
    """All clusters of root, the one used last first. Raises OSError where they cannot be read."""
    if not folder.is_dir():
        return []
    found = [
        _examine(path)
        for path in folder.iterdir()
        if _CLUSTER_NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    ]
    return sorted(found, key=lambda cluster: cluster.used_at, reverse=True)


def remove_root_cluster(cluster: RootCluster) -> None:
    """Delete a cluster. Raises StoreUnusable for one whose server runs or whose home refers to it."""
    state = _examine(cluster.folder).state
    if state in ("running", "in use"):
        raise StoreUnusable(f"{cluster.folder} is {state} by {cluster.home or 'a data home'}: not removed")
    shutil.rmtree(cluster.folder)


def _examine(folder: Path) -> RootCluster:
    home = _read_home(folder)
    state: ClusterState = "unknown"
    if _is_running(folder):
        state = "running"
    elif home is not None:
        state = "in use" if read_location(home) == folder else "orphaned"
    files = [entry for top, _, names in os.walk(folder) for name in names if (entry := Path(top, name))]
    size = sum(file.lstat().st_size for file in files if file.exists())
    marks = [path for name in ("server.lock", "server.log", "data") if (path := folder / name).exists()]
    used_at = max(path.stat().st_mtime for path in (folder, *marks))
    return RootCluster(folder, home, state, size, datetime.fromtimestamp(used_at, UTC))


def _read_home(folder: Path) -> Path | None:
    try:
        home = Path((folder / HOME_FILE).read_text(encoding="utf-8").strip())
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return home if home.is_absolute() else None


def _is_running(folder: Path) -> bool:
    """Whether the server's processes hold its lock file."""
    try:
        lock = os.open(folder / "server.lock", os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
