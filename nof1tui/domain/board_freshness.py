"""Freshness of a live board: the age of each account's newest row, and the state of the arena."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.health import ArenaState, FeedHealth, Health
from nof1tui.domain.records import AccountKey, AccountRow, Feed
from nof1tui.domain.returns.freshness import (
    LIMIT_CAP_S,
    ArenaFreshness,
    Cadence,
    RowPace,
    TraderFreshness,
    arena_freshness,
    freshness_limit,
    trader_freshness,
)

_UNKNOWN = RowPace()


def account_freshness(
    paces: Mapping[AccountKey, RowPace], equities: Mapping[AccountKey, float], health: Health, now: datetime
) -> dict[AccountKey, TraderFreshness]:
    """Freshness of each account with an equity, at a moment of our clock; in the order of the accounts."""
    offset, cadence, now_s = health.clock_offset, cadence_of(health.feed(Feed.ACCOUNTS)), now.timestamp()
    return {
        key: trader_freshness(key.slug, paces[key], equity_usd, now_s, offset, cadence)
        for key, equity_usd in equities.items()
        if key in paces
    }


def board_freshness(board: Board, now: datetime) -> dict[AccountKey, TraderFreshness]:
    """Freshness of each account of a live board; empty for the past."""
    if board.as_of is not None:
        return {}
    equities = {key: row.equity_usd for key, row in board.accounts.items()}
    paces = {key: _pace_of(row, board.paces.get(key, _UNKNOWN)) for key, row in board.accounts.items()}
    return account_freshness(paces, equities, board.health, now)


def _pace_of(row: AccountRow, known: RowPace) -> RowPace:
    """The known pace, with the newest row where that did not come from a response."""
    at = row.observed_at.timestamp()
    if known.times and known.times[-1] == at:
        return known
    return known.extended((at,), row.fetched_at.timestamp())


def stale_accounts(board: Board, now: datetime) -> dict[AccountKey, TraderFreshness]:
    """Active accounts of a live board whose newest row is older than their limit."""
    return {key: its for key, its in board_freshness(board, now).items() if its.active and its.stale}


def board_state(board: Board, now: datetime) -> tuple[ArenaState, ArenaFreshness]:
    """State of a live board, with the freshness of its accounts taken together."""
    together = arena_freshness(board_freshness(board, now).values())
    return board.health.state(now, together), together


def cadence_of(accounts: FeedHealth) -> Cadence:
    """How often account rows can come."""
    return Cadence(accounts.interval_s or 0.0, accounts.cap_s or LIMIT_CAP_S)


def extended_paces(board: Board, batch: Batch) -> Mapping[AccountKey, RowPace]:
    """The paces of the board's accounts after the rows of a batch."""
    paces, times = dict(board.paces), dict[AccountKey, list[float]]()
    for row in batch.accounts:
        if row.account in board.accounts:
            times.setdefault(row.account, []).append(row.observed_at.timestamp())
    for key, added in times.items():
        paces[key] = paces.get(key, RowPace()).extended(added, batch.received_s)
    return MappingProxyType(paces)


def with_paced_rows(board: Board, batch: Batch, before: FeedHealth) -> Board:
    """The board after a response of account rows: arrivals on the clock as it is now, and the feed's limit.

    `before` is the feed's health before the response.
    """
    step_s = board.health.feed(Feed.ACCOUNTS).clock.step_since(before.clock)
    if step_s:
        set_clock = {
            key: pace if pace.first_seen == batch.received_s else _moved(pace, step_s)
            for key, pace in board.paces.items()
        }
        board = replace(board, paces=MappingProxyType(set_clock))
    return replace(board, health=with_paced_limit(board.health, board.paces.values()))


def _moved(pace: RowPace, step_s: float) -> RowPace:
    """The pace by a wall clock that was set by this many seconds."""
    return replace(pace, first_seen=pace.first_seen + step_s)


def with_paced_limit(health: Health, paces: Iterable[RowPace]) -> Health:
    """With the limit of the account rows taken together: that of the account with the most frequent rows."""
    accounts = health.feed(Feed.ACCOUNTS)
    cadence, spacings = cadence_of(accounts), [pace.spacing_s for pace in paces if pace.spacing_s]
    limit_s = freshness_limit(min(spacings), cadence.poll_s, cadence.cap_s) if spacings else None
    return health if limit_s == accounts.limit_s else health.with_feed(replace(accounts, limit_s=limit_s))
