"""The board: all that a screen may show at one moment, and how news changes it.

`advance` folds a batch in, `degrade` a failure. Both are pure: the old board stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nlargest
from types import MappingProxyType
from typing import Any

from nof1tui.domain.events.detector import RankingBasis
from nof1tui.domain.events.event import Event, drift_event, feed_event, superseded_by_trades, trade_event
from nof1tui.domain.events.window import EventDelta, RowWindow, start_window
from nof1tui.domain.health import FeedFailure, Health, StoreHealth
from nof1tui.domain.metrics.basic import TradeStats, trade_stats
from nof1tui.domain.metrics.ranking import LeaderboardRow, rank_accounts
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Batch,
    Decision,
    Inception,
    Price,
    Reconciliation,
    Trade,
)
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve

KEPT_DECISIONS = 400
KEPT_EVENTS = 300
ARENA_COINS = ("BTC", "ETH", "SOL", "BNB", "DOGE", "XRP")
"""What models trade in the arena's seasons so far, in the order in which it lists them."""


@dataclass(frozen=True, slots=True)
class TradeLog:
    """One account's closed trades, newest first, with their sums."""

    trades: tuple[Trade, ...] = ()
    stats: TradeStats = TradeStats()

    @classmethod
    def of(cls, trades: Iterable[Trade]) -> TradeLog:
        ordered = tuple(sorted(trades, key=lambda trade: (trade.exit_at, trade.id), reverse=True))
        return cls(ordered, trade_stats(ordered))

    def extended(self, trades: Iterable[Trade]) -> TradeLog:
        """With these trades in place of those of the same id; itself when nothing is new."""
        known = {trade.id: trade for trade in self.trades}
        fresh = {trade.id: trade for trade in trades if not _same_trade(known.get(trade.id), trade)}
        return TradeLog.of({**known, **fresh}.values()) if fresh else self


def _same_trade(old: Trade | None, new: Trade) -> bool:
    return old is not None and replace(old, fetched_at=new.fetched_at) == new


@dataclass(frozen=True, slots=True)
class Quote:
    """A coin's newest price beside the one before it."""

    price: Price
    previous: float | None = None

    @property
    def direction(self) -> int:
        """1 rose, -1 fell, 0 unchanged or unknown."""
        if self.previous is None or self.previous == self.price.price:
            return 0
        return 1 if self.price.price > self.previous else -1


