"""Updates of boards: batches, failures, events and checks. Pure functions; boards are never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from heapq import nlargest
from types import MappingProxyType

from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board, Quote, TradeLog, coin_order
from nof1tui.domain.events.event import Event, drift_event, feed_event, superseded_by_trades, trade_event
from nof1tui.domain.events.window import EventDelta, start_window
from nof1tui.domain.health import FeedFailure, StoreHealth
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.ranking import rank_accounts
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    Inception,
    Price,
    Reconciliation,
    Trade,
)
from nof1tui.domain.returns.capital import settled_capital
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve

KEPT_DECISIONS = 400
"""Newest decisions on a board."""
KEPT_EVENTS = 300
"""Newest events on a board."""


def apply_batch(board: Board, batch: Batch) -> Board:
    """The board after a batch: records, health and events. Records of an older season are ignored."""
    return record_response(merge_records(board, batch), batch)


def record_response(board: Board, batch: Batch) -> Board:
    """The board with the feed's health after this response; a feed that recovers is an event."""
    known = board.health.feed(batch.feed)
    health = board.health.with_feed(known.succeeded(batch)).with_schema_drift(batch.drift)
    health = replace(health, rate_limit=batch.budget or health.rate_limit)
    board = replace(board, health=health)
    if known.failure is None:
        return board
    return _with_new_events(board, (feed_event("up", batch.feed, batch.fetched_at),))


def merge_records(board: Board, batch: Batch) -> Board:
    """The board with this batch's records; health is unchanged."""
    board = replace(board, new_events=())
    season = _current_season(board, batch)
    if season != board.season:
        known = board.early_inceptions
        board = Board(board.roster, season, prices=board.prices, health=board.health)
        board = _with_inceptions(board, known) if known else board
    elif season is None and batch.inceptions:
        early = {item.account: item for item in (*board.early_inceptions, *batch.inceptions)}.values()
        board = replace(board, early_inceptions=tuple(early))
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
    affects_ranking = batch.accounts or batch.trades or batch.inceptions
    return _with_leaderboard(board) if affects_ranking else board


def apply_failure(board: Board, failure: FeedFailure) -> Board:
    """The board after a failed poll: figures are kept, the feed's health and an event report the failure."""
    known = board.health.feed(failure.feed)
    board = replace(board, new_events=(), health=board.health.with_feed(known.failed(failure)))
    if known.failure is not None:
        return board
    return _with_new_events(board, (feed_event("down", failure.feed, failure.at, failure.reason),))


def with_events(board: Board, events: Iterable[Event]) -> Board:
    """With these events among those shown, but not among `new_events`."""
    return replace(board, events=_merge_events(board.events, events))


def with_reconciliations(board: Board, checks: Mapping[AccountKey, Reconciliation]) -> Board:
    """With these checks in place of all others; those of other seasons are ignored."""
    current = {key: check for key, check in checks.items() if _in_season(board, key)}
    return replace(board, reconciliations=MappingProxyType(current))


def apply_reconciliations(board: Board, checks: Iterable[Reconciliation]) -> Board:
    """The board after these checks; a mismatch that begins or ends is a new event."""
    board, fresh = replace(board, new_events=()), {check.account: check for check in checks}
    changes = [drift_event(board.reconciliations.get(key), check) for key, check in fresh.items()]
    board = with_reconciliations(board, {**board.reconciliations, **fresh})
    return _with_new_events(board, (event for event in changes if event is not None))


def with_store(board: Board, store: StoreHealth) -> Board:
    """With this state of the store."""
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
    """A board from stored records of one season, as shown at start or for a past time.

    `coins` are those that any account has held so far.
    """
    board = Board(roster, season, as_of=as_of)
    board = replace(board, prices=_merge_quotes({}, prices), curves=MappingProxyType(dict(curves)))
    board = replace(board, decisions=_merge_decisions(board, decisions), events=_merge_events((), events))
    board = _with_inceptions(_with_analytics(board, analytics), inceptions)
    board = replace(_with_trades(board, trades), new_events=())
    board = _with_curves(board, (row for row in rows if _in_season(board, row.account)))
    window = start_window(board.ranking_basis, board.accounts.values(), board.curves, board.events, coins)
    return _with_leaderboard(replace(board, event_window=window))


