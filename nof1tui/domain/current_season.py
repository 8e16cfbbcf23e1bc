"""The season that a board shows after a batch."""

from __future__ import annotations

from datetime import UTC, datetime

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.roster import Season


def current_season(board: Board, batch: Batch) -> Season | None:
    """The season of the newest record: a new season replaces the one shown."""
    dated = [(row.observed_at, row.account.season) for row in batch.accounts]
    dated += [(trade.exit_at, trade.account.season) for trade in batch.trades]
    dated += [(decision.at, decision.account.season) for decision in batch.decisions]
    if board.season is None:
        dated += [(flow.at, flow.account.season) for flow in batch.flows]
        dated += [(reading.read_to, reading.account.season) for reading in batch.ledgers]
    if not dated:
        return board.season
    newest_at, slug = max(dated)
    if board.season is None or (board.season.slug != slug and newest_at > _newest_record_at(board)):
        return board.roster.season(slug)
    return board.season


def _newest_record_at(board: Board) -> datetime:
    moments = [row.observed_at for row in board.accounts.values()]
    moments += [log.trades[0].exit_at for log in board.trades.values() if log.trades]
    moments += [decision.at for decision in board.decisions[:1]]
    return max(moments, default=datetime.min.replace(tzinfo=UTC))
