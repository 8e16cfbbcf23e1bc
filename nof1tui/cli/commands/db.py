"""`db`: migrations and whereabouts of the store."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from nof1tui.cli.commands.db_requarantine import db_requarantine_command
from nof1tui.cli.commands.db_transfer import db_export_command, db_restore_command
from nof1tui.cli.options import common_options, flags_of
from nof1tui.domain.redaction import redact
from nof1tui.errors import UsageError, UserError, print_progress

if TYPE_CHECKING:
    pass
from nof1tui.cli.database import run_on_database

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


@click.group("db", epilog=_EPILOG)
@common_options
def db_command() -> None:
    """Migrations and whereabouts of the store.

    The monitor and the collector bring an empty or older store up to date by themselves.
    """


@db_command.command("upgrade", epilog="Example:  nof1-tui db upgrade")
@common_options
@click.pass_context
def db_upgrade_command(ctx: click.Context) -> None:
    """Bring the store to this program's schema; make it where there is none."""
    from nof1tui.store.schema import migrate

    flags = flags_of(ctx)
    done = run_on_database(flags, flags.load(), migrate.upgrade)
    click.echo(f"upgraded to {migrate.HEAD_REVISION}" if done else f"already at {migrate.HEAD_REVISION}")


@db_command.command("downgrade", epilog="Example:  nof1-tui db downgrade base")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@click.pass_context
def db_downgrade_command(ctx: click.Context, revision: str, yes: bool) -> None:
    """Take the store back to REVISION; `base` removes it with all it holds."""
    from nof1tui.store.schema import migrate

    flags = flags_of(ctx)
    settings = flags.load()
    if not yes and sys.stdin.isatty():
        click.confirm(
            f"Rows that revision {revision} has no place for are lost. Go on?", abort=True, err=True
        )
    run_on_database(flags, settings, lambda url: migrate.downgrade(url, revision))
    click.echo(f"downgraded to {revision}")


@db_command.command("current", epilog="Example:  nof1-tui db current")
@common_options
@click.pass_context
def db_current_command(ctx: click.Context) -> None:
    """Print the revision the store is at, or `none`."""
    from nof1tui.store.schema import migrate

    flags = flags_of(ctx)
    click.echo(run_on_database(flags, flags.load(), migrate.read_revision) or "none")


@db_command.command("check", epilog="Example:  nof1-tui db check")
@common_options
@click.pass_context
def db_check_command(ctx: click.Context) -> None:
    """Compare the store's schema with the program's; exit code 1 where they differ."""
    from nof1tui.store.schema import migrate

    flags = flags_of(ctx)
    faults = run_on_database(flags, flags.load(), migrate.check_schema)
    if faults:
        raise UserError("\n".join(faults))
    click.echo(f"the schema is as it must be, at revision {migrate.HEAD_REVISION}")


@db_command.command("prune", epilog="Example:  nof1-tui db prune --older-than 90")
@click.option("--older-than", type=click.IntRange(1), metavar="DAYS", help="Default: NOF1_RETENTION_DAYS.")
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
@common_options
@click.pass_context
def db_prune_command(ctx: click.Context, older_than: int | None, dry_run: bool) -> None:
    """Thin old account rows and prices to one an hour.

    The roll-ups keep the extremes for charts; trades, decisions and events are never touched.
    """
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.open_store import open_store
    from nof1tui.store.writing.retention import PruneResult, prune

    flags = flags_of(ctx)
    settings = flags.load()
    days = older_than or settings.retention_days
    if not days:
        raise UsageError("nothing says how long to keep: give --older-than DAYS or set NOF1_RETENTION_DAYS")

    async def thin() -> PruneResult:
        async with open_store(settings, create=False, to_write=True, say=print_progress) as store:
            return await prune(
                store.database, before=datetime.now(UTC) - timedelta(days=days), dry_run=dry_run
            )

    pruned = run_command(flags, thin)
    click.echo(f"would remove {pruned}" if dry_run else f"removed {pruned}")


@db_command.command("url", epilog="Example:  nof1-tui db url")
@common_options
@click.pass_context
def db_url_command(ctx: click.Context) -> None:
    """Print where the store is, its password masked.

    The embedded server answers there only while an instance of the program runs.
    """
    flags = flags_of(ctx)
    settings = flags.load()
    click.echo(redact(settings.store_url() or run_on_database(flags, settings, lambda url: url)))


@db_command.command("path", epilog="Example:  nof1-tui db path")
@common_options
@click.pass_context
def db_path_command(ctx: click.Context) -> None:
    """Print the folder of the embedded server's data."""
    settings = flags_of(ctx).load()
    if settings.store_url() is not None:
        raise UserError("the settings name a server by URL: `nof1-tui db url` tells which")
    pointer = settings.data_dir / "postgres.location"
    try:
        click.echo(pointer.read_text("utf-8").strip())
    except OSError:
        click.echo(settings.data_dir / "postgres")


@db_command.command("grant-viewer", epilog=_GRANT_EPILOG)
@click.argument("role")
@click.option("--password-stdin", is_flag=True, help="Set the role's password to the first line of stdin.")
@common_options
@click.pass_context
def db_grant_viewer_command(ctx: click.Context, role: str, password_stdin: bool) -> None:
    """Let ROLE read the store and nothing else; a role that is not there is made.

    Run it with the URL of the store's owner. A monitor with the role's URL never writes, migrates or
    collects.
    """
    from nof1tui.store.schema.grants import grant_viewer

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password_stdin and not password:
        raise UsageError("--password-stdin: there is no password on stdin")
    flags = flags_of(ctx)
    made = run_on_database(flags, flags.load(), lambda url: grant_viewer(url, role, password))
    click.echo(f"{role} may read the store" + (", and was made for it" if made else ""))
    if made and password is None:
        click.echo(
            f"It has no password yet: --password-stdin sets one, or \\password {role} in psql.", err=True
        )


db_command.add_command(db_requarantine_command)


db_command.add_command(db_export_command)


db_command.add_command(db_restore_command)
