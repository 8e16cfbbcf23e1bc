"""`status`: how the store, the collector and the feeds are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from nof1tui import __version__
from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.cli.output.openmetrics import render_openmetrics
from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.health import ArenaState, FeedHealth, Health
from nof1tui.domain.records import Reconciliation
from nof1tui.errors import EXIT_FAILURE, UsageError, UserError, print_progress

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings
    from nof1tui.store.reading.reader import CollectorState

_EPILOG = """\b
Exit code 0: live. 1: stale, down or empty. 2: there is no store, or it cannot be reached.
\b
Examples:
  nof1-tui status --json
  nof1-tui status --metrics > /var/lib/node_exporter/nof1.prom
"""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What the store tells of itself."""

    now: datetime
    server: str
    revision: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    feeds: tuple[FeedHealth, ...] = ()
    drift: tuple[SchemaDrift, ...] = ()
    checks: tuple[Reconciliation, ...] = ()
    collector: CollectorState | None = None


@click.command("status", epilog=_EPILOG)
@click.option("--json", "form", flag_value="json", help="One JSON document with stable keys.")
@click.option("--metrics", "form", flag_value="metrics", help="OpenMetrics text, for Prometheus and its kin.")
@common_options
@click.pass_context
def status_command(ctx: click.Context, form: str | None) -> None:
    """Tell how store, collector and feeds are: ages, errors, counts."""
    flags = flags_of(ctx)
    settings = flags.load()
    try:
        findings = _read_status(flags, settings)
    except UserError as trouble:
        if form:
            _print(_unreachable_document(settings.source, trouble.message), form)
        raise UsageError(trouble.message) from trouble
    document = status_document(findings, settings.source)
    _print(document, form)
    ctx.exit(0 if document["state"] == "live" else EXIT_FAILURE)


def _read_status(flags: Flags, settings: Settings) -> StoreStatus:
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.open_store import open_store
    from nof1tui.runtime.rosters import load_arena_roster, utc_now
    from nof1tui.store.reading.checks import read_checks
    from nof1tui.store.reading.quarantine import read_drift
    from nof1tui.store.reading.reader import Reader

    async def look() -> StoreStatus:
        async with open_store(settings, create=False, lasting=False, say=print_progress) as store:
            reader = Reader(store.database, load_arena_roster(settings))
            return StoreStatus(
                server=store.label,
                revision=await reader.revision(),
                rows=dict((await reader.inventory()).rows),
                feeds=tuple(await reader.feed_states()),
                drift=await read_drift(store.database),
                checks=tuple((await read_checks(store.database)).values()),
                collector=await reader.collector_state(),
                now=utc_now(),
            )

    return run_command(flags, look)


def status_document(found: StoreStatus, source: str) -> dict[str, Any]:
    """The findings as the document that scripts rely on."""
    health = Health({feed.feed: feed for feed in found.feeds})
    now = health.upstream_time(found.now)
    return {
        "state": _state(found),
        "source": source,
        "collector": _collector(found),
        "feeds": {feed.feed.value: _feed(feed, now) for feed in found.feeds},
        "store": {"server": found.server, "revision": found.revision, "waiting": 0, "rows": found.rows},
        "clock_skew_s": health.skew_s,
        "chain": [_check(item) for item in found.checks],
        "drift": [
            *(_drift(item) for item in found.drift),
            *({"kind": "chain", **_check(item)} for item in found.checks if item.verdict == "drift"),
        ],
    }


def _state(found: StoreStatus) -> ArenaState:
    """What was imported and never polled is old, not missing."""
    state = Health({feed.feed: feed for feed in found.feeds}).state(found.now)
    return "stale" if state == "empty" and found.rows.get("account_snapshots") else state


def _collector(found: StoreStatus) -> dict[str, Any]:
    heard = found.collector
    if heard is None or not heard.leads:
        return {"role": "none", "holder": None, "since": None}
    return {"role": "collector", "holder": heard.holder, "since": heard.since}


def _feed(feed: FeedHealth, now: datetime) -> dict[str, Any]:
    return {
        "age_s": None if feed.newest_at is None else max(0.0, (now - feed.newest_at).total_seconds()),
        "last_ok_at": feed.last_ok_at,
        "last_error": feed.failure,
        "status": feed.status,
        "requests": feed.requests,
        "not_modified": feed.not_modified,
        "errors": feed.errors,
        "quarantined": feed.quarantined,
        "coerced": feed.coerced,
        "notice": feed.anomaly(now),
        "newest_at": feed.newest_at,
        "retry_at": feed.retry_at,
    }


