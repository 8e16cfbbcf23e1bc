"""Which account rows to believe. Upstream's failures drew crashes to zero; true crashes look the same.

A row is doubted when its equity is zero or less, or has fallen below a fifth or risen above five
times what the account had within a day. A doubted row is believed all the same when

- its own books bear it out: capital + realised + unrealised P&L come to its equity, read in either
  of the two ways that upstream's sums add up (contract, quirk 5); or
- it stays: three observations in a row, ten minutes apart from first to last, tell about the same.

A liquidation passes by its books at once. A failure that zeroes the equity alone, or everything at
once, does not, and is over before it has stayed. What is not believed goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from nof1tui.domain.records import AccountKey, AccountRow

_MIN_RATIO, _MAX_RATIO = 0.2, 5.0
"""Equity against the account's last believed one."""
_COMPARISON_WINDOW = timedelta(days=1)
"""Rows further apart say nothing about each other."""
_PNL_TOLERANCE = 0.02
"""By how much of the capital the books may be out."""
_PERSISTENT_ROWS, _PERSISTENT_FOR = 3, timedelta(minutes=10)
_SIMILAR_RATIO = 2.0
"""Doubted rows tell about the same when none is more than so many times another."""
_NEGLIGIBLE_SHARE = 0.01
"""Of the believed equity: below it all figures are alike."""


@dataclass
class PlausibilityFilter:
    """Believes or doubts rows one by one, in the order of their time."""

    capital: Callable[[AccountKey], float]
    accepted: dict[AccountKey, AccountRow] = field(default_factory=dict)
    suspects: dict[AccountKey, list[AccountRow]] = field(default_factory=dict)
    """Since the last believed row of each account."""

    def seed(self, rows: Mapping[AccountKey, AccountRow]) -> None:
        """These are believed already."""
        for key, row in rows.items():
            known = self.accepted.get(key)
            if known is None or row.observed_at > known.observed_at:
                self.accepted[key] = row

    def evaluate(self, row: AccountRow) -> tuple[str | None, list[AccountRow]]:
        """Why the row is doubted, or None; and the rows that are believed now, doubted ones before it too."""
        known = self.accepted.get(row.account)
        doubt = implausibility_reason(row, known)
        if doubt is None or matches_own_pnl(row, self.capital(row.account)):
            return None, self._accept(row)
        waiting = self.suspects.setdefault(row.account, [])
        if all(row.observed_at != earlier.observed_at for earlier in waiting):
            waiting.append(row)
        if _is_persistent(waiting, known):
            return None, [*waiting[:-1], *self._accept(waiting[-1])]
        return doubt, []

    def _accept(self, row: AccountRow) -> list[AccountRow]:
        known = self.accepted.get(row.account)
        if known is None or row.observed_at >= known.observed_at:
            self.accepted[row.account] = row
            self.suspects.pop(row.account, None)
        return [row]


def implausibility_reason(row: AccountRow, known: AccountRow | None) -> str | None:
    """Why this row cannot be believed by its equity alone."""
    if known is not None and known.equity_usd <= 0:
        return None
    if known is None or abs(row.observed_at - known.observed_at) > _COMPARISON_WINDOW:
        return f"implausible equity: {row.equity_usd:,.2f} USD" if row.equity_usd <= 0 else None
    if _MIN_RATIO * known.equity_usd <= row.equity_usd <= _MAX_RATIO * known.equity_usd:
        return None
    return (
        f"implausible equity: {row.equity_usd:,.2f} USD, {known.equity_usd:,.2f} USD at "
        f"{known.observed_at:%F %TZ}, and the row's own profit and loss do not account for it"
    )


def matches_own_pnl(row: AccountRow, capital_usd: float) -> bool:
    """Whether the row's own books come to its equity."""
    if row.realized_usd is None:
        return False
    open_usd = row.unrealized_usd or 0.0
    sums = (capital_usd + row.realized_usd + open_usd, capital_usd + row.realized_usd - open_usd)
    return any(abs(total - row.equity_usd) <= _PNL_TOLERANCE * capital_usd for total in sums)


def _is_persistent(rows: list[AccountRow], known: AccountRow | None) -> bool:
    """Whether the newest doubted rows tell about the same for long enough."""
    rows.sort(key=lambda row: row.observed_at)
    newest = rows[-1]
    nothing = _NEGLIGIBLE_SHARE * known.equity_usd if known is not None else 0.0
    alike = 1
    for row in reversed(rows[:-1]):
        low, high = sorted((row.equity_usd, newest.equity_usd))
        if not (high <= nothing or (low > 0 and high <= _SIMILAR_RATIO * low)):
            break
        alike += 1
    del rows[: len(rows) - alike]
    return alike >= _PERSISTENT_ROWS and newest.observed_at - rows[0].observed_at >= _PERSISTENT_FOR