def _current_season(board: Board, batch: Batch) -> Season | None:
    """The season of the newest record: a new season replaces the one shown."""
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
    return max(moments, default=datetime.min.replace(tzinfo=UTC))


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


def _merge_decisions(board: Board, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    known = {decision.id: decision for decision in board.decisions}
    for decision in decisions:
        if _in_season(board, decision.account):
            known[decision.id] = decision if decision.texts is None else replace(decision, texts=None)
    ordered = sorted(known.values(), key=lambda d: (d.at, d.id), reverse=True)
    return tuple(ordered[:KEPT_DECISIONS])


def _with_analytics(board: Board, analytics: Iterable[Analytics]) -> Board:
    known = dict(board.analytics)
    for item in analytics:
        old = known.get(item.account)
        if _in_season(board, item.account) and (old is None or item.updated_at >= old.updated_at):
            known[item.account] = item
    return replace(board, analytics=MappingProxyType(known))


def _with_inceptions(board: Board, inceptions: Iterable[Inception]) -> Board:
    known = {i.account: i for i in inceptions if _in_season(board, i.account)}
    board = replace(board, inceptions=MappingProxyType({**board.inceptions, **known}))
    curves = {key: curve.with_capital(board.capital(key).usd) for key, curve in board.curves.items()}
    rebased = any(curve is not board.curves[key] for key, curve in curves.items())
    board = replace(board, curves=MappingProxyType(curves))
    if board.event_window is None or not rebased:
        return board
    return _apply_event_delta(board, board.event_window.with_basis(board.ranking_basis))


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
    current = [row for row in rows if _in_season(board, row.account)]
    window = board.event_window or start_window(
        board.ranking_basis, board.accounts.values(), board.curves, board.events
    )
    return _apply_event_delta(_with_curves(board, current), window.add_rows(current))


def _with_curves(board: Board, rows: Iterable[AccountRow]) -> Board:
    """With the newest of these rows as account states, and all rows added to the curves."""
    accounts, curves = dict(board.accounts), dict(board.curves)
    by_account: dict[AccountKey, list[AccountRow]] = {}
    for row in rows:
        by_account.setdefault(row.account, []).append(row)
    for key, fresh in by_account.items():
        points = [(row.observed_at.timestamp(), row.equity_usd) for row in fresh]
        curve = curves.get(key) or Curve(None)
        curves[key] = curve.with_capital(_capital_usd(board, key, curve, fresh)).extended(points)
        for row in sorted(fresh, key=lambda row: row.observed_at):
            newest = accounts.get(key)
            if newest is None or row.observed_at >= newest.observed_at:
                accounts[key] = row
    return replace(board, accounts=MappingProxyType(accounts), curves=MappingProxyType(curves))


def _capital_usd(board: Board, key: AccountKey, curve: Curve, rows: Iterable[AccountRow]) -> float | None:
    """The stated capital, else the one that the newest row implies or agrees with."""
    stated_usd = board.ranking_basis.capital(key)
    if stated_usd is not None:
        return stated_usd
    return settled_capital(curve.capital_usd, max(rows, key=lambda row: row.observed_at))


def _apply_event_delta(board: Board, delta: EventDelta) -> Board:
    """With the window and the events of the delta, without the events it removes."""
    gone = delta.removed | {event.id for event in delta.added}
    events = tuple(event for event in board.events if event.id not in gone) if gone else board.events
    return _with_new_events(replace(board, events=events, event_window=delta.window), delta.added)


def _with_new_events(board: Board, events: Iterable[Event]) -> Board:
    """With these as new events, the newest of them among those shown."""
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
    superseded = superseded_by_trades(known.values())
    ordered = sorted(known.values(), key=lambda event: (event.at, event.id), reverse=True)
    return tuple(event for event in ordered if event.id not in superseded)[:KEPT_EVENTS]


def _with_leaderboard(board: Board) -> Board:
    stats: dict[AccountKey, TradeStats] = {key: log.stats for key, log in board.trades.items()}
    return replace(board, leaderboard=rank_accounts(board.roster, board.accounts, board.curves, stats))
