"""What wallets have traded, and their curves of the past, read as far as the board does not know them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from nof1tui.domain.board import Board
from nof1tui.domain.fills.fill import FundingPayment
from nof1tui.domain.fills.to_trades import to_trade, trade_id
from nof1tui.domain.fills.wallet_history import WalletHistory
from nof1tui.domain.health import LoadProgress
from nof1tui.domain.records import AccountRow, Inception, Trade
from nof1tui.ports.source import ProgressCallback
from nof1tui.sources.hyperliquid import wallet_records as rows
from nof1tui.sources.hyperliquid.client import CHAIN_EPOCH, FetchReport, InfoClient
from nof1tui.sources.hyperliquid.scheduler import WatchedWallet

_OVERLAP = timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)
_FUNDING_DELAY = timedelta(minutes=1)
"""Funding is paid at the full hour; it may take so long to be told."""
_PORTFOLIO_EVERY_S = 600.0
_IDLE_FILLS_EVERY_S = 300.0
"""Fills of a wallet whose state stands still."""


class WalletHistoryReader:
    """Reads fills, payments and portfolios; what it asks leaves the states their share of the weights."""

    def __init__(
        self,
        info: InfoClient,
        leave: Callable[[], int],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._info = info
        self._reserve = leave
        self._clock = clock
        self._monotonic = monotonic

    async def fetch_closed_trades(
        self, one: WatchedWallet, board: Board, heard: FetchReport, progress: ProgressCallback
    ) -> list[Trade]:
        """What was closed since the last look, and what is known better since then."""
        if one.past_delivered and not board.accounts:
            one.book, one.past_delivered = WalletHistory(), False
        async with one.history_lock:
            if self._needs_read(one):
                one.pending_reads = max(one.pending_reads - 1, 0)
                await self._catch_up(one, board, heard, progress)
                one.fills_read_s = self._monotonic()
        fresh, one.undelivered = one.undelivered, {}
        now = self._clock()
        return [to_trade(episode, one.wallet.account, now) for episode in fresh.values()]

    def _needs_read(self, one: WatchedWallet) -> bool:
        """Whether there can be fills that are not known: its state moved, or nobody looked for long."""
        unknown = one.trading_state is None or one.book.newest_at is None or one.pending_reads > 0
        return unknown or self._monotonic() - one.fills_read_s >= _IDLE_FILLS_EVERY_S

    async def _catch_up(
        self, one: WatchedWallet, board: Board, heard: FetchReport, progress: ProgressCallback
    ) -> None:
        """Read what there is to be known of its trading since the last time.

        What the board knows is not asked again; where that leaves a position without its opening, all is.
        """
        if one.book.newest_at is not None:
            await self._read_fills(one, one.book.newest_at + _OVERLAP, heard, progress)
            return
        since = _history_start(one, board)
        one.book = WalletHistory(resumed=since > CHAIN_EPOCH)
        await self._read_fills(one, since, heard, progress)
        if one.book.resumed and not _board_covers(one, board):
            one.book = WalletHistory()
            await self._read_fills(one, CHAIN_EPOCH, heard, progress)

    async def _read_fills(
        self, one: WatchedWallet, since: datetime, heard: FetchReport, progress: ProgressCallback
    ) -> None:
        book, now = one.book, self._clock()
        fills = await self._info.fetch_fills(one.wallet.address, since, leave=self._reserve(), heard=heard)
        payments: list[FundingPayment] = []
        if book.paid_until is None or _full_hour(now) > book.paid_until:
            paid_since = book.paid_until or since
            payments = await self._info.fetch_funding(
                one.wallet.address, paid_since, leave=self._reserve(), heard=heard
            )
            book.paid_until = _full_hour(now - _FUNDING_DELAY)
        one.undelivered |= {episode.id: episode for episode in book.add(fills, payments)}
        book.newest_at = book.newest_at or now - _HOUR
        if one.past_delivered:
            book.settle(now)
        one.history_read.set()
        progress(LoadProgress(heard.body_bytes, len(fills) + len(payments)))

    async def fetch_past(
        self, one: WatchedWallet, board: Board, heard: FetchReport, progress: ProgressCallback
    ) -> tuple[Inception | None, list[AccountRow]]:
        """What the wallet began with, and its curve where the board has none of it."""
        now_s = self._monotonic()
        if one.past_delivered and now_s - one.portfolio_read_s < _PORTFOLIO_EVERY_S:
            return None, []
        one.portfolio_read_s = now_s
        portfolio = await self._info.fetch_portfolio(one.wallet.address, leave=self._reserve(), heard=heard)
        async with one.history_lock:
            if one.book.newest_at is None:
                await self._catch_up(one, board, heard, progress)
        now = self._clock()
        begun = rows.build_wallet_inception(one.wallet, portfolio, now)
        if one.past_delivered:
            return begun, []
        points = rows.values_missing_from_curve(
            rows.read_portfolio_values(portfolio), board.curves.get(one.wallet.account), now
        )
        held = one.book.positions_at([at for at, _ in points])
        one.past_delivered = True
        return begun, [
            rows.build_past_wallet_row(one.wallet, at, value, positions, now)
            for (at, value), positions in zip(points, held, strict=True)
        ]


def _history_start(one: WatchedWallet, board: Board) -> datetime:
    """From when on fills are needed: all, or since the board's last closed trade and open positions."""
    log, row = board.trades.get(one.wallet.account), board.accounts.get(one.wallet.account)
    if row is None or log is None or not log.trades:
        return CHAIN_EPOCH
    opened = [position.entry_at for position in row.positions]
    known = [moment for moment in opened if moment is not None]
    return CHAIN_EPOCH if len(known) < len(opened) else min([log.trades[0].exit_at, *known]) - _FUNDING_DELAY


def _board_covers(one: WatchedWallet, board: Board) -> bool:
    """Whether the board has every trade whose opening was not asked for again."""
    told = {trade.id for trade in board.trades[one.wallet.account].trades}
    cut_off = one.book.truncated()
    return all(each.exit_at and trade_id(each, one.wallet.account) in told for each in cut_off)


def _full_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
