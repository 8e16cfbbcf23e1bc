"""Declares `db` and its commands."""

from __future__ import annotations

from pathlib import Path

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Examples:
  nof1-tui db current
  nof1-tui db upgrade
  nof1-tui db path
"""
_GRANT_EPILOG = """\b
Examples:
  nof1-tui db grant-viewer watcher
  nof1-tui db grant-viewer watcher --password-stdin < password.txt
"""
_ORPHANS_EPILOG = """\b
Examples:
  nof1-tui db orphans
  nof1-tui db orphans --remove
"""
_SPOOL_EPILOG = """\b
Examples:
  nof1-tui db spool
  nof1-tui db spool --write ~/.local/state/nof1-tui/spool/3f2a9c0d1e4b
"""
_REJECTED_EPILOG = """\b
Examples:
  nof1-tui db rejected
  nof1-tui db rejected --write
"""
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("db", epilog=_EPILOG)
@common_options
def db_command() -> None:
    """Manage the store: migrate, back up, grant, locate.

    The monitor and the collector create and upgrade the schema themselves.
    """


@db_command.command("upgrade", epilog="Example:  nof1-tui db upgrade")
@common_options
@click.pass_context
def db_upgrade_command(ctx: click.Context) -> None:
    """Upgrade the store to this program's schema; create it where it is missing."""
    from nof1tui.cli.handlers.db import upgrade

    upgrade(flags_of(ctx))


@db_command.command("downgrade", epilog="Example:  nof1-tui db downgrade base")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@common_options
@click.pass_context
def db_downgrade_command(ctx: click.Context, revision: str, yes: bool) -> None:
    """Downgrade the store to REVISION; `base` removes the schema and all its rows."""
    from nof1tui.cli.handlers.db import downgrade

    downgrade(flags_of(ctx), revision, confirmed=yes)


@db_command.command("current", epilog="Example:  nof1-tui db current")
@common_options
@click.pass_context
def db_current_command(ctx: click.Context) -> None:
    """Print the store's schema revision, or `none`."""
    from nof1tui.cli.handlers.db import print_revision

    print_revision(flags_of(ctx))


@db_command.command("check", epilog="Example:  nof1-tui db check")
@common_options
@click.pass_context
def db_check_command(ctx: click.Context) -> None:
    """Compare the store's schema with the program's; exit code 1 where they differ."""
    from nof1tui.cli.handlers.db import check

    check(flags_of(ctx))


@db_command.command("prune", epilog="Example:  nof1-tui db prune --older-than 90")
@click.option("--older-than", type=click.IntRange(1), metavar="DAYS", help="Default: NOF1_RETENTION_DAYS.")
@click.option("--dry-run", is_flag=True, help="Count the rows to delete, and change nothing.")
@common_options
@click.pass_context
def db_prune_command(ctx: click.Context, older_than: int | None, dry_run: bool) -> None:
    """Thin old account rows and prices to one per hour.

    The roll-ups keep the extremes for charts; trades, decisions and events are never deleted.
    """
    from nof1tui.cli.handlers.db import prune

    prune(flags_of(ctx), older_than, dry_run=dry_run)


@db_command.command("url", epilog="Example:  nof1-tui db url")
@common_options
@click.pass_context
def db_url_command(ctx: click.Context) -> None:
    """Print the store's URL, its password masked.

    The embedded server is reachable only while an instance of the program runs.
    """
    from nof1tui.cli.handlers.db_location import print_url

    print_url(flags_of(ctx))


@db_command.command("path", epilog="Example:  nof1-tui db path")
@common_options
@click.pass_context
def db_path_command(ctx: click.Context) -> None:
    """Print the data folder of the embedded server."""
    from nof1tui.cli.handlers.db_location import print_path

    print_path(flags_of(ctx))


