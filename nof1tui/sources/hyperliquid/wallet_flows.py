"""Capital flows of a watched wallet, from its ledger and, where that does not reach, from its portfolio."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey, AccountRow, CapitalFlow, LedgerReading
from nof1tui.domain.returns.account_index import IndexRow
from nof1tui.domain.returns.portfolio import PortfolioPoint
from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.hyperliquid.client import CHAIN_EPOCH, FetchReport, InfoClient
from nof1tui.sources.hyperliquid.ledger import LedgerEntry, Scope, ledger_flows
from nof1tui.sources.hyperliquid.portfolio_flows import portfolio_flows, portfolio_points, reading_flows
from nof1tui.sources.hyperliquid.schema import PeriodWire

_LEDGER_DELAY = timedelta(seconds=10)
"""Delay until the ledger surely lists what a state shows."""
_REFUSED_AGAIN_S = 3600.0
"""Interval between two requests to a server that has no ledger."""


@dataclass
class WalletFlows:
    """The flows of one wallet that are known so far, and what was delivered of them."""

    account: AccountKey
    address: str
    scope: Scope = "perps"
    known: dict[str, CapitalFlow] = field(default_factory=dict)
    """By id."""
    entries: dict[str, LedgerEntry] = field(default_factory=dict)
    read_to: datetime | None = None
    """How far the ledger was read; None before the first answer, or where there is none."""
    uncounted: int = 0
    refused_s: float = -inf
    """When the server last refused the request (monotonic)."""
    undelivered: list[CapitalFlow] = field(default_factory=list)
    reading_delivered: datetime | None = None
    last_reading: PortfolioPoint | None = None

    @property
    def covered_since(self) -> float:
        """The first entry of the ledger: money that was there before must have come before."""
        return min((entry.at.timestamp() for entry in self.entries.values()), default=inf)

    def add(self, flows: Iterable[CapitalFlow]) -> None:
        """Add these flows; known ones are not delivered again."""
        for flow in flows:
            if flow.id not in self.known:
                self.known[flow.id] = flow
                self.undelivered.append(flow)

    def take_new(self, board: Board) -> tuple[list[CapitalFlow], list[LedgerReading]]:
        """Flows and the reading that the board does not have; all flows where it has none."""
        flows = self.undelivered if self.account in board.flows else list(self.known.values())
        self.undelivered = []
        if self.read_to is None:
            return flows, []
        reading = board.ledgers.get(self.account)
        if reading is not None and reading.read_to >= self.read_to and not flows:
            return flows, []
        return flows, [LedgerReading(self.account, self.read_to, self.uncounted)]


class WalletFlowReader:
    """Reads ledgers and takes flows from portfolios."""

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

    async def read_ledger(self, flows: WalletFlows, report: FetchReport) -> None:
        """Read what is new in the ledger. A server without one is asked again after an hour."""
        if self._monotonic() - flows.refused_s < _REFUSED_AGAIN_S:
            return
        now = self._clock()
        since = max((entry.at for entry in flows.entries.values()), default=CHAIN_EPOCH)
        try:
            entries = await self._info.fetch_ledger(
                flows.address, since, reserve=self._reserve(), report=report
            )
        except SourceUnavailable as error:
            if error.status not in (400, 404, 422, 500):
                raise
            flows.refused_s, flows.read_to = self._monotonic(), None
            return
        fresh = [entry for entry in entries if entry.id not in flows.entries]
        flows.entries |= {entry.id: entry for entry in fresh}
        found, uncounted = ledger_flows(fresh, flows.account, flows.address, flows.scope, now)
        flows.add(found)
        flows.uncounted += uncounted
        flows.read_to = now - _LEDGER_DELAY

    def add_portfolio(
        self, flows: WalletFlows, periods: Sequence[PeriodWire], ends: Iterable[datetime]
    ) -> None:
        """Flows inside the portfolio's intervals that end at these moments, and since its last reading."""
        now = self._clock()
        flows.add(portfolio_flows(periods, flows.account, now, covered_since=flows.covered_since, ends=ends))
        points = portfolio_points(periods[0]) if periods else []
        if not points:
            return
        if flows.last_reading is not None and flows.last_reading.at < flows.covered_since:
            flows.add(reading_flows(flows.last_reading, points[-1], flows.account, now))
        flows.last_reading = points[-1]


def shows_unlisted_flow(row: AccountRow, board: Board) -> bool:
    """Whether the row changes by what looks like a flow that no ledger has listed yet."""
    indexed = board.indexes.get(row.account)
    if indexed is None or indexed.index.state.at >= row.observed_at.timestamp():
        return False
    return indexed.index.observed(IndexRow.of(row))[0].pending is not None