def _empty_mapping() -> MappingProxyType[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Board:
    """All that a screen may show, of one season, live or as of a moment."""

    roster: Roster
    season: Season | None = None
    as_of: datetime | None = None
    """The moment shown; None is live."""
    accounts: Mapping[AccountKey, AccountRow] = field(default_factory=_empty_mapping)
    curves: Mapping[AccountKey, Curve] = field(default_factory=_empty_mapping)
    inceptions: Mapping[AccountKey, Inception] = field(default_factory=_empty_mapping)
    trades: Mapping[AccountKey, TradeLog] = field(default_factory=_empty_mapping)
    analytics: Mapping[AccountKey, Analytics] = field(default_factory=_empty_mapping)
    """Upstream's own statistics, the newest of each account."""
    decisions: tuple[Decision, ...] = ()
    """Newest first, without their long texts."""
    prices: Mapping[str, Quote] = field(default_factory=_empty_mapping)
    """In `coin_order`."""
    events: tuple[Event, ...] = ()
    """Newest first."""
    new_events: tuple[Event, ...] = ()
    """The events that the last batch brought about, all of them."""
    event_window: RowWindow | None = field(default=None, compare=False, repr=False)
    """What events of account rows are told from; None before the first row."""
    leaderboard: tuple[LeaderboardRow, ...] = ()
    health: Health = Health()
    reconciliations: Mapping[AccountKey, Reconciliation] = field(default_factory=_empty_mapping)
    """How accounts stand against the chain, now; of the past nothing is known."""

    @property
    def newest_at(self) -> datetime | None:
        """Time of the newest account row: the freshness that counts."""
        return max((row.observed_at for row in self.accounts.values()), default=None)

    @property
    def ranking_basis(self) -> RankingBasis:
        """The capitals known and the roster, without the rest of the board."""
        return RankingBasis(self.roster, {key: its.capital_usd for key, its in self.inceptions.items()})

    def capital(self, key: AccountKey) -> float:
        """What an account began with, USD."""
        inception = self.inceptions.get(key)
        return inception.capital_usd if inception else self.roster.capital(key)

    def leaderboard_row(self, key: AccountKey) -> LeaderboardRow | None:
        return next((standing for standing in self.leaderboard if standing.account == key), None)


def apply_batch(board: Board, batch: Batch) -> Board:
    """The board after this batch. Records of an older season than the board's are left out."""
    return record_response(merge_records(board, batch), batch)


def record_response(board: Board, batch: Batch) -> Board:
    """The board that knows of this answer, whatever its records."""
    known = board.health.feed(batch.feed)
    health = board.health.with_feed(known.succeeded(batch)).with_schema_drift(batch.drift)
    health = replace(health, rate_limit=batch.budget or health.rate_limit)
    board = replace(board, health=health)
    if known.failure is None:
        return board
    return _with_new_events(board, (feed_event("up", batch.feed, batch.fetched_at),))


def merge_records(board: Board, batch: Batch) -> Board:
    """The board with this batch's records; its health stays as it was."""
    board = replace(board, new_events=())
    season = _current_season(board, batch)
    if season != board.season:
        board = Board(board.roster, season, prices=board.prices, health=board.health)
    if batch.prices:
        board = replace(board, prices=_merge_quotes(board.prices, batch.prices))
    if batch.decisions:
        board = replace(board, decisions=_merge_decisions(board, batch.decisions))
    if batch.analytics:
        board = _with_analytics(board, batch.analytics)
    if batch.inceptions:
        board = _with_inceptions(board, batch.inceptions)
    if batch.trades:
        board = _with_trades(board, batch.trades)
    if batch.accounts:
        board = _with_rows(board, batch.accounts)
    moved = batch.accounts or batch.trades or batch.inceptions
    return _with_leaderboard(board) if moved else board


def apply_failure(board: Board, failure: FeedFailure) -> Board:
    """The board after a failure: every figure stays, the feed's health says what happened."""
    known = board.health.feed(failure.feed)
    board = replace(board, new_events=(), health=board.health.with_feed(known.failed(failure)))
    if known.failure is not None:
        return board
    return _with_new_events(board, (feed_event("down", failure.feed, failure.at, failure.reason),))


def with_events(board: Board, events: Iterable[Event]) -> Board:
    """With these among the events that are shown; they are no news of the last batch."""
    return replace(board, events=_merge_events(board.events, events))


def with_reconciliations(board: Board, checks: Mapping[AccountKey, Reconciliation]) -> Board:
    """With these checks of accounts of its season in place of those known."""
    ours = {key: check for key, check in checks.items() if _in_season(board, key)}
    return replace(board, reconciliations=MappingProxyType(ours))


def apply_reconciliations(board: Board, checks: Iterable[Reconciliation]) -> Board:
    """After these checks; a drift that begins or ends is an event, among the board's news."""
    board, fresh = replace(board, new_events=()), {check.account: check for check in checks}
    told = [drift_event(board.reconciliations.get(key), check) for key, check in fresh.items()]
    board = with_reconciliations(board, {**board.reconciliations, **fresh})
    return _with_new_events(board, (event for event in told if event is not None))


def with_store(board: Board, store: StoreHealth) -> Board:
    return replace(board, health=replace(board.health, store=store))


def build_board(
    roster: Roster,
    season: Season | None,
    *,
    rows: Iterable[AccountRow] = (),
    curves: Mapping[AccountKey, Curve] = MappingProxyType({}),
    inceptions: Iterable[Inception] = (),
    trades: Iterable[Trade] = (),
    decisions: Iterable[Decision] = (),
    prices: Iterable[Price] = (),
    events: Iterable[Event] = (),
    coins: Iterable[str] = (),
    analytics: Iterable[Analytics] = (),
    as_of: datetime | None = None,
) -> Board:
    """A board from stored records of one season: the state a monitor starts from or travels to.

    `coins` are those that were held by anybody so far.
    """
    board = Board(roster, season, as_of=as_of)
    board = replace(board, prices=_merge_quotes({}, prices), curves=MappingProxyType(dict(curves)))
    board = replace(board, decisions=_merge_decisions(board, decisions), events=_merge_events((), events))
    board = _with_inceptions(_with_analytics(board, analytics), inceptions)
    board = replace(_with_trades(board, trades), new_events=())
    board = _with_curves(board, (row for row in rows if _in_season(board, row.account)))
    begun = start_window(board.ranking_basis, board.accounts.values(), board.curves, board.events, coins)
    return _with_leaderboard(replace(board, event_window=begun))


def _current_season(board: Board, batch: Batch) -> Season | None:
    """The season of the newest record known, so that a new season takes the board over."""
    dated = [(row.observed_at, row.account.season) for row in batch.accounts]
    dated += [(trade.exit_at, trade.account.season) for trade in batch.trades]
    dated += [(decision.at, decision.account.season) for decision in batch.decisions]
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
    return max(moments)


def _in_season(board: Board, key: AccountKey) -> bool:
    return board.season is not None and key.season == board.season.slug


def _merge_quotes(old: Mapping[str, Quote], prices: Iterable[Price]) -> Mapping[str, Quote]:
    quotes = dict(old)
    for price in sorted(prices, key=lambda price: price.observed_at):
        quote = quotes.get(price.coin)
        if quote is None:
            quotes[price.coin] = Quote(price)
        elif price.observed_at > quote.price.observed_at:
            moved = price.price != quote.price.price
            quotes[price.coin] = Quote(price, quote.price.price if moved else quote.previous)
    if quotes.keys() != old.keys():
        quotes = dict(sorted(quotes.items(), key=lambda item: coin_order(item[0])))
    return MappingProxyType(quotes)


def coin_order(coin: str) -> tuple[int, str]:
    """Where a coin stands among others: the arena's own first, then by name."""
    return (ARENA_COINS.index(coin) if coin in ARENA_COINS else len(ARENA_COINS)), coin


def _merge_decisions(board: Board, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    known = {decision.id: decision for decision in board.decisions}
    for decision in decisions:
        if _in_season(board, decision.account):
            known[decision.id] = decision if decision.texts is None else replace(decision, texts=None)
    ordered = sorted(known.values(), key=lambda d: (d.at, d.id), reverse=True)
    return tuple(ordered[:KEPT_DECISIONS])


def _with_analytics(board: Board, analytics: Iterable[Analytics]) -> Board:
    known = dict(board.analytics)
    for told in analytics:
        old = known.get(told.account)
        if _in_season(board, told.account) and (old is None or told.updated_at >= old.updated_at):
            known[told.account] = told
    return replace(board, analytics=MappingProxyType(known))


def _with_inceptions(board: Board, inceptions: Iterable[Inception]) -> Board:
    known = {i.account: i for i in inceptions if _in_season(board, i.account)}
    board = replace(board, inceptions=MappingProxyType({**board.inceptions, **known}))
    curves = {key: curve.with_capital(board.capital(key)) for key, curve in board.curves.items()}
    otherwise = any(curve is not board.curves[key] for key, curve in curves.items())
    board = replace(board, curves=MappingProxyType(curves))
    if board.event_window is None:
        return board
    return (
        _apply_event_delta(board, board.event_window.with_basis(board.ranking_basis)) if otherwise else board
    )


def _with_trades(board: Board, trades: Iterable[Trade]) -> Board:
    by_account: dict[AccountKey, list[Trade]] = {}
    for trade in trades:
        if _in_season(board, trade.account):
            by_account.setdefault(trade.account, []).append(trade)
    logs, closed = dict(board.trades), list[Trade]()
    for key, fresh in by_account.items():
        old = logs.get(key, TradeLog())
        logs[key] = old.extended(fresh)
        if logs[key] is not old:
            ids = {trade.id for trade in old.trades}
            closed += [trade for trade in logs[key].trades if trade.id not in ids]
    return _with_new_events(replace(board, trades=MappingProxyType(logs)), map(trade_event, closed))


def _with_rows(board: Board, rows: Iterable[AccountRow]) -> Board:
    mine = [row for row in rows if _in_season(board, row.account)]
    chronicle = board.event_window or start_window(
        board.ranking_basis, board.accounts.values(), board.curves, board.events
    )
    return _apply_event_delta(_with_curves(board, mine), chronicle.add_rows(mine))


def _with_curves(board: Board, rows: Iterable[AccountRow]) -> Board:
    """With the newest of these rows, and all of them in the curves."""
    accounts, curves = dict(board.accounts), dict(board.curves)
    by_account: dict[AccountKey, list[AccountRow]] = {}
    for row in rows:
        by_account.setdefault(row.account, []).append(row)
    for key, fresh in by_account.items():
        points = [(row.observed_at.timestamp(), row.equity_usd) for row in fresh]
        curve = curves.get(key)
        curves[key] = (curve if curve else Curve(board.capital(key))).extended(points)
        for row in sorted(fresh, key=lambda row: row.observed_at):
            newest = accounts.get(key)
            if newest is None or row.observed_at >= newest.observed_at:
                accounts[key] = row
    return replace(board, accounts=MappingProxyType(accounts), curves=MappingProxyType(curves))


def _apply_event_delta(board: Board, told: EventDelta) -> Board:
    """With what the chronicle tells now, and without what it tells no more."""
    gone = told.removed | {event.id for event in told.added}
    events = tuple(event for event in board.events if event.id not in gone) if gone else board.events
    return _with_new_events(replace(board, events=events, event_window=told.window), told.added)


def _with_new_events(board: Board, events: Iterable[Event]) -> Board:
    """With these events, the newest of them among those that are shown."""
    fresh = tuple(events)
    if not fresh:
        return board
    newest = nlargest(2 * KEPT_EVENTS, fresh, key=lambda event: (event.at, event.id))
    return replace(board, events=_merge_events(board.events, newest), new_events=(*board.new_events, *fresh))


def _merge_events(old: tuple[Event, ...], new: Iterable[Event]) -> tuple[Event, ...]:
    fresh = list(new)
    if not fresh:
        return old
    known = {event.id: event for event in (*old, *fresh)}
    told = superseded_by_trades(known.values())
    ordered = sorted(known.values(), key=lambda event: (event.at, event.id), reverse=True)
    return tuple(event for event in ordered if event.id not in told)[:KEPT_EVENTS]


def _with_leaderboard(board: Board) -> Board:
    stats: dict[AccountKey, TradeStats] = {key: log.stats for key, log in board.trades.items()}
    return replace(board, leaderboard=rank_accounts(board.roster, board.accounts, board.curves, stats))