@db_command.command("orphans", epilog=_ORPHANS_EPILOG)
@click.argument("folders", nargs=-1, metavar="[CLUSTER]...", type=click.Path(path_type=Path))
@click.option("--remove", is_flag=True, help="Delete the orphaned clusters, or the given ones.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@common_options
def db_orphans_command(folders: tuple[Path, ...], remove: bool, yes: bool) -> None:
    """List the clusters of root's embedded servers; with --remove, delete orphaned ones.

    Root's clusters are outside the data home and stay when it is deleted. A cluster whose data home is
    not recorded is deleted only by its name; one in use never.
    """
    from nof1tui.cli.handlers.db_orphans import print_clusters, remove_clusters

    if remove:
        remove_clusters(folders, confirmed=yes)
    else:
        print_clusters()


@db_command.command("spool", epilog=_SPOOL_EPILOG)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write its records to the store.",
)
@common_options
@click.pass_context
def db_spool_command(ctx: click.Context, folder: Path | None) -> None:
    """List the records that wait on this computer for a store.

    Those of this store are written by the collector. Folders of an unknown store, as version 0.1 left
    them under another spelling of the URL, are written with --write.
    """
    from nof1tui.cli.handlers.db_spool import print_folders, write_folder

    if folder is None:
        print_folders(flags_of(ctx))
    else:
        write_folder(flags_of(ctx), folder)


@db_command.command("rejected", epilog=_REJECTED_EPILOG)
@click.option("--write", is_flag=True, help="Write them again, after the cause is fixed.")
@click.option("--dismiss", is_flag=True, help="Delete them.")
@common_options
@click.pass_context
def db_rejected_command(ctx: click.Context, write: bool, dismiss: bool) -> None:
    """List the records that the store did not take, with the reasons.

    `status` counts them and ends with exit code 1 until they are written or dismissed.
    """
    from nof1tui.cli.handlers.db_spool import dismiss_rejected, print_rejected, write_rejected

    if write and dismiss:
        raise click.UsageError("use --write or --dismiss, not both")
    (write_rejected if write else dismiss_rejected if dismiss else print_rejected)(flags_of(ctx))


@db_command.command("grant-viewer", epilog=_GRANT_EPILOG)
@click.argument("role")
@click.option("--password-stdin", is_flag=True, help="Set the role's password to the first line of stdin.")
@common_options
@click.pass_context
def db_grant_viewer_command(ctx: click.Context, role: str, password_stdin: bool) -> None:
    """Let ROLE read the store and nothing else; a missing role is created.

    Run it with the URL of the store's owner. A monitor with the role's URL never writes, migrates or
    collects.
    """
    from nof1tui.cli.handlers.db import grant_read_access

    grant_read_access(flags_of(ctx), role, read_password=password_stdin)


@db_command.command("requarantine", epilog="Example:  nof1-tui db requarantine")
@common_options
@click.pass_context
def db_requarantine_command(ctx: click.Context) -> None:
    """Decode the quarantined records again, after an update that can decode them.

    Decoded records are stored, each once, and leave the quarantine; the others stay.
    """
    from nof1tui.cli.handlers.db_requarantine import decode_quarantine

    decode_quarantine(flags_of(ctx))


@db_command.command("export", epilog="Example:  nof1-tui db export arena.nof1")
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@common_options
@click.pass_context
def db_export_command(ctx: click.Context, file: Path, force: bool) -> None:
    """Back up the whole store to FILE, as of one point in time."""
    from nof1tui.cli.handlers.db_archive import export_store

    export_store(flags_of(ctx), file, force=force)


@db_command.command("restore", epilog="Example:  nof1-tui db restore arena.nof1")
@click.argument("file", type=_FILE)
@common_options
@click.pass_context
def db_restore_command(ctx: click.Context, file: Path) -> None:
    """Restore FILE, written by `db export`, to an empty store; an older schema is upgraded."""
    from nof1tui.cli.handlers.db_archive import restore_store

    restore_store(flags_of(ctx), file)
