"""Flows that show in the equity before the ledger names them, and the index held until they are settled.

A change of equity that trading does not explain is a pending flow while the ledger has not been read past
the row. The index keeps its last settled value, so that no alert fires on money that moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from msgspec import Struct, structs

from nof1tui.domain.estimate import merged_marks
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint, Ledger
from nof1tui.domain.returns.index import START, IndexState, advance, flows_between, start_life

PENDING_USD = 5.0
PENDING_SHARE = 0.01
"""An unexplained change over this share of the begin value, and over `PENDING_USD`, is a pending flow."""
WITHOUT_LEDGER_S = 600.0
"""Sources without a ledger: after this time an unexplained change counts as P&L."""


class TradingPnl(Struct, frozen=True):
    """Realised results of one interval between rows: unknown parts are 0."""

    closed_usd: float = 0.0
    """Price result of closed positions, before fees and funding."""
    fees_usd: float = 0.0
    """A cost is positive."""
    funding_usd: float = 0.0
    """Received is positive."""


class PendingFlow(Struct, frozen=True):
    """A change of equity that neither trading nor a known flow explains."""

    at: float
    """Time of the row that shows it."""
    usd: float
    seen_at: float
    """Our clock when the row was taken in."""

    @property
    def label(self) -> str:
        return f"pending flow of about {self.usd:,.0f}"


class HeldRow(Struct, frozen=True):
    """A row that waits for the ledger."""

    point: EquityPoint
    trading: TradingPnl
    seen_at: float


class LiveIndex(Struct, frozen=True):
    """An index as a live screen shows it: the settled state, and the rows that wait behind it."""

    state: IndexState = START
    unrealized_usd: float = 0.0
    """Unrealised P&L of the last settled row; 0 where unknown."""
    held: tuple[HeldRow, ...] = ()
    pending: PendingFlow | None = None


def unexplained_change(
    begin_usd: float, end_usd: float, unrealized_change_usd: float, trading: TradingPnl
) -> float:
    """Change of equity less unrealised and realised results: what flows or unknown P&L account for."""
    realised = (-trading.closed_usd, trading.fees_usd, -trading.funding_usd)
    return fsum((end_usd, -begin_usd, -unrealized_change_usd, *realised))


def is_pending(change_usd: float, begin_usd: float) -> bool:
    """Whether an unexplained change is large enough to hold the index for."""
    return abs(change_usd) > max(PENDING_USD, PENDING_SHARE * begin_usd)


def observe_row(
    live: LiveIndex, point: EquityPoint, trading: TradingPnl, ledger: Ledger, now: float
) -> LiveIndex:
    """The live index after a further row. `now` is the clock by which unexplained changes age."""
    if not point.is_row:
        return live
    row = HeldRow(point, trading, now)
    if live.pending is not None:
        return settle_pending(structs.replace(live, held=(*live.held, row)), ledger, now)
    return _take_row(live, row, ledger, now)


def settle_pending(
    live: LiveIndex, ledger: Ledger, now: float, *, undated_usd: float | None = None
) -> LiveIndex:
    """The live index after the ledger was read, or after time passed for a source without one.

    `undated_usd` is the flow of the first held interval by the next portfolio reading (change of value less
    change of P&L), where that explains it before the ledger does.
    """
    settled = structs.replace(live, held=(), pending=None)
    for number, row in enumerate(live.held):
        if settled.pending is not None:
            settled = structs.replace(settled, held=(*settled.held, row))
        else:
            settled = _take_row(settled, row, ledger, now, undated_usd if number == 0 else None)
    return settled


def start_live_life(live: LiveIndex, point: EquityPoint) -> LiveIndex:
    """A new life after a reset that this row shows: rows that wait for the ledger belong to the old one."""
    return LiveIndex(start_life(live.state, point), point.unrealized_usd or 0.0)


def _take_row(
    live: LiveIndex, row: HeldRow, ledger: Ledger, now: float, undated_usd: float | None = None
) -> LiveIndex:
    """Advance by the row, or hold it."""
    state, point = live.state, row.point
    unrealized = point.unrealized_usd or 0.0
    if state.phase != "running":
        return LiveIndex(advance(state, point), unrealized)
    flows = flows_between(ledger.flows, state.at, point.at)
    rest = _unexplained(live, row, flows, undated_usd)
    unexplained = is_pending(rest, state.equity_usd)
    if unexplained and not _is_final(row, ledger, now):
        return structs.replace(live, held=(row,), pending=PendingFlow(point.at, rest, row.seen_at))
    advanced = advance(state, point, flows, undated_usd=undated_usd)
    if unexplained:
        advanced = structs.replace(advanced, marks=merged_marks(advanced.marks, ("unexplained",)))
    return LiveIndex(advanced, unrealized)


def _is_final(row: HeldRow, ledger: Ledger, now: float) -> bool:
    return ledger.is_read_past(row.point.at) if ledger.exists else now - row.seen_at >= WITHOUT_LEDGER_S


def _unexplained(
    live: LiveIndex, row: HeldRow, flows: Sequence[CapitalFlow], undated_usd: float | None
) -> float:
    begin, end = Valuation(live.state.at, live.state.equity_usd), row.point.equity_usd or 0.0
    moved = (row.point.unrealized_usd or 0.0) - live.unrealized_usd
    change = unexplained_change(begin.usd, end, moved, row.trading)
    return fsum((change, -(undated_usd or 0.0), *(-flow.usd for flow in flows)))
