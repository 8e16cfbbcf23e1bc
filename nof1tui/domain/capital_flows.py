"""Capital flows on boards: the flows of each account, and the indexes behind its figures of performance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.metrics.ranking import IndexedValue
from nof1tui.domain.records import AccountKey, AccountRow, CapitalFlow, LedgerReading
from nof1tui.domain.returns.account_index import (
    AccountIndex,
    FlowBook,
    IndexedCurve,
    IndexRow,
    Point,
    base_capital_usd,
    build_index,
)
from nof1tui.domain.returns.facts import COLLECTED_WITHIN_S
from nof1tui.domain.returns.index import index_return
from nof1tui.domain.series.curve import Curve

Anchors = Mapping[AccountKey, tuple[Point, ...]]
"""Stored rows on both sides of each flow, by account."""
COLLECTED_WITHIN = timedelta(seconds=COLLECTED_WITHIN_S)
_NO_ANCHORS: Anchors = MappingProxyType({})


def with_flows(
    board: Board,
    flows: Iterable[CapitalFlow],
    ledgers: Iterable[LedgerReading] = (),
    anchors: Anchors = _NO_ANCHORS,
) -> Board:
    """The board with these flows and readings of ledgers; those of other seasons are ignored.

    A flow that is learned late changes the figures from its own time on.
    """
    known, readings = dict(board.flows), dict(board.ledgers)
    touched = set[AccountKey]()
    for flow in new_flows(board, flows):
        known[flow.account] = (*known.get(flow.account, ()), flow)
        touched.add(flow.account)
    for key in touched:
        known[key] = tuple(sorted(known[key], key=lambda flow: (flow.at, flow.id)))
    for reading in ledgers:
        if _in_season(board, reading.account):
            readings[reading.account] = reading
            touched.add(reading.account)
    if not touched:
        return board
    board = replace(board, flows=MappingProxyType(known), ledgers=MappingProxyType(readings))
    indexes = dict(board.indexes)
    for key in touched:
        indexes[key] = _with_book(board, key, anchors.get(key, ()))
    return replace(board, indexes=MappingProxyType(indexes))


def new_flows(board: Board, flows: Iterable[CapitalFlow]) -> list[CapitalFlow]:
    """Those of the board's season that it does not have."""
    fresh = {flow.id: flow for flow in flows if _in_season(board, flow.account)}
    known = {
        flow.id for key in {flow.account for flow in fresh.values()} for flow in board.flows.get(key, ())
    }
    return [flow for name, flow in fresh.items() if name not in known]


def _in_season(board: Board, key: AccountKey) -> bool:
    return board.season is not None and key.season == board.season.slug


def _book(board: Board, key: AccountKey) -> FlowBook:
    reading = board.ledgers.get(key)
    read_to = None if reading is None else reading.read_to.timestamp()
    return FlowBook.of(board.flows.get(key, ()), read_to)


def _with_book(board: Board, key: AccountKey, anchors: tuple[Point, ...]) -> IndexedCurve:
    book, known = _book(board, key), board.indexes.get(key)
    changed_at = None if known is None else book.changed_since(known.index.book)
    if known is None or anchors or (changed_at is not None and changed_at <= known.index.state.at):
        return rebuilt(board, key, anchors)
    index, points = known.index.with_book(book)
    return known.with_points(index, points, _settled_curve(board, key, known.index))


def _settled_curve(board: Board, key: AccountKey, index: AccountIndex) -> Curve:
    """The equity curve up to the last row that counts."""
    return board.curves.get(key, Curve(None)).until(index.state.at)


