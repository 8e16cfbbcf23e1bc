"""Holding an arena's rows against the chain, now and then: whether they say what is true."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from random import random

from nof1tui.domain.board import Board
from nof1tui.domain.fills.reconciliation import (
    MAX_REPORT_LAG,
    MAX_ROW_AGE,
    ChainDifference,
    ReconciliationState,
    compare_with_chain,
    mark_unchecked,
    next_state,
)
from nof1tui.domain.records import AccountKey, AccountRow, Reconciliation
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.ports.source import Chain

log = logging.getLogger(__name__)

FIRST_CHECK_S = 10.0
"""After the start, so that a start is not slowed and there are rows to check."""
CHECK_JITTER = 0.1
"""Of the interval, and never less than it: many instances shall not ask at the same moment, and a suspect is
a minute old when it is judged again."""


class ChainVerifier:
    """Checks every account whose wallet is known, one after the other."""

    def __init__(
        self,
        chain: Chain,
        wallet_of: Callable[[AccountKey], str | None],
        *,
        board: Callable[[], Board],
        tell: Callable[[Sequence[Reconciliation]], None],
        clock: Callable[[], datetime],
        interval_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random,
    ) -> None:
        self._chain = chain
        self._wallet_of = wallet_of
        self._board = board
        self._on_checks = tell
        self._clock = clock
        self._interval_s = interval_s
        self._sleep = sleep
        self._jitter = chance
        self._watched: dict[AccountKey, ReconciliationState] = {}

    async def run(self) -> None:
        """Check until cancelled."""
        await self._sleep(min(FIRST_CHECK_S, self._interval_s))
        while True:
            await self.check()
            await self._sleep(self._interval_s * (1 + CHECK_JITTER * self._jitter()))

    async def check(self) -> tuple[Reconciliation, ...]:
        """One round. What the board knew before the start is gone on from."""
        board = self._board()
        for key, known in board.reconciliations.items():
            self._watched.setdefault(key, ReconciliationState(known))
        rows = {key: row for key, row in board.accounts.items() if self._wallet_of(key)}
        shared = Counter(self._wallet_of(key) for key in rows)
        away: str | None = None
        checks: list[Reconciliation] = []
        for key, row in rows.items():
            address = self._wallet_of(key) or ""
            reason = away or _skip_reason(row, self._clock(), shared[address])
            if reason is None:
                try:
                    self._watched[key] = await self._verify(row, address)
                except SourceUnavailable as error:
                    reason = sanitise_line(str(error), 120)
                    away = reason if _is_unreachable(error) else None
            if reason is not None:
                self._watched[key] = mark_unchecked(self._watched.get(key), key, self._clock(), reason)
            checks.append(self._watched[key].reconciliation)
        self._log(board.reconciliations, checks)
        if checks:
            self._on_checks(checks)
        return tuple(checks)

    async def _verify(self, row: AccountRow, address: str) -> ReconciliationState:
        before = self._watched.get(row.account)
        rows = [row] if before is None or before.suspect is None else [row, before.suspect]
        state = await self._chain.fetch_state(address)
        behind = row.observed_at - state.at
        if behind > MAX_REPORT_LAG:
            raise SourceMalformed(f"the chain's answer is {behind.total_seconds():,.0f} s older than the row")
        fills = await self._chain.fetch_fills(address, min(its.observed_at for its in rows) - MAX_REPORT_LAG)
        found: list[ChainDifference | None] = [compare_with_chain(its, state, fills) for its in rows]
        return next_state(before, row, self._clock(), found[0], found[-1])

    def _log(self, known: Mapping[AccountKey, Reconciliation], checks: Iterable[Reconciliation]) -> None:
        for check in checks:
            before = known.get(check.account)
            if before is None or before.verdict != check.verdict:
                level = logging.WARNING if check.verdict == "drift" else logging.INFO
                log.log(level, "chain: %s: %s %s", check.account.slug, check.verdict, check.reason)


def _is_unreachable(error: SourceUnavailable) -> bool:
    """Whether no other wallet need be asked: an answer that makes no sense is of one wallet alone."""
    return not isinstance(error, SourceMalformed) and error.status in (None, 429)


def _skip_reason(row: AccountRow, now: datetime, accounts: int) -> str | None:
    """Why a row cannot be held against the chain."""
    if accounts > 1:
        return "one wallet, several accounts"
    age = now - row.observed_at
    if age > MAX_ROW_AGE:
        return f"its newest row is {age.total_seconds() / 60:,.0f} min old"
    return None
