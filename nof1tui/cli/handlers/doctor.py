"""`doctor`: checks everything that the program needs, and prints how to fix each fault."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui import __version__
from nof1tui.cli.doctor_checks import (
    Finding,
    TerminalInfo,
    check_clock,
    check_folder,
    check_spool,
    check_terminal,
    tmux_option,
)
from nof1tui.cli.options import Flags
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.redaction import redact
from nof1tui.errors import EXIT_FAILURE, UsageError, print_progress

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings
    from nof1tui.store.schema.probe import DatabaseInfo

MIN_POSTGRES_VERSION = 15
_STATE_LABELS = {"ok": "ok", "warning": "warn", "fault": "FAULT", "skipped": "–"}
_API_HINT = (
    "The API sometimes refuses scripts; retry later. Or set NOF1_API_URL to another server; "
    "`nof1-tui demo` runs offline."
)
_PROXY_HINT = "Start the proxy, or correct or unset its variable; hosts in NO_PROXY are reached directly."
_DATABASE_HINT = "See `nof1-tui config show` for the store's URL."


def run_checks(flags: Flags, *, as_document: bool, offline: bool) -> int:
    """Run every check, print the findings as text or as one JSON document; returns the exit code."""
    findings = [Finding("program", "ok", f"nof1-tui {__version__}, Python {sys.version.split()[0]}")]
    findings += check_terminal(_terminal())
    try:
        settings = flags.load()
    except UsageError as error:
        fix = "Fix this first; other checks skipped."
        findings.append(Finding("settings", "fault", error.message, fix))
    else:
        findings += _check_environment(flags, settings, offline=offline)
    has_fault = any(finding.state == "fault" for finding in findings)
    if as_document:
        click.echo(as_json({"ok": not has_fault, "checks": [asdict(finding) for finding in findings]}))
    else:
        _print(findings)
    return EXIT_FAILURE if has_fault else 0


def _terminal() -> TerminalInfo:
    from rich.console import Console

    from nof1tui.tui.terminal.charset import detect_charset
    from nof1tui.tui.terminal.requirements import read_terminal_size

    size = read_terminal_size(sys.stdout.fileno()) if sys.stdout.isatty() else None
    environ = dict(os.environ)
    colors = Console(force_terminal=True).color_system
    return TerminalInfo(size, colors, detect_charset(environ).is_unicode, environ, tmux_option)


def _check_environment(flags: Flags, settings: Settings, *, offline: bool) -> list[Finding]:
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.arenas import spool_folders
    from nof1tui.settings.unknown import describe_unknown_variables

    findings = [Finding("settings", "ok", f"source {settings.source}"), *_check_alerts(settings)]
    findings += [
        Finding("variables", "warning", line, "Correct or unset it.")
        for line in describe_unknown_variables(os.environ)
    ]
    findings += _check_folders(settings)
    if os.geteuid() == 0:
        findings += _check_root_clusters(settings)

    findings += _check_secret_files()

    findings += check_spool(spool_folders(settings).usages())

    async def check_store_and_api() -> list[Finding]:
        return [*await _check_store(settings), *await _check_api(settings, offline=offline)]

    return findings + run_command(flags, check_store_and_api)


def _check_alerts(settings: Settings) -> list[Finding]:
    from nof1tui.runtime.alerts import former_names, load_alert_rules

    try:
        rules = load_alert_rules(settings)
    except UsageError as error:
        return [Finding("alerts", "fault", error.message, "See docs/alerts.md; `collect` does not start.")]
    notices = former_names(rules)
    if not notices:
        return [Finding("alerts", "ok", f"{len(rules)} rules")]
    return [Finding("alerts", "warning", "\n".join(notices), "Use the new names in the config file.")]


def _check_folders(settings: Settings) -> list[Finding]:
    """The program's folders; a fault for each without a place, as for a user without a home folder."""
    from nof1tui.settings.base import SettingsError

    folders: dict[str, Callable[[], Path]] = {
        "data": lambda: settings.data_dir,
        "state": lambda: settings.state_dir,
        "cache": lambda: settings.board_cache_path.parent,
    }
    findings = []
    for name, folder_of in folders.items():
        try:
            findings.append(check_folder(name, folder_of(), _free_bytes))
        except SettingsError as error:
            findings.append(Finding(f"{name} folder", "fault", str(error)))
    return findings


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _check_root_clusters(settings: Settings) -> list[Finding]:
    """The folder of root's clusters, and a warning for those of deleted data homes."""
    from nof1tui.store.embedded.binaries import ROOT_DATA_HOME
    from nof1tui.store.embedded.orphans import list_root_clusters

    findings = []
    if settings.store_url() is None:
        folder = check_folder("cluster", ROOT_DATA_HOME, _free_bytes)
        do = "Mount it writable, free space, run nof1-tui as another user, or set NOF1_DATABASE_URL."
        findings.append(replace(folder, do=do) if folder.do else folder)
    orphans = [cluster for cluster in list_root_clusters() if cluster.state == "orphaned"]
    if orphans:
        size_mb = sum(cluster.size_bytes for cluster in orphans) / 2**20
        found = f"{len(orphans)} clusters of deleted data homes, {size_mb:,.0f} MB"
        do = "List them with `nof1-tui db orphans`, delete them with `--remove`."
        findings.append(Finding("orphaned clusters", "warning", found, do))
    return findings


def _check_secret_files() -> list[Finding]:
    """A warning for each file with a secret that other users may read."""
    from nof1tui.settings.secret_files import find_exposed_files

    found = "has a secret, and every user of this machine may read it"
    return [
        Finding("secrets", "warning", f"{path} {found}", f"chmod 600 {path}") for path in find_exposed_files()
    ]


