"""All views of one board, each kind made once, when it is first read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.outcomes import DecisionFigures
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.figures.figure import Figure, SubjectKind
from nof1tui.domain.figures.views import (
    AccountView,
    CoinView,
    DecisionView,
    EventView,
    FeedView,
    PositionView,
    TradeView,
)
from nof1tui.domain.health import STALE_AFTER
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.stats.stats_cache import StatsCache, TraderFigures, board_crowding
from nof1tui.domain.stats.upstream_diff import UpstreamDiff, account_upstream_diffs

View = AccountView | ArenaView | CoinView | DecisionView | EventView | FeedView | PositionView | TradeView


class Views:
    """The views of one board at one moment. `stats` is asked at most once, when a figure needs it.

    `now` is local time; freshness of records is judged on the API's clock.
    """

    def __init__(
        self,
        board: Board,
        now: datetime,
        stats: StatsCache,
        span: Span = WHOLE_SEASON,
        outcomes: Mapping[AccountKey, DecisionFigures] | None = None,
    ) -> None:
        self._board, self._now, self._cache, self._span = board, now, stats, span
        self._outcomes = outcomes or {}

    @cached_property
    def accounts(self) -> tuple[AccountView, ...]:
        """In the order of the leaderboard."""
        board, is_of_season = self._board, self._span == WHOLE_SEASON
        return tuple(
            AccountView(
                row=board.accounts[row.account],
                trader=row.trader,
                leaderboard_row=row,
                read_stats=partial(self._stats_of, row.account),
                read_reported=partial(self._reported, row.account),
                read_capital=partial(board.capital, row.account),
                curve=board.curves.get(row.account),
                check=board.reconciliations.get(row.account),
                outcomes=self._outcomes.get(row.account),
                is_of_season=is_of_season,
            )
            for row in board.leaderboard
        )

    @cached_property
    def positions(self) -> tuple[PositionView, ...]:
        """Accounts in the order of the leaderboard, the largest position of each first."""
        return tuple(
            PositionView(view, position)
            for view in self.accounts
            for position in sorted(view.row.positions, key=lambda its: -(its.notional_usd or 0.0))
        )

    @cached_property
    def trades(self) -> tuple[TradeView, ...]:
        """Closed trades in the span, newest first."""
        trades = [
            TradeView(trade, self._board.roster.trader(trade.account.trader))
            for log in self._board.trades.values()
            for trade in log.trades
            if self._span.contains(trade.exit_at)
        ]
        return tuple(sorted(trades, key=lambda its: (its.trade.exit_at, its.trade.id), reverse=True))

    @cached_property
    def coins(self) -> tuple[CoinView, ...]:
        """Coins with positions, the largest exposure first, then the other coins with a price."""
        board = self._board
        crowding, newest_at = board_crowding(board), board.newest_at
        crowds = {crowd.coin: crowd for crowd in crowding.coins}
        quotes = board.prices
        return tuple(
            CoinView(
                coin,
                price=quotes[coin].price if coin in quotes else None,
                quote=quotes.get(coin),
                crowd=crowds.get(coin),
                crowding=crowding,
                positions_at=newest_at,
            )
            for coin in (*crowds, *sorted(quotes.keys() - crowds.keys()))
        )

    @cached_property
    def feeds(self) -> tuple[FeedView, ...]:
        """In the order in which they were first polled."""
        return tuple(
            FeedView(health, self._now, self._upstream_now) for health in self._board.health.feeds.values()
        )

    @cached_property
    def decisions(self) -> tuple[DecisionView, ...]:
        """Newest first; orders are not looked up."""
        trader = self._board.roster.trader
        return tuple(DecisionView(each, trader(each.account.trader)) for each in self._board.decisions)

    @cached_property
    def events(self) -> tuple[EventView, ...]:
        """Newest first, without a description."""
        trader = self._board.roster.trader
        return tuple(
            EventView(each, trader(each.account.trader) if each.account else None)
            for each in self._board.events
        )

    @cached_property
    def arena(self) -> ArenaView:
        """The arena as this board shows it; the store's own state is not on a board."""
        board = self._board
        return ArenaView(
            now=self._now,
            health=board.health,
            checks=tuple(board.reconciliations.values()),
            drift=board.health.schema_drift,
            accounts=self.accounts,
            season_starts_at=board.season.starts_at if board.season else None,
            read_correlations=partial(self._cache.hourly_correlations, board),
        )

    def of(self, subject: SubjectKind) -> Sequence[View]:
        """All views of one kind of subject. Raises KeyError for `flow`, which has none."""
        attribute = {
            "account": "accounts",
            "position": "positions",
            "trade": "trades",
            "coin": "coins",
            "feed": "feeds",
            "decision": "decisions",
            "event": "events",
        }
        if subject == "arena":
            return (self.arena,)
        views: Sequence[View] = getattr(self, attribute[subject])
        return views

    def fresh(self, figure: Figure[Any]) -> Iterator[tuple[View, datetime]]:
        """The views with a fresh record behind this figure, each with the time of that record.

        A record is fresh until it is `STALE_AFTER` old; the state of a feed always is.
        """
        for view in self.of(figure.subject):
            if isinstance(view, FeedView | ArenaView):
                yield view, self._now
                continue
            at = view.known_at(figure.feed) if isinstance(view, CoinView) else view.observed_at
            if at is not None and self._is_fresh(at):
                yield view, at

    @cached_property
    def fresh_accounts(self) -> Mapping[AccountKey, datetime]:
        """Accounts with a fresh row, each with the time of that row."""
        return {view.account: view.observed_at for view in self.accounts if self._is_fresh(view.observed_at)}

    def _is_fresh(self, at: datetime) -> bool:
        return self._upstream_now - at <= STALE_AFTER

    @cached_property
    def _upstream_now(self) -> datetime:
        return self._board.health.upstream_time(self._now)

    @cached_property
    def _stats(self) -> Mapping[AccountKey, TraderFigures]:
        return {its.account: its for its in self._cache.figures(self._board, self._span)}

    def _stats_of(self, account: AccountKey) -> TraderFigures:
        return self._stats[account]

    def _reported(self, account: AccountKey) -> tuple[UpstreamDiff, ...]:
        if self._span.since is not None:
            return ()
        return account_upstream_diffs(self._board, self._stats[account])
