"""`db orphans`: clusters that deleted data homes of root have left behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.domain.time_expressions import iso
from nof1tui.errors import UsageError, UserError
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.embedded.binaries import ROOT_DATA_HOME
from nof1tui.store.embedded.orphans import RootCluster, list_root_clusters, remove_root_cluster

_COLUMNS = (
    PrintedColumn("Cluster", lambda cluster: str(cluster.folder), align_right=False),
    PrintedColumn("State", lambda cluster: cluster.state, align_right=False),
    PrintedColumn("Size", lambda cluster: _size(cluster)),
    PrintedColumn("Last used", lambda cluster: iso(cluster.used_at), 50, align_right=False),
    PrintedColumn("Data home", lambda cluster: str(cluster.home or "not recorded"), align_right=False),
)


def print_clusters() -> None:
    """Print root's clusters with their state."""
    clusters = _read_clusters()
    if not clusters:
        click.echo(f"no clusters in {ROOT_DATA_HOME}")
        return
    Printer().print_table(_COLUMNS, clusters)


def remove_clusters(folders: tuple[Path, ...], *, confirmed: bool) -> None:
    """Delete the orphaned clusters, or the given ones, after confirmation on a terminal.

    Raises UsageError for a folder that is none of root's clusters, UserError for one in use.
    """
    clusters = _read_clusters()
    selected = [cluster for cluster in clusters if cluster.state == "orphaned"]
    if folders:
        by_folder = {cluster.folder: cluster for cluster in clusters}
        unknown = [str(folder) for folder in folders if folder not in by_folder]
        if unknown:
            raise UsageError(f"{', '.join(unknown)}: no cluster of root. `nof1-tui db orphans` lists them.")
        selected = [by_folder[folder] for folder in folders]
    if not selected:
        click.echo("no orphaned clusters")
        return
    if not confirmed:
        if not sys.stdin.isatty():
            raise UsageError("add --yes to delete clusters without a question")
        names = ", ".join(str(cluster.folder) for cluster in selected)
        click.confirm(f"Delete {names} with all data?", abort=True, err=True)
    for cluster in selected:
        _remove(cluster)


def _remove(cluster: RootCluster) -> None:
    try:
        remove_root_cluster(cluster)
    except StoreUnusable as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{cluster.folder} cannot be deleted: {error.strerror or error}") from error
    click.echo(f"deleted {cluster.folder} ({_size(cluster)})")


def _read_clusters() -> list[RootCluster]:
    """Raises UserError for a user other than root."""
    if os.geteuid() != 0:
        raise UserError(
            f"only root has clusters in {ROOT_DATA_HOME}; yours is in the folder of `nof1-tui db path`."
        )
    try:
        return list_root_clusters()
    except OSError as error:
        raise UserError(f"{ROOT_DATA_HOME} cannot be read: {error.strerror or error}") from error


def _size(cluster: RootCluster) -> str:
    return f"{cluster.size_bytes / 2**20:,.0f} MB"
