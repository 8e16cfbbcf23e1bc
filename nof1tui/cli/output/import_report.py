"""Counts of an import, and their table for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import fields

if TYPE_CHECKING:
    from nof1tui.domain.batch import Batch
    from nof1tui.domain.records import Trade
    from nof1tui.ports.sink import WriteCounts, WriteResult
    from nof1tui.sources.recording.files import SkippedFile


@dataclass
class ImportCount:
    """Counts for one kind of record of one endpoint."""

    read: int = 0
    new: int = 0
    known: int = 0
    revised: int = 0
    quarantined: int = 0

    def add(self, counts: WriteCounts) -> None:
        self.read += counts.read
        self.new += counts.new
        self.known += counts.known
        self.revised += counts.revised


@dataclass
class ImportReport:
    """Counts and faults of an import."""

    counts: dict[tuple[str, str], ImportCount] = field(default_factory=dict)
    """By endpoint and kind of record."""
    skipped: list[SkippedFile] = field(default_factory=list)
    rejected_files: list[str] = field(default_factory=list)
    """Files that the store rejected, each with the reason."""
    positions: int = 0
    events: int = 0
    """New events, derived from the records."""
    incomplete_trades: set[str] = field(default_factory=set)
    """Ids of trades with missing fields."""

    @property
    def quarantined(self) -> int:
        return sum(count.quarantined for count in self.counts.values())

    def add(self, batch: Batch, written: WriteResult) -> None:
        self.positions += sum(len(row.positions) for row in batch.accounts)
        self.incomplete_trades |= {trade.id for trade in batch.trades if _has_missing_fields(trade)}
        derived = ("quarantine", "events")
        counts_by_kind = {kind: counts for kind, counts in written.counts.items() if kind not in derived}
        self.events += written.counts["events"].new if "events" in written.counts else 0
        for kind, counts in counts_by_kind.items():
            self._count(batch.endpoint, kind).add(counts)
        if batch.rejects:
            kind = next(iter(counts_by_kind), batch.feed.value)
            self._count(batch.endpoint, kind).quarantined += len(batch.rejects)

    def _count(self, endpoint: str, kind: str) -> ImportCount:
        return self.counts.setdefault((endpoint, kind), ImportCount())


def _has_missing_fields(trade: Trade) -> bool:
    return any(getattr(trade, item.name) is None for item in fields(trade) if item.name != "extra")


def print_import_report(report: ImportReport) -> None:
    """Print the counts by endpoint, and which files were skipped for which reason."""
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    printer = Printer()
    columns = (
        PrintedColumn("Endpoint", lambda row: str(row["endpoint"]), align_right=False),
        PrintedColumn("Records", lambda row: str(row["kind"]), align_right=False),
        *(
            PrintedColumn(name.capitalize(), lambda row, name=name: f"{row[name]:,}")  # type: ignore[misc]
            for name in ("read", "new", "known", "revised", "quarantined")
        ),
    )
    rows = [
        {"endpoint": endpoint, "kind": kind, **vars(count)}
        for (endpoint, kind), count in sorted(report.counts.items())
    ]
    if rows:
        printer.print_table(columns, rows)
    if report.positions:
        printer.print_line(f"{report.positions:,} positions in the account rows.")
    if report.events:
        printer.print_line(f"{report.events:,} new events.")
    if report.incomplete_trades:
        printer.print_line(
            f"{len(report.incomplete_trades)} trades with missing fields: stored, fields empty."
        )
    paths_by_reason: dict[str, list[str]] = {}
    for file in report.skipped:
        paths_by_reason.setdefault(file.reason, []).append(str(file.path))
    for reason, paths in paths_by_reason.items():
        printer.print_line(f"Skipped, {reason}:")
        for path in paths:
            printer.print_line(f"  {path}")