async def _check_store(settings: Settings) -> list[Finding]:
    from nof1tui.cli.database import open_database_url
    from nof1tui.ports.errors import AccessDenied, BatchRejected, StoreUnavailable, StoreUnusable
    from nof1tui.runtime.open_store import run_in_thread
    from nof1tui.runtime.rosters import utc_now
    from nof1tui.settings.base import SettingsError
    from nof1tui.store.embedded import binaries, lease
    from nof1tui.store.embedded.ownership import resolve_server_user
    from nof1tui.store.schema.probe import probe_database

    try:
        if settings.store_url() is None and not lease.cluster_exists(settings.data_dir):
            version = (await run_in_thread(lambda: binaries.find_binaries(settings.pg_bin))).version
            resolve_server_user(settings.data_dir, settings.pg_os_user)
            return [Finding("store", "ok", f"none yet; PostgreSQL {version} is ready to create one")]
        async with open_database_url(settings, print_progress) as url:
            info = await run_in_thread(lambda: probe_database(settings.store_url() or url, utc_now))
    except SettingsError as error:
        return [Finding("store", "fault", str(error), "Or set NOF1_DATABASE_URL to a running server.")]
    except (AccessDenied, StoreUnusable, BatchRejected) as error:
        return [Finding("store", "fault", str(error), _DATABASE_HINT)]
    except StoreUnavailable as error:
        fix = f"Start the server, or correct NOF1_DATABASE_URL. {_DATABASE_HINT}"
        return [Finding("store", "fault", f"cannot be reached: {error}", fix)]
    findings = [_database_finding(info), check_clock("the store", info.clock_skew_s)]
    return [*findings, _pooler_finding(settings)] if info.is_pooled else findings


def _pooler_finding(settings: Settings) -> Finding:
    """How the store is reached through a connection pooler."""
    found = "a connection pooler: statements are not prepared"
    if settings.database_direct_url is not None:
        return Finding("pooler", "ok", f"{found}; lock and LISTEN use NOF1_DATABASE_DIRECT_URL")
    do = "Unless it keeps sessions, set NOF1_DATABASE_DIRECT_URL to the database itself."
    return Finding("pooler", "warning", found, do)


def _database_finding(info: DatabaseInfo) -> Finding:
    from nof1tui.store.schema.migrate import HEAD_REVISION, known_revisions

    text = f"PostgreSQL {info.server_version}, schema {info.schema_revision or 'none yet'}"
    text += ", a replica" if info.is_replica else ""
    if int(info.server_version.split(".")[0]) < MIN_POSTGRES_VERSION:
        return Finding("store", "fault", text, f"PostgreSQL {MIN_POSTGRES_VERSION} or newer is needed.")
    if info.schema_revision not in (None, *known_revisions()):
        fix = f"The schema is of a newer nof1-tui; this one supports up to {HEAD_REVISION}: update nof1-tui."
        return Finding("store", "fault", text, fix)
    if info.schema_revision == HEAD_REVISION:
        return Finding("store", "ok", text if info.may_write else f"{text}, read-only")
    if not info.may_write:
        fix = f"This role may not upgrade to {HEAD_REVISION}: run `nof1-tui db upgrade` as the store's owner."
        return Finding("store", "fault", text, fix)
    return Finding("store", "ok", f"{text}; the monitor upgrades it to {HEAD_REVISION}")


async def _check_api(settings: Settings, *, offline: bool) -> list[Finding]:
    import httpx

    from nof1tui.ports.errors import SourceUnavailable
    from nof1tui.sources.http.client import HttpClient, Limits, make_client
    from nof1tui.sources.http.proxies import select_proxy

    if offline or settings.source not in ("nof1", "hyperliquid"):
        reason = "--offline" if offline else f"the source is {settings.source}"
        return [Finding("upstream", "skipped", reason)]
    url = redact(settings.arena_url)
    proxy = select_proxy(httpx.URL(settings.arena_url), os.environ, settings.proxy_url())
    through = f" through {proxy}" if proxy else ""
    try:
        client = make_client(
            settings.arena_url, timeout_s=settings.http_timeout_s, proxy=settings.proxy_url()
        )
        async with client:
            http = HttpClient(client, limits=Limits(settings.http_timeout_s))
            if settings.source == "hyperliquid":
                answer = await http.post("info", b'{"type":"allMids"}', lambda piece: None)
            else:
                answer = await http.get("crypto-prices", lambda piece: None, conditional=False)
    except SourceUnavailable as error:
        reason, _, fix = str(error).partition("\n")
        do = fix[:1].upper() + fix[1:] or (_PROXY_HINT if proxy and str(proxy) in reason else _API_HINT)
        return [Finding("upstream", "fault", f"{url}: {reason}", do)]
    findings = [Finding("upstream", "ok", f"{url}: answered in {answer.latency_s:.1f} s{through}")]
    return findings if answer.skew_s is None else [*findings, check_clock("upstream", answer.skew_s)]


def _print(findings: list[Finding]) -> None:
    from nof1tui.cli.output.tables import Printer

    printer = Printer()
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        label = _STATE_LABELS[finding.state]
        first, *rest = redact(finding.found).splitlines() or [""]
        printer.print_line(f"{label:>5}  {finding.check:<{width}}  {first}")
        for line in (*rest, *((f"→ {finding.do}",) if finding.do else ())):
            printer.print_line(f"{'':>5}  {'':<{width}}  {line}")
