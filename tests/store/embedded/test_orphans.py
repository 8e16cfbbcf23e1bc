"""Root's clusters: which are in use, running, orphaned; only the orphaned ones are deleted unasked."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.embedded.cluster import HOME_FILE, LOCATION_FILE
from nof1tui.store.embedded.orphans import RootCluster, list_root_clusters, remove_root_cluster

NAME, OTHER = "0123456789ab", "ba9876543210"


def make_cluster(folder: Path, name: str, home: Path | None) -> Path:
    """A cluster with 3 kB of data that was started for this home."""
    cluster = folder / name
    (cluster / "data").mkdir(parents=True)
    (cluster / "data" / "table").write_bytes(b"x" * 3000)
    (cluster / "server.lock").touch()
    if home is not None:
        (cluster / HOME_FILE).write_text(f"{home}\n")
    return cluster


def refer(home: Path, cluster: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / LOCATION_FILE).write_text(f"{cluster}\n")


def only(folder: Path) -> RootCluster:
    (found,) = list_root_clusters(folder)
    return found


@pytest.mark.parametrize(
    ("recorded", "refers_to", "state"),
    [
        (True, NAME, "in use"),
        (True, OTHER, "orphaned"),
        (True, None, "orphaned"),
        (False, NAME, "unknown"),
        (False, None, "unknown"),
    ],
)
def test_a_cluster_is_orphaned_when_its_home_no_longer_refers_to_it(
    tmp_path: Path, recorded: bool, refers_to: str | None, state: str
) -> None:
    folder, home = tmp_path / "clusters", tmp_path / "home"
    cluster = make_cluster(folder, NAME, home if recorded else None)
    if refers_to is not None:
        refer(home, folder / refers_to)
    found = only(folder)
    assert (found.folder, found.state, found.home) == (cluster, state, home if recorded else None)
    assert found.size_bytes >= 3000


def test_other_folders_are_no_clusters(tmp_path: Path) -> None:
    for name in ("pg-18.6", "pg-18.6.tmp1", "0123456789abcd", "0123456789AB"):
        (tmp_path / name).mkdir()
    (tmp_path / NAME).symlink_to(tmp_path / "pg-18.6")
    (tmp_path / OTHER).touch()
    assert list_root_clusters(tmp_path) == []
    assert list_root_clusters(tmp_path / "none") == []


def test_an_orphaned_cluster_is_deleted(tmp_path: Path) -> None:
    cluster = make_cluster(tmp_path, NAME, tmp_path / "gone")
    remove_root_cluster(only(tmp_path))
    assert not cluster.exists()


def test_a_cluster_whose_server_runs_is_never_deleted(tmp_path: Path) -> None:
    cluster = make_cluster(tmp_path, NAME, tmp_path / "gone")
    with (cluster / "server.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = only(tmp_path)
        assert found.state == "running"
        with pytest.raises(StoreUnusable, match="running"):
            remove_root_cluster(found)
    assert cluster.exists()


def test_a_cluster_taken_into_use_after_the_list_is_not_deleted(tmp_path: Path) -> None:
    folder, home = tmp_path / "clusters", tmp_path / "home"
    cluster = make_cluster(folder, NAME, home)
    found = only(folder)
    refer(home, cluster)
    with pytest.raises(StoreUnusable, match=f"in use by {home}"):
        remove_root_cluster(found)
    assert cluster.exists()
