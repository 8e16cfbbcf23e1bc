"""`db`: migrations, retention and access of the store."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import click

from nof1tui.cli.database import run_on_database
from nof1tui.cli.options import Flags
from nof1tui.errors import UsageError, UserError, print_progress
from nof1tui.store.schema import migrate


def upgrade(flags: Flags) -> None:
    """Upgrade the schema, and print its revision."""
    changed = run_on_database(flags, flags.load(), migrate.upgrade)
    click.echo(f"upgraded to {migrate.HEAD_REVISION}" if changed else f"already at {migrate.HEAD_REVISION}")


def downgrade(flags: Flags, revision: str, *, confirmed: bool) -> None:
    """Downgrade the schema, after confirmation on a terminal."""
    settings = flags.load()
    if not confirmed and sys.stdin.isatty():
        question = f"Rows not supported by revision {revision} will be deleted. Continue?"
        click.confirm(question, abort=True, err=True)
    run_on_database(flags, settings, lambda url: migrate.downgrade(url, revision))
    click.echo(f"downgraded to {revision}")


def print_revision(flags: Flags) -> None:
    click.echo(run_on_database(flags, flags.load(), migrate.read_revision) or "none")


def check(flags: Flags) -> None:
    """Compare the schemas. Raises UserError with the differences."""
    differences = run_on_database(flags, flags.load(), migrate.check_schema)
    if differences:
        raise UserError("\n".join(differences))
    click.echo(f"schema is up to date, at revision {migrate.HEAD_REVISION}")


def prune(flags: Flags, older_than: int | None, *, dry_run: bool) -> None:
    """Thin rows older than this number of days, or than the retention of the settings."""
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.open_store import open_store
    from nof1tui.store.writing import retention

    settings = flags.load()
    days = older_than or settings.retention_days
    if not days:
        raise UsageError("no retention given: use --older-than DAYS or set NOF1_RETENTION_DAYS")
    before = datetime.now(UTC) - timedelta(days=days)

    async def delete() -> retention.PruneResult:
        async with open_store(settings, create=False, to_write=True, on_progress=print_progress) as store:
            return await retention.prune(store.database, before=before, dry_run=dry_run)

    pruned = run_command(flags, delete)
    click.echo(f"would remove {pruned}" if dry_run else f"removed {pruned}")


def grant_read_access(flags: Flags, role: str, *, read_password: bool) -> None:
    """Let a role read the store, creating it where it is missing.

    With `read_password` its password is the first line of stdin. Raises UsageError where that is empty.
    """
    from nof1tui.store.schema.grants import grant_viewer

    password = sys.stdin.readline().rstrip("\r\n") if read_password else None
    if read_password and not password:
        raise UsageError("--password-stdin: no password on stdin")
    created = run_on_database(flags, flags.load(), lambda url: grant_viewer(url, role, password))
    click.echo(f"{role} may read the store" + (", role created" if created else ""))
    if created and password is None:
        hint = f"use --password-stdin, or \\password {role} in psql."
        click.echo(f"Password not set: {hint}", err=True)
