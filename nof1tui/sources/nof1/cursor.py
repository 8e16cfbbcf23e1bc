"""The hourly marker from which account rows are requested (contract 3.1, "Cursor"). Pure.

`lastHourlyMarker=N` answers rows with marker ≥ N. Hours count from each account's own inception,
the row of the running hour is rewritten in place, and accounts that have not reached hour N are
missing: a request must reach back to the account that is furthest behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountRow

_ALIVE_WITHIN = timedelta(hours=3)
"""An account whose newest row is older than this, against the newest of all, has stopped."""
_IN_STEP_HOURS = 48
"""Markers further behind the front belong to an account that began later, not to a late row."""
DEEP_EVERY_S = 300.0
"""Interval of requests that also cover accounts that began later."""
FULL_EVERY_S = 1800.0
"""Interval of requests for the whole history while a known trader has no account row."""


@dataclass(frozen=True, slots=True)
class MarkerDepths:
    """Markers to request from; None requests the whole history."""

    shallow: int | None
    """Covers the accounts in step with the front."""
    deep: int | None
    """Covers every account alive; equal to `shallow` when all are in step."""


def marker_depths(rows: Iterable[AccountRow]) -> MarkerDepths:
    """Markers to request from, by the newest known row of each account."""
    marked = [(row.hourly_marker, row.observed_at) for row in rows if row.hourly_marker is not None]
    if not marked:
        return MarkerDepths(None, None)
    newest_at = max(at for _, at in marked)
    alive = [marker for marker, at in marked if newest_at - at <= _ALIVE_WITHIN]
    front = max(alive)
    in_step = [marker for marker in alive if front - marker <= _IN_STEP_HOURS]
    shallow = max(0, min(front - 1, *in_step))
    return MarkerDepths(shallow, max(0, min(shallow, *alive)))


def traders_without_account_rows(board: Board) -> frozenset[str]:
    """Traders of the board's season that trade or chat but have no account row yet."""
    seen = {key.trader for key in board.accounts}
    known = {key.trader for key in (*board.trades, *board.inceptions)}
    known |= {decision.account.trader for decision in board.decisions}
    return frozenset(known - seen)


@dataclass
class AccountCursor:
    """Chooses the marker of each request; deep and full requests are rare."""

    _last_deep_s: float | None = None
    _last_full_s: float | None = None

    def next_marker(self, board: Board, now_s: float) -> int | None:
        """The marker for the request made at `now_s` (monotonic seconds); None requests everything."""
        depth = marker_depths(board.accounts.values())
        if depth.shallow is None:
            return None
        if traders_without_account_rows(board) and _due(self._last_full_s, now_s, FULL_EVERY_S):
            self._last_full_s = now_s
            return None
        if depth.deep != depth.shallow and _due(self._last_deep_s, now_s, DEEP_EVERY_S):
            self._last_deep_s = now_s
            return depth.deep
        return depth.shallow


def _due(last_s: float | None, now_s: float, every_s: float) -> bool:
    return last_s is None or now_s - last_s >= every_s
