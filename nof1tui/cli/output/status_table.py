"""The status of an arena as lines and a table for people."""

from __future__ import annotations

from nof1tui.cli.output.figure_columns import figure_column
from nof1tui.cli.output.status_document import feed_views
from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.domain.export.documents import FEEDS
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.figures.views import FeedView
from nof1tui.domain.records import Reconciliation
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.tui.columns.reconciliation import drift_text
from nof1tui.tui.style import format as fmt

_DROP_ORDERS = {
    "feed": 100,
    "age_s": 100,
    "last_ok_at": 100,
    "status": 80,
    "requests": 60,
    "not_modified": 50,
    "errors": 70,
    "quarantined": 40,
}


def print_status_table(arena: ArenaView) -> None:
    """Print state, collector, feeds, checks against the chain, schema drift, row counts."""
    store, printer, feeds = arena.store, Printer(), feed_views(arena)
    printer.print_line(f"{arena.state.upper()} · source {arena.source} · store {store.server}")
    holder = f"collector: {arena.collector.holder}" if arena.collector.holder else "no collector"
    printer.print_line(f"{holder} · schema revision {store.revision or 'none'}")
    if feeds:
        figures = {figure.key: figure for figure in FEEDS.figures()}
        columns = [figure_column(figures[key], drop_order) for key, drop_order in _DROP_ORDERS.items()]
        columns.append(PrintedColumn("Fault", _fault, align_right=False, wraps=True))
        printer.print_table(columns, feeds)
    else:
        printer.print_line("No polls recorded.")
    if arena.health.skew_s:
        printer.print_line(f"server clock {fmt.clock_skew(arena.health.skew_s)} ours; ages use server time")
    for check in arena.checks:
        printer.print_line(sanitise_line(f"on-chain: {check.account.trader}: {_check_text(check)}"))
    for drift in arena.drift:
        text = f"schema drift: {drift.endpoint}, {drift.field}: {drift.change} {drift.sample}"
        printer.print_line(sanitise_line(text))
    for count, text in (
        (store.waiting, "records queued on this computer"),
        (store.rejected, "records set aside: see `nof1-tui db rejected`"),
        (store.elsewhere, "records wait for another store: see `nof1-tui db spool`"),
    ):
        if count:
            printer.print_line(f"{count:,} {text}")
    printer.print_line(" · ".join(f"{count:,} {table}" for table, count in store.rows.items()))


def _fault(view: FeedView) -> str:
    return sanitise_line(view.health.failure or view.health.anomaly(view.upstream_now) or "")


def _check_text(check: Reconciliation) -> str:
    if check.verdict == "agrees":
        return f"match, checked {fmt.moment(check.checked_at)}"
    if check.verdict == "drift":
        return f"{drift_text(check)} since {fmt.moment(check.since)}: {check.reason}"
    state = "mismatch, rechecking" if check.verdict == "checking" else "not checked"
    return f"{state}: {check.reason}"
