"""The embedded server of a data home under test: whether it runs, and its removal."""

from __future__ import annotations

import shutil
from pathlib import Path

from nof1tui.store.embedded import launch, lease, watchdog
from nof1tui.store.embedded.cluster import LOCATION_FILE, PASSWORD_FILE


def is_server_running(home: Path) -> bool:
    """Whether the home has a cluster whose server runs."""
    return lease.cluster_exists(home) and lease.resolve_cluster(home).read_postmaster_pid() is not None


def destroy_cluster(home: Path) -> None:
    """Stop the server of this home, if it has one, and delete its cluster."""
    if not lease.cluster_exists(home):
        return
    with lease.start_lock(home):
        cluster = lease.resolve_cluster(home)
        launch.stop_server(cluster)
        shutil.rmtree(cluster.root, ignore_errors=True)
        for name in (LOCATION_FILE, PASSWORD_FILE, watchdog.CLIENTS_LOCK, watchdog.WATCH_LOCK):
            (home / name).unlink(missing_ok=True)