def rebuilt(board: Board, key: AccountKey, anchors: tuple[Point, ...] = ()) -> IndexedCurve:
    """The index of an account over its whole equity curve."""
    book, equity, known = _book(board, key), board.curves.get(key, Curve(None)), board.indexes.get(key)
    anchors = tuple(sorted({*anchors, *(known.index.anchors if known else ())}))
    newest = list(known.index.held) if known else []
    if key in board.accounts and not newest:
        newest = [IndexRow.of(board.accounts[key])]
    index, values = build_index(book, equity.points(), newest, anchors)
    base_usd = _base(board, key, book, equity)
    if not index.moved and base_usd == equity.capital_usd:
        return IndexedCurve(index)
    index = replace(index, moved=True)
    lived = [point for point in values if point[0] >= (index.state.began_at or 0.0)]
    if index.state.life > 1:
        return IndexedCurve(index, Curve.of(index.state.began_usd, lived))
    return IndexedCurve(index, Curve.of(base_usd, lived))


def _base(board: Board, key: AccountKey, book: FlowBook, equity: Curve) -> float | None:
    inception = board.inceptions.get(key)
    first = (equity.times[0], equity.values[0]) if equity.times else None
    return base_capital_usd(
        equity.capital_usd, None if inception is None else inception.inception_at.timestamp(), first, book
    )


def index_rows(before: Board, board: Board, rows: Iterable[AccountRow]) -> Board:
    """The board with its indexes moved on by these rows, which its curves have already.

    Accounts without flows and without a ledger have none, and cost nothing.
    """
    fresh: dict[AccountKey, list[AccountRow]] = {}
    for row in rows:
        if row.account in board.indexes:
            fresh.setdefault(row.account, []).append(row)
    if not fresh:
        return board
    indexes = dict(board.indexes)
    for key, of_account in fresh.items():
        indexes[key] = _observed(before, board, key, of_account)
    return replace(board, indexes=MappingProxyType(indexes))


def _observed(before: Board, board: Board, key: AccountKey, rows: list[AccountRow]) -> IndexedCurve:
    known = board.indexes[key]
    newest_at = max((known.index.state.at, *(row.at for row in known.index.held)))
    ordered = sorted(map(IndexRow.of, rows), key=lambda row: row.at)
    ordered = [row for row in ordered if not _is_known(board, known, row)]
    if ordered and (ordered[0].at <= newest_at or known.index.settled is None):
        return rebuilt(board, key)
    index, points = known.index, list[Point]()
    for row in ordered:
        index, settled = index.observed(row)
        points += settled
    return known.with_points(index, points, before.curves.get(key, Curve(None)))


def _is_known(board: Board, known: IndexedCurve, row: IndexRow) -> bool:
    """Whether the row was taken in before, with the same equity."""
    taken = (*known.index.held, *((known.index.settled,) if known.index.settled else ()))
    return any(other.at == row.at and other.equity_usd == row.equity_usd for other in taken)


def indexed_values(board: Board) -> Mapping[AccountKey, IndexedValue]:
    """The newest values of the accounts whose index differs from their equity."""
    values = dict[AccountKey, IndexedValue]()
    for key, indexed in board.indexes.items():
        index, curve = indexed.index, indexed.curve or board.curves.get(key)
        if index.moved and curve is not None:
            estimate = index_return(index.state)
            values[key] = IndexedValue(
                index.value_usd,
                curve,
                *index.band,
                index.marks,
                estimate.reason if index.pending is None else index.pending.label,
                estimate.value is not None,
                _restated_at(board, key),
            )
    return values


def _restated_at(board: Board, key: AccountKey) -> datetime | None:
    """When the last flow was learned that the figures shown at the time of the board lacked.

    None for the newest board, and where nothing was collected at that time: no other figures were shown.
    """
    row, as_of = board.accounts.get(key), board.as_of
    if as_of is None or row is None or not as_of - COLLECTED_WITHIN <= row.fetched_at <= as_of:
        return None
    return max(
        (flow.fetched_at for flow in board.flows.get(key, ()) if flow.fetched_at > as_of), default=None
    )


def rebase_indexes(board: Board, keys: Iterable[AccountKey]) -> Board:
    """The board with the indexes of these accounts made again, after their capital changed."""
    indexes = {key: rebuilt(board, key) for key in keys if key in board.indexes}
    return replace(board, indexes=MappingProxyType({**board.indexes, **indexes})) if indexes else board
