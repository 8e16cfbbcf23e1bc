"""Reads wallets' fills, funding and portfolios as far as the board does not have them."""

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
"""Delay after the full hour until the API shows its funding payments."""
_PORTFOLIO_EVERY_S = 600.0
_IDLE_FILLS_EVERY_S = 300.0
"""Interval between reads of the fills of a wallet whose state does not change."""


class WalletHistoryReader:
    """Reads fills, funding and portfolios, leaving `reserve()` of the rate limit to the states."""

    def __init__(
        self,
        info: InfoClient,
        reserve: Callable[[], int],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._info = info
        self._reserve = reserve
        self._clock = clock
        self._monotonic = monotonic

    async def fetch_closed_trades(
        self, watched: WatchedWallet, board: Board, report: FetchReport, progress: ProgressCallback
    ) -> list[Trade]:
        """Trades closed or changed since the last call."""
        if watched.past_delivered and not board.accounts:
            watched.history, watched.past_delivered = WalletHistory(), False
        async with watched.history_lock:
            if self._needs_read(watched):
                watched.pending_reads = max(watched.pending_reads - 1, 0)
                await self._catch_up(watched, board, report, progress)
                watched.fills_read_s = self._monotonic()
        delivered, watched.undelivered = watched.undelivered, {}
        now = self._clock()
        return [to_trade(round_trip, watched.wallet.account, now) for round_trip in delivered.values()]

    def _needs_read(self, watched: WatchedWallet) -> bool:
        """Whether there may be unknown fills: the state changed, or the last read was long ago."""
        never_read = watched.trading_state is None or watched.history.newest_at is None
        return (
            never_read
            or watched.pending_reads > 0
            or self._monotonic() - watched.fills_read_s >= _IDLE_FILLS_EVERY_S
        )

    async def _catch_up(
        self, watched: WatchedWallet, board: Board, report: FetchReport, progress: ProgressCallback
    ) -> None:
        """Read the fills since the last read.

        Trades that the board has are not read again, unless a position then lacks its opening.
        """
        if watched.history.newest_at is not None:
            await self._read_fills(watched, watched.history.newest_at + _OVERLAP, report, progress)
            return
        since = _history_start(watched, board)
        watched.history = WalletHistory(resumed=since > CHAIN_EPOCH)
        await self._read_fills(watched, since, report, progress)
        if watched.history.resumed and not _board_covers(watched, board):
            watched.history = WalletHistory()
            await self._read_fills(watched, CHAIN_EPOCH, report, progress)

    async def _read_fills(
        self, watched: WatchedWallet, since: datetime, report: FetchReport, progress: ProgressCallback
    ) -> None:
        history, now = watched.history, self._clock()
        fills = await self._info.fetch_fills(
            watched.wallet.address, since, reserve=self._reserve(), report=report
        )
        payments: list[FundingPayment] = []
        if history.paid_until is None or _full_hour(now) > history.paid_until:
            paid_since = history.paid_until or since
            payments = await self._info.fetch_funding(
                watched.wallet.address, paid_since, reserve=self._reserve(), report=report
            )
            history.paid_until = _full_hour(now - _FUNDING_DELAY)
        watched.undelivered |= {round_trip.id: round_trip for round_trip in history.add(fills, payments)}
        history.newest_at = history.newest_at or now - _HOUR
        if watched.past_delivered:
            history.settle(now)
        watched.history_read.set()
        progress(LoadProgress(report.body_bytes, len(fills) + len(payments)))

    async def fetch_past(
        self, watched: WatchedWallet, board: Board, report: FetchReport, progress: ProgressCallback
    ) -> tuple[Inception | None, list[AccountRow]]:
        """The wallet's inception, and past account rows where the board has none."""
        now_s = self._monotonic()
        if watched.past_delivered and now_s - watched.portfolio_read_s < _PORTFOLIO_EVERY_S:
            return None, []
        watched.portfolio_read_s = now_s
        portfolio = await self._info.fetch_portfolio(
            watched.wallet.address, reserve=self._reserve(), report=report
        )
        async with watched.history_lock:
            if watched.history.newest_at is None:
                await self._catch_up(watched, board, report, progress)
        now = self._clock()
        inception = rows.build_wallet_inception(watched.wallet, portfolio, now)
        if watched.past_delivered:
            return inception, []
        points = rows.values_missing_from_curve(
            rows.read_portfolio_values(portfolio), board.curves.get(watched.wallet.account), now
        )
        positions_by_time = watched.history.positions_at([at for at, _ in points])
        watched.past_delivered = True
        return inception, [
            rows.build_past_wallet_row(watched.wallet, at, value, positions, now)
            for (at, value), positions in zip(points, positions_by_time, strict=True)
        ]


def _history_start(watched: WatchedWallet, board: Board) -> datetime:
    """The time from which fills are needed: all, or since the board's last trade and open positions."""
    log, row = board.trades.get(watched.wallet.account), board.accounts.get(watched.wallet.account)
    if row is None or log is None or not log.trades:
        return CHAIN_EPOCH
    opened = [position.entry_at for position in row.positions]
    known = [moment for moment in opened if moment is not None]
    return CHAIN_EPOCH if len(known) < len(opened) else min([log.trades[0].exit_at, *known]) - _FUNDING_DELAY


def _board_covers(watched: WatchedWallet, board: Board) -> bool:
    """Whether the board has every trade whose opening lies before the fills that were read."""
    known_ids = {trade.id for trade in board.trades[watched.wallet.account].trades}
    truncated = watched.history.truncated()
    return all(
        round_trip.exit_at and trade_id(round_trip, watched.wallet.account) in known_ids
        for round_trip in truncated
    )


def _full_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
