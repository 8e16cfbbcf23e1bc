"""`doctor`: looks at all that the program needs, and says what to do about each fault."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from nof1tui import __version__
from nof1tui.cli.doctor_checks import (
    Finding,
    TerminalInfo,
    check_clock,
    check_folder,
    check_terminal,
    tmux_option,
)
from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.domain.export.formats import as_json
from nof1tui.errors import EXIT_FAILURE, UsageError, print_progress

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings
    from nof1tui.store.schema.probe import DatabaseInfo

_STATE_LABELS = {"ok": "ok", "warning": "warn", "fault": "FAULT", "skipped": "–"}
_UPSTREAM_HINT = (
    "Wait: it refuses scripts at times. Or set NOF1_API_URL to another server; `nof1-tui demo` needs none."
)

_EPILOG = """\b
Exit code 0: no fault, though there may be warnings. 1: something does not work. 2: wrong use.
\b
Examples:
  nof1-tui doctor
  nof1-tui doctor --offline --json
"""


@click.command("doctor", epilog=_EPILOG)
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@click.option("--offline", is_flag=True, help="Do not ask upstream.")
@common_options
@click.pass_context
def doctor_command(ctx: click.Context, as_document: bool, offline: bool) -> None:
    """Check terminal, settings, folders, store, upstream and clocks; change nothing."""
    findings = [Finding("program", "ok", f"nof1-tui {__version__}, Python {sys.version.split()[0]}")]
    findings += check_terminal(_terminal())
    flags = flags_of(ctx)
    try:
        settings = flags.load()
    except UsageError as error:
        findings.append(
            Finding("settings", "fault", error.message, "Correct it; the rest was not looked at.")
        )
    else:
        findings += _check_environment(flags, settings, offline=offline)
    faults = any(finding.state == "fault" for finding in findings)
    if as_document:
        click.echo(as_json({"ok": not faults, "checks": [asdict(finding) for finding in findings]}))
    else:
        _print(findings)
    ctx.exit(EXIT_FAILURE if faults else 0)


def _terminal() -> TerminalInfo:
    from rich.console import Console

    from nof1tui.tui.terminal.charset import detect_charset

    size = shutil.get_terminal_size() if sys.stdout.isatty() else None
    environ = dict(os.environ)
    colors = Console(force_terminal=True).color_system
    return TerminalInfo(size, colors, detect_charset(environ).is_unicode, environ, tmux_option)


def _check_environment(flags: Flags, settings: Settings, *, offline: bool) -> list[Finding]:
    from nof1tui.cli.run_command import run_command

    findings = [Finding("settings", "ok", f"source {settings.source}")]
    findings += [
        check_folder(name, folder, lambda path: shutil.disk_usage(path).free)
        for name, folder in (
            ("data", settings.data_dir),
            ("state", settings.state_dir),
            ("cache", settings.board_cache_path.parent),
        )
    ]

    async def look() -> list[Finding]:
        return [*await _check_store(settings), *await _check_upstream(settings, offline=offline)]

    return findings + run_command(flags, look)


async def _check_store(settings: Settings) -> list[Finding]:
    from nof1tui.cli.database import open_database_url
    from nof1tui.ports.errors import BatchRejected, StoreUnavailable, StoreUnusable
    from nof1tui.runtime.open_store import run_in_thread
    from nof1tui.runtime.rosters import utc_now
    from nof1tui.store.embedded import binaries, lease
    from nof1tui.store.schema.probe import probe_database

    try:
        if settings.store_url() is None and not lease.cluster_exists(settings.data_dir):
            version = (await run_in_thread(lambda: binaries.find_binaries(settings.pg_bin))).version
            return [Finding("store", "ok", f"none yet; PostgreSQL {version} is ready to make one")]
        async with open_database_url(settings, print_progress) as url:
            found = await run_in_thread(lambda: probe_database(url, utc_now))
    except StoreUnavailable as error:
        do = "Start the server, or correct NOF1_DATABASE_URL; `nof1-tui config show` tells which it is."
        return [Finding("store", "fault", f"cannot be reached: {error}", do)]
    except (StoreUnusable, BatchRejected) as error:
        return [Finding("store", "fault", str(error), "`nof1-tui config show` tells which store it is.")]
    return [_database_finding(found), check_clock("the store", found.clock_skew_s)]


def _database_finding(found: DatabaseInfo) -> Finding:
    from nof1tui.store.schema import migrate

    told = f"PostgreSQL {found.server_version}, schema {found.schema_revision or 'none yet'}"
    if int(found.server_version.split(".")[0]) < 15:
        return Finding("store", "fault", told, "PostgreSQL 15 or newer is needed.")
    if found.schema_revision not in (None, *migrate.known_revisions()):
        do = f"It was written by a newer nof1-tui; this one knows schemas up to {migrate.HEAD_REVISION}: update it."
        return Finding("store", "fault", told, do)
    if found.schema_revision == migrate.HEAD_REVISION:
        return Finding("store", "ok", told if found.may_write else f"{told}, which may only be read")
    if not found.may_write:
        do = f"This role may not bring it to {migrate.HEAD_REVISION}: run `nof1-tui db upgrade` as the store's owner."
        return Finding("store", "fault", told, do)
    return Finding("store", "ok", f"{told}; the monitor brings it to {migrate.HEAD_REVISION}")


async def _check_upstream(settings: Settings, *, offline: bool) -> list[Finding]:
    from nof1tui.domain.redaction import redact
    from nof1tui.ports.errors import SourceUnavailable
    from nof1tui.sources.http.client import HttpClient, Limits, make_client

    if offline or settings.source not in ("nof1", "hyperliquid"):
        why = "--offline" if offline else f"the source is {settings.source}"
        return [Finding("upstream", "skipped", why)]
    url = redact(settings.arena_url)
    try:
        client = make_client(
            settings.arena_url, timeout_s=settings.http_timeout_s, proxy=settings.proxy_url()
        )
        async with client:
            asking = HttpClient(client, limits=Limits(settings.http_timeout_s))
            if settings.source == "hyperliquid":
                answer = await asking.post("info", b'{"type":"allMids"}', lambda piece: None)
            else:
                answer = await asking.get("crypto-prices", lambda piece: None, conditional=False)
    except SourceUnavailable as error:
        return [Finding("upstream", "fault", f"{url}: {error}", _UPSTREAM_HINT)]
    findings = [Finding("upstream", "ok", f"{url}: answered in {answer.latency_s:.1f} s")]
    return findings if answer.skew_s is None else [*findings, check_clock("upstream", answer.skew_s)]


def _print(findings: list[Finding]) -> None:
    from nof1tui.cli.output.tables import Printer
    from nof1tui.domain.redaction import redact

    printer = Printer()
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        mark = _STATE_LABELS[finding.state]
        first, *rest = redact(finding.found).splitlines() or [""]
        printer.print_line(f"{mark:>5}  {finding.check:<{width}}  {first}")
        for line in (*rest, *((f"→ {finding.do}",) if finding.do else ())):
            printer.print_line(f"{'':>5}  {'':<{width}}  {line}")