def _check(item: Reconciliation) -> dict[str, Any]:
    """How an account stands against the chain."""
    return {
        "trader": item.account.trader,
        "season": item.account.season,
        "competition": item.account.competition or None,
        "verdict": item.verdict,
        "checked_at": item.checked_at,
        "reason": item.reason or None,
        "drift_usd": item.drift_usd,
        "drift_pct": item.drift_pct,
        "since": item.since,
    }


def _drift(item: SchemaDrift) -> dict[str, Any]:
    return {
        "kind": "schema",
        "endpoint": item.endpoint,
        "field": item.field,
        "change": item.change,
        "sample": item.sample,
        "seen_at": item.seen_at,
    }


def _unreachable_document(source: str, reason: str) -> dict[str, Any]:
    return {
        "state": "empty",
        "source": source,
        "collector": {"role": "none", "holder": None, "since": None},
        "feeds": {},
        "store": {"server": None, "revision": None, "waiting": 0, "rows": {}, "failure": reason},
        "chain": [],
        "drift": [],
    }


def _print(document: dict[str, Any], form: str | None) -> None:
    match form:
        case "json":
            click.echo(as_json(document))
        case "metrics":
            click.echo(render_openmetrics(document, __version__), nl=False)
        case None:
            _print_table(document)


def _print_table(document: dict[str, Any]) -> None:
    from nof1tui.cli.output import tables
    from nof1tui.cli.output.tables import PrintedColumn
    from nof1tui.domain.sanitisation import sanitise_line
    from nof1tui.tui.style import format as fmt

    store, collector = document["store"], document["collector"]
    printer = tables.Printer()
    printer.print_line(f"{document['state'].upper()} · source {document['source']} · store {store['server']}")
    holder = f"collecting: {collector['holder']}" if collector["holder"] else "nobody collects now"
    printer.print_line(f"{holder} · schema revision {store['revision'] or 'none'}")
    columns = (
        PrintedColumn("Feed", lambda row: str(row["feed"]), align_right=False),
        PrintedColumn("Newest", lambda row: fmt.age(row["age_s"])),
        PrintedColumn("Answered", lambda row: fmt.moment(row["last_ok_at"])),
        PrintedColumn("Status", lambda row: str(row["status"] or fmt.UNKNOWN), 80),
        PrintedColumn("Requests", lambda row: fmt.number(row["requests"]), 60),
        PrintedColumn("Unchanged", lambda row: fmt.number(row["not_modified"]), 50),
        PrintedColumn("Errors", lambda row: fmt.number(row["errors"]), 70),
        PrintedColumn("Quarantined", lambda row: fmt.number(row["quarantined"]), 40),
        PrintedColumn(
            "Fault",
            lambda row: sanitise_line(row["last_error"] or row["notice"] or ""),
            align_right=False,
            wraps=True,
        ),
    )
    if document["feeds"]:
        printer.print_table(columns, [{"feed": name, **feed} for name, feed in document["feeds"].items()])
    else:
        printer.print_line("No feed was ever polled into this store.")
    if document["clock_skew_s"]:
        printer.print_line(f"Upstream's clock is {fmt.clock_skew(document['clock_skew_s'])} ours.")
    for item in document["chain"]:
        printer.print_line(sanitise_line(f"Chain: {item['trader']}: {_check_words(item)}"))
    for item in document["drift"]:
        if item["kind"] == "chain":
            continue
        told = f"Drift: {item['endpoint']}, {item['field']}: {item['change']} {item['sample']}"
        printer.print_line(sanitise_line(told))
    printer.print_line(" · ".join(f"{count:,} {table}" for table, count in store["rows"].items()))


def _check_words(item: dict[str, Any]) -> str:
    from nof1tui.domain.records import AccountKey
    from nof1tui.tui.columns.reconciliation import drift_text
    from nof1tui.tui.style import format as fmt

    at = fmt.moment(item["checked_at"])
    if item["verdict"] == "agrees":
        return f"agrees, checked {at}"
    if item["verdict"] == "drift":
        check = Reconciliation(
            AccountKey(item["season"], item["trader"], item["competition"] or ""),
            "drift",
            item["checked_at"],
            drift_usd=item["drift_usd"],
            drift_pct=item["drift_pct"],
        )
        return f"{drift_text(check)} since {fmt.moment(item['since'])}: {item['reason']}"
    return f"{'differs, checking' if item['verdict'] == 'checking' else 'not checked'}: {item['reason']}"
