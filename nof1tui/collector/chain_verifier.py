"""Verifies an arena's account rows on chain, periodically."""

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
"""Seconds after the start, when there are rows to verify and the start is over."""
CHECK_JITTER = 0.1
"""Share of the interval that is added at random, so that instances do not send requests together. It only
adds: a suspect row must be a minute old when it is verified again."""


class ChainVerifier:
    """Verifies every account with a known wallet, one after the other."""

    def __init__(
        self,
        make_chain: Callable[[], Chain],
        wallet_of: Callable[[AccountKey], str | None],
        *,
        board: Callable[[], Board],
        on_checks: Callable[[Sequence[Reconciliation]], None],
        clock: Callable[[], datetime],
        interval_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random,
    ) -> None:
        """`make_chain` is called for the first check; the chain is closed by `aclose`."""
        self._make_chain = make_chain
        self._chain: Chain | None = None
        self._wallet_of = wallet_of
        self._board = board
        self._on_checks = on_checks
        self._clock = clock
        self._interval_s = interval_s
        self._sleep = sleep
        self._jitter = jitter
        self._states: dict[AccountKey, ReconciliationState] = {}

    async def run(self) -> None:
        """Verify until cancelled."""
        await self._sleep(min(FIRST_CHECK_S, self._interval_s))
        while True:
            await self.check()
            await self._sleep(self._interval_s * (1 + CHECK_JITTER * self._jitter()))

    async def check(self) -> tuple[Reconciliation, ...]:
        """Verify all accounts once, continuing from the checks of the board."""
        board = self._board()
        for key, previous in board.reconciliations.items():
            self._states.setdefault(key, ReconciliationState(previous))
        rows = {key: row for key, row in board.accounts.items() if self._wallet_of(key)}
        shared = Counter(self._wallet_of(key) for key in rows)
        unreachable: str | None = None
        checks: list[Reconciliation] = []
        for key, row in rows.items():
            address = self._wallet_of(key) or ""
            reason = unreachable or _skip_reason(row, self._clock(), shared[address])
            if reason is None:
                try:
                    self._states[key] = await self._verify(row, address)
                except SourceUnavailable as error:
                    reason = sanitise_line(str(error), 120)
                    unreachable = reason if _is_unreachable(error) else None
            if reason is not None:
                self._states[key] = mark_unchecked(self._states.get(key), key, self._clock(), reason)
            checks.append(self._states[key].reconciliation)
        self._log(board.reconciliations, checks)
        if checks:
            self._on_checks(checks)
        return tuple(checks)

    async def aclose(self) -> None:
        """Close the chain, if it was used."""
        if self._chain is not None:
            await self._chain.aclose()

    async def _verify(self, row: AccountRow, address: str) -> ReconciliationState:
        if self._chain is None:
            self._chain = self._make_chain()
        before = self._states.get(row.account)
        rows = [row] if before is None or before.suspect is None else [row, before.suspect]
        state = await self._chain.fetch_state(address)
        behind = row.observed_at - state.at
        if behind > MAX_REPORT_LAG:
            raise SourceMalformed(
                f"the chain's response is {behind.total_seconds():,.0f} s older than the row"
            )
        fills = await self._chain.fetch_fills(
            address, min(each.observed_at for each in rows) - MAX_REPORT_LAG
        )
        differences: list[ChainDifference | None] = [compare_with_chain(each, state, fills) for each in rows]
        return next_state(before, row, self._clock(), differences[0], differences[-1])

    def _log(self, previous: Mapping[AccountKey, Reconciliation], checks: Iterable[Reconciliation]) -> None:
        for check in checks:
            before = previous.get(check.account)
            if before is None or before.verdict != check.verdict:
                level = logging.WARNING if check.verdict == "drift" else logging.INFO
                log.log(level, "chain: %s: %s %s", check.account.slug, check.verdict, check.reason)


def _is_unreachable(error: SourceUnavailable) -> bool:
    """Whether other wallets need not be tried; a malformed response concerns one wallet only."""
    return not isinstance(error, SourceMalformed) and error.status in (None, 429)


def _skip_reason(row: AccountRow, now: datetime, accounts: int) -> str | None:
    """Why a row cannot be verified; None if it can."""
    if accounts > 1:
        return "several accounts share the wallet"
    age = now - row.observed_at
    if age > MAX_ROW_AGE:
        return f"newest row is {age.total_seconds() / 60:,.0f} min old"
    return None
