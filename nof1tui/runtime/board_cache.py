"""The last board in a file, for the first frame of the next start."""

from __future__ import annotations

import logging
import os
from array import array
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec

from nof1tui.domain.board import Board, Quote, TradeLog
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.ranking import rank_accounts
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Inception, Trade
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.append_buffer import read_only_view
from nof1tui.domain.series.curve import Curve

log = logging.getLogger(__name__)

_FORMAT_VERSION = 1
_MAX_CACHED_ROWS = 100
"""Trades of an account, decisions and events that are saved; totals are of all."""
_MAX_FILE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class _CachedCurve:
    """A curve with its arrays as bytes in this machine's byte order."""

    account: AccountKey
    capital_usd: float | None
    times: bytes
    values: bytes
    peak_usd: float
    max_drawdown: float
    days: bytes
    closes: bytes

    @classmethod
    def of(cls, account: AccountKey, curve: Curve) -> _CachedCurve:
        arrays = (curve.times, curve.values, curve.days, curve.closes)
        times, values, days, closes = (items.tobytes() for items in arrays)
        return cls(
            account, curve.capital_usd, times, values, curve.peak_usd, curve.max_drawdown, days, closes
        )

    def curve(self) -> Curve:
        times, values, closes = (array("d", data) for data in (self.times, self.values, self.closes))
        days = array("q", self.days)
        if len(times) != len(values) or len(days) != len(closes):
            raise ValueError("the arrays of a curve differ in length")
        return Curve(
            self.capital_usd,
            read_only_view(times),
            read_only_view(values),
            self.peak_usd,
            self.max_drawdown,
            days,
            closes,
        )


@dataclass(frozen=True, slots=True)
class _CachedBoard:
    version: int
    store: str
    """Fingerprint of the store that the board is of."""
    season: Season | None
    accounts: tuple[AccountRow, ...]
    lines: tuple[_CachedCurve, ...]
    inceptions: tuple[Inception, ...]
    trades: tuple[tuple[AccountKey, tuple[Trade, ...], TradeStats], ...]
    decisions: tuple[Decision, ...]
    quotes: tuple[Quote, ...]
    events: tuple[Event, ...]


class BoardCache:
    """One board in one file; errors of reading and writing are logged and ignored."""

    def __init__(self, path: Path, *, store: str) -> None:
        self._path = path
        self._store = store

    def load(self, roster: Roster) -> Board | None:
        """The last board of this store, without health; None without one. Blocks."""
        try:
            if self._path.stat().st_size > _MAX_FILE_BYTES:
                return None
            cached = msgspec.msgpack.decode(self._path.read_bytes(), type=_CachedBoard)
            if cached.version != _FORMAT_VERSION or cached.store != self._store:
                return None
            return _to_board(cached, roster)
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            log.debug("no cached board: %s", error)
            return None

    def save(self, board: Board) -> None:
        """Save a live board. Blocks for some milliseconds."""
        if board.as_of is not None or not board.accounts:
            return
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(msgspec.msgpack.encode(_to_cached(board, self._store)))
            part.replace(self._path)
        except OSError as error:
            log.debug("the board was not cached: %s", error)


def _to_cached(board: Board, store: str) -> _CachedBoard:
    return _CachedBoard(
        version=_FORMAT_VERSION,
        store=store,
        season=board.season,
        accounts=tuple(board.accounts.values()),
        lines=tuple(_CachedCurve.of(key, curve) for key, curve in board.curves.items()),
        inceptions=tuple(board.inceptions.values()),
        trades=tuple((key, log.trades[:_MAX_CACHED_ROWS], log.stats) for key, log in board.trades.items()),
        decisions=board.decisions[:_MAX_CACHED_ROWS],
        quotes=tuple(board.prices.values()),
        events=board.events[:_MAX_CACHED_ROWS],
    )


def _to_board(cached: _CachedBoard, roster: Roster) -> Board:
    rows = {row.account: row for row in cached.accounts}
    curves = {line.account: line.curve() for line in cached.lines}
    stats = {account: totals for account, _, totals in cached.trades}
    return Board(
        roster,
        cached.season,
        accounts=MappingProxyType(rows),
        curves=MappingProxyType(curves),
        inceptions=MappingProxyType({item.account: item for item in cached.inceptions}),
        trades=MappingProxyType({key: TradeLog(trades, stats) for key, trades, stats in cached.trades}),
        decisions=cached.decisions,
        prices=MappingProxyType({quote.price.coin: quote for quote in cached.quotes}),
        events=cached.events,
        leaderboard=rank_accounts(roster, rows, curves, stats),
    )
