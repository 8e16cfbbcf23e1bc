"""`db requarantine`: the quarantine, read again by the decoder and the writer that run live."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.errors import print_progress, require_nof1_source

if TYPE_CHECKING:
    from nof1tui.domain.batch import Batch
    from nof1tui.domain.roster import Roster
    from nof1tui.store.connection.connect import Database
    from nof1tui.store.reading.quarantine import QuarantinedRecord
    from nof1tui.store.reading.reader import Reader

_MAX_REASONS = 8
"""So many kinds of reasons are named."""
_DERIVED_KINDS = ("positions", "events")
"""Counted by the store, but no records of the quarantine."""


@dataclass
class RequarantineResult:
    """What became of the quarantine."""

    released: int = 0
    new: int = 0
    """Records that the store did not have."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the others stay."""


@click.command("requarantine", epilog="Example:  nof1-tui db requarantine")
@common_options
@click.pass_context
def db_requarantine_command(ctx: click.Context) -> None:
    """Decode the quarantine again, after an update that can read what was unreadable before.

    What can be decoded now is stored, each record once, and leaves the quarantine; the rest stays.
    """
    from nof1tui.cli.run_command import run_command
    from nof1tui.domain.sanitisation import sanitise_line
    from nof1tui.runtime.open_store import open_store
    from nof1tui.runtime.rosters import load_roster

    flags = flags_of(ctx)
    settings = flags.load()
    require_nof1_source(settings, "db requarantine")

    async def work() -> RequarantineResult:
        async with open_store(settings, create=False, say=print_progress) as store:
            return await requarantine(store.database, load_roster(settings))

    again = run_command(flags, work)
    stay = sum(again.reasons.values())
    click.echo(f"{again.released} records decoded, {again.new} of them new; {stay} stay in quarantine")
    for reason, count in again.reasons.most_common(_MAX_REASONS):
        click.echo(f"  {count} × {sanitise_line(reason, 160)}")


async def requarantine(database: Database, roster: Roster) -> RequarantineResult:
    """Go through all of the quarantine. Raises StoreUnavailable; what was done until then stays done."""
    from nof1tui.store.reading.quarantine import read_quarantined
    from nof1tui.store.reading.reader import Reader
    from nof1tui.store.writing import quarantine
    from nof1tui.store.writing.writer import Writer

    again, after = RequarantineResult(), 0
    reader, writer = Reader(database, roster), Writer(database, arena="nof1", roster=roster)
    while page := await read_quarantined(database, after):
        after = page[-1].id
        for item in page:
            batch = await _decode(item, roster, reader)
            if batch.rejects:
                again.reasons[batch.rejects[0].reason] += 1
                continue
            written = await writer.write(batch)
            again.released += 1
            again.new += sum(
                tally.new for kind, tally in written.counts.items() if kind not in _DERIVED_KINDS
            )
            await quarantine.delete_quarantined(database, item.id)
    return again


async def _decode(item: QuarantinedRecord, roster: Roster, reader: Reader) -> Batch:
    """The record alone; an account row is judged by what the store knew of its account then."""
    from nof1tui.domain.plausibility import PlausibilityFilter
    from nof1tui.sources.nof1.decoder import decode_quarantined

    batch = decode_quarantined(item.endpoint, item.raw, fetched_at=item.seen_at, roster=roster)
    if not batch.accounts:
        return batch
    judge = PlausibilityFilter(roster.capital)
    judge.seed((await reader.board(batch.accounts[0].observed_at)).accounts)
    return decode_quarantined(item.endpoint, item.raw, fetched_at=item.seen_at, roster=roster, judge=judge)
