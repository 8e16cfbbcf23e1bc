"""The document of `status` as lines and a table for people."""

from __future__ import annotations

from typing import Any

from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.tui.columns.reconciliation import drift_text
from nof1tui.tui.style import format as fmt

_COLUMNS = (
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


def print_status_table(document: dict[str, Any]) -> None:
    """Print the document: state, collector, feeds, checks against the chain, schema drift, row counts."""
    store, collector = document["store"], document["collector"]
    printer = Printer()
    printer.print_line(f"{document['state'].upper()} · source {document['source']} · store {store['server']}")
    holder = f"collector: {collector['holder']}" if collector["holder"] else "no collector"
    printer.print_line(f"{holder} · schema revision {store['revision'] or 'none'}")
    if document["feeds"]:
        printer.print_table(_COLUMNS, [{"feed": name, **feed} for name, feed in document["feeds"].items()])
    else:
        printer.print_line("No polls recorded.")
    if document["clock_skew_s"]:
        skew = fmt.clock_skew(document["clock_skew_s"])
        printer.print_line(f"server clock {skew} ours; ages use server time")
    for check in document["chain"]:
        printer.print_line(sanitise_line(f"on-chain: {check['trader']}: {_check_text(check)}"))
    for drift in document["drift"]:
        if drift["kind"] == "schema":
            text = f"schema drift: {drift['endpoint']}, {drift['field']}: {drift['change']} {drift['sample']}"
            printer.print_line(sanitise_line(text))
    printer.print_line(" · ".join(f"{count:,} {table}" for table, count in store["rows"].items()))


def _check_text(check: dict[str, Any]) -> str:
    if check["verdict"] == "agrees":
        return f"match, checked {fmt.moment(check['checked_at'])}"
    if check["verdict"] == "drift":
        drift = Reconciliation(
            AccountKey(check["season"], check["trader"], check["competition"] or ""),
            "drift",
            check["checked_at"],
            drift_usd=check["drift_usd"],
            drift_pct=check["drift_pct"],
        )
        return f"{drift_text(drift)} since {fmt.moment(check['since'])}: {check['reason']}"
    state = "mismatch, rechecking" if check["verdict"] == "checking" else "not checked"
    return f"{state}: {check['reason']}"
