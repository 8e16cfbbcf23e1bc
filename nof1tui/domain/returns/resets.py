"""Resets of an account: detection from two neighbouring rows, and the lives they separate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available

CAPITAL_SHARE = 0.005
"""Equity this close to the capital counts as the capital itself."""
JUMP_SHARE = 0.05
"""A smaller change of equity does not count as a jump."""
LEAST_SIGNS = 2


class AccountSnapshot(Struct, frozen=True):
    """What one account row says that a reset would change; None where upstream does not say."""

    at: float
    equity_usd: float
    realized_usd: float | None = None
    positions: int | None = None
    """Open positions."""
    inception_at: float | None = None
    marker: int | None = None
    """Time since inception as upstream counts it; it only grows within a life."""
    trades: int | None = None
    """Closed trades as upstream counts them."""


class Reset(Struct, frozen=True):
    """A new life of an account begins with the row at this time."""

    at: float
    signs: tuple[str, ...]


def detect_reset(
    before: AccountSnapshot, after: AccountSnapshot, capital_usd: float | None, explained_usd: float = 0.0
) -> Reset | None:
    """The reset between two rows, where at least two signs agree.

    `explained_usd` is the part of the equity change that fills, funding and known flows account for.
    """
    signs = []
    if _back_at_capital(before, after, capital_usd, explained_usd):
        signs.append("equity back at capital")
    if _restarted(before, after):
        signs.append("inception or marker changed")
    if before.realized_usd and after.realized_usd == 0 and after.positions == 0:
        signs.append("realised back to 0 without positions")
    if before.trades is not None and after.trades is not None and after.trades < before.trades:
        signs.append("fewer trades")
    return Reset(after.at, tuple(signs)) if len(signs) >= LEAST_SIGNS else None


def _back_at_capital(
    before: AccountSnapshot, after: AccountSnapshot, capital_usd: float | None, explained_usd: float
) -> bool:
    if capital_usd is None or capital_usd <= 0:
        return False
    jump = after.equity_usd - before.equity_usd - explained_usd
    near = abs(after.equity_usd - capital_usd) <= CAPITAL_SHARE * capital_usd
    return near and abs(jump) > JUMP_SHARE * abs(before.equity_usd)


def _restarted(before: AccountSnapshot, after: AccountSnapshot) -> bool:
    known = before.inception_at is not None and after.inception_at is not None
    if known and before.inception_at != after.inception_at:
        return True
    return before.marker is not None and after.marker is not None and after.marker < before.marker


class AccountLife(Struct, frozen=True):
    """The account between two resets."""

    number: int
    """1 for the first."""
    began_at: float
    ended_at: float
    begin_usd: float
    end_usd: float
    reset: Reset | None = None
    """What began it; None for the first."""

    def return_on_capital(self, capital_usd: float | None) -> Estimate:
        """End value over the capital of the life less 1; right where no flow happened in the life."""
        if capital_usd is None or capital_usd <= 0:
            return not_available("capital unknown")
        return Estimate(self.end_usd / capital_usd - 1.0, 1)


def account_lives(rows: Iterable[AccountSnapshot], capital_usd: float | None) -> tuple[AccountLife, ...]:
    """The lives that rows in order of time show, each with its first and last value."""
    ordered = tuple(rows)
    if not ordered:
        return ()
    found = [detect_reset(before, after, capital_usd) for before, after in pairwise(ordered)]
    resets: list[Reset | None] = [None, *found]
    starts = [0, *(index for index, reset in enumerate(resets) if reset is not None)]
    ends = [*starts[1:], len(ordered)]
    return tuple(
        _life(number, ordered[start:end], resets[start])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    )


def _life(number: int, rows: Sequence[AccountSnapshot], reset: Reset | None) -> AccountLife:
    first, last = rows[0], rows[-1]
    return AccountLife(number, first.at, last.at, first.equity_usd, last.equity_usd, reset)
