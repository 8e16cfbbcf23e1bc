"""`db requarantine`: decodes quarantined records again, with the decoder and the writer of live data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.domain.batch import Batch
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.roster import Roster
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import print_progress, require_nof1_source
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_roster, utc_now
from nof1tui.settings.model import Settings
from nof1tui.sources.nof1.identities import IdentityRegister
from nof1tui.sources.nof1.quarantine import decode_quarantined
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.quarantine import QuarantinedRecord, read_quarantined
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.quarantine import delete_quarantined
from nof1tui.store.writing.writer import Writer

_MAX_REASONS = 8
"""Reasons that are printed."""
_DERIVED_KINDS = ("positions", "events")
"""Counted by the store, but derived from records."""


@dataclass
class RequarantineResult:
    """Counts of one pass over the quarantine."""

    released: int = 0
    """Records that were decoded."""
    new: int = 0
    """Decoded records that the store did not have."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Records that stay in quarantine, by reason."""


def decode_quarantine(flags: Flags) -> None:
    """Decode the quarantine of the store again, and print the counts."""
    settings = flags.load()
    require_nof1_source(settings, "db requarantine")
    result = run_command(flags, lambda: _decode_store(settings))
    remaining = sum(result.reasons.values())
    click.echo(f"{result.released} records decoded, {result.new} of them new; {remaining} stay in quarantine")
    for reason, count in result.reasons.most_common(_MAX_REASONS):
        click.echo(f"  {count} × {sanitise_line(reason, 160)}")


async def _decode_store(settings: Settings) -> RequarantineResult:
    async with open_store(settings, create=False, on_progress=print_progress) as store:
        return await requarantine(store.database, load_roster(settings))


async def requarantine(database: Database, roster: Roster) -> RequarantineResult:
    """Decode every quarantined record, each in its own transactions.

    Raises StoreUnavailable; records decoded before that stay stored.
    """
    result, after = RequarantineResult(), 0
    reader, writer = Reader(database, roster), Writer(database, arena="nof1", roster=roster)
    identities = IdentityRegister()
    identities.seed_from(await reader.board())
    while page := await read_quarantined(database, after):
        after = page[-1].id
        for record in page:
            batch = await _decode(record, roster, reader, identities)
            if batch.rejects:
                result.reasons[batch.rejects[0].reason] += 1
                continue
            written = await writer.write(batch)
            result.released += 1
            result.new += sum(
                counts.new for kind, counts in written.counts.items() if kind not in _DERIVED_KINDS
            )
            await delete_quarantined(database, record.id)
    return result


async def _decode(
    record: QuarantinedRecord, roster: Roster, reader: Reader, identities: IdentityRegister
) -> Batch:
    """The record as a batch; account rows are checked against the store's state at their time."""

    def decode(plausibility: PlausibilityFilter | None = None) -> Batch:
        return decode_quarantined(
            record.endpoint,
            record.raw,
            fetched_at=record.seen_at,
            now=utc_now(),
            roster=roster,
            plausibility=plausibility,
            identities=identities,
        )

    batch = decode()
    if not batch.accounts:
        return batch
    plausibility = PlausibilityFilter(roster.capital)
    plausibility.seed((await reader.board(batch.accounts[0].observed_at)).accounts)
    return decode(plausibility)
