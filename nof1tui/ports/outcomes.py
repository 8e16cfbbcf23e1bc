"""Outcomes of stored decisions: the entries of accounts with the trades that closed their positions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import attribute_orders, executed_orders
from nof1tui.domain.decisions.outcomes import EntryOutcome, entry_outcomes
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import Span
from nof1tui.ports.history import History, RecordFilter


async def read_entries(
    history: History, board: Board, accounts: Collection[AccountKey], span: Span
) -> Mapping[AccountKey, Sequence[EntryOutcome]]:
    """The entry signals of these accounts inside the span, oldest first; two queries for all of them.

    Raises StoreUnavailable.
    """
    entries = dict[AccountKey, list[EntryOutcome]]((account, []) for account in accounts)
    if not entries:
        return entries
    seasons = {account.season for account in entries}
    wanted = RecordFilter(
        traders=sorted({account.trader for account in entries}),
        season=seasons.pop() if len(seasons) == 1 else None,
        since=span.since,
        until=board.as_of,
        actions_only=True,
    )
    decisions = [its for its in await history.decisions(wanted) if its.account in entries]
    plans = await history.events(replace(wanted, kinds=["plan"]))
    trades = [trade for key in entries.keys() & board.trades.keys() for trade in board.trades[key].trades]
    rows = [board.accounts[key] for key in entries.keys() & board.accounts.keys()]
    links = attribute_orders(decisions, executed_orders(trades, rows))
    for entry in entry_outcomes(links, trades, plans):
        entries[entry.attribution.decision.account].append(entry)
    return entries
