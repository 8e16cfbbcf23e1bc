"""Plausibility of account rows: faults of the API show equities of zero, and so do real crashes.

A row is implausible when its equity is zero or less, or below a fifth or above five times the account's
equity within a day, or as a first row above a thousand times the capital. An implausible row is accepted
all the same when

- its own P&L accounts for it: capital + realised + unrealised P&L equal its equity, in either of the
  two ways that the API's sums add up (contract, quirk 5); or
- it persists: three observations in a row, at least ten minutes from first to last, are similar.

An equity beyond a trillion USD is never accepted.

A liquidation is accepted immediately by its P&L. A fault that zeroes the equity, or all figures, is not,
and usually ends before it persists. Rows that are not accepted are quarantined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from nof1tui.domain.records import AccountKey, AccountRow

_MIN_RATIO, _MAX_RATIO = 0.2, 5.0
"""Equity relative to the account's last accepted one."""
_MAX_FIRST_RATIO = 1_000.0
"""Equity of an account's first row relative to its capital."""
_MAX_EQUITY_USD = 1e12
_COMPARISON_WINDOW = timedelta(days=1)
"""Rows further apart are not compared."""
_PNL_TOLERANCE = 0.02
"""Allowed error of the P&L sum, as a share of the capital."""
_PERSISTENT_ROWS, _PERSISTENT_FOR = 3, timedelta(minutes=10)
_SIMILAR_RATIO = 2.0
"""Largest ratio of two equities that count as similar."""
_NEGLIGIBLE_SHARE = 0.01
"""Equities below this share of the accepted one count as similar."""


@dataclass
class PlausibilityFilter:
    """Accepts or rejects account rows one by one, in the order of their time."""

    capital: Callable[[AccountKey], float | None]
    """Starting capital of an account, USD; None where it is unknown."""
    accepted: dict[AccountKey, AccountRow] = field(default_factory=dict)
    suspects: dict[AccountKey, list[AccountRow]] = field(default_factory=dict)
    """Implausible rows since the last accepted row of each account."""

    def seed(self, rows: Mapping[AccountKey, AccountRow]) -> None:
        """Take these rows as accepted."""
        for key, row in rows.items():
            known = self.accepted.get(key)
            if known is None or row.observed_at > known.observed_at:
                self.accepted[key] = row

    def evaluate(self, row: AccountRow) -> tuple[str | None, list[AccountRow]]:
        """Why the row is rejected, or None; and the rows accepted now, including earlier rejected ones."""
        known, capital_usd = self.accepted.get(row.account), self.capital(row.account)
        reason = implausibility_reason(row, known, capital_usd)
        if abs(row.equity_usd) > _MAX_EQUITY_USD:
            return reason, []
        if reason is None or matches_own_pnl(row, implied_capital(capital_usd, known)):
            return None, self._accept(row)
        suspects = self.suspects.setdefault(row.account, [])
        if all(row.observed_at != earlier.observed_at for earlier in suspects):
            suspects.append(row)
        if _is_persistent(suspects, known):
            return None, [*suspects[:-1], *self._accept(suspects[-1])]
        return reason, []

    def _accept(self, row: AccountRow) -> list[AccountRow]:
        known = self.accepted.get(row.account)
        if known is None or row.observed_at >= known.observed_at:
            self.accepted[row.account] = row
            self.suspects.pop(row.account, None)
        return [row]


def implausibility_reason(
    row: AccountRow, known: AccountRow | None, capital_usd: float | None = None
) -> str | None:
    """Why the equity of this row is implausible, beside the account's known row; None if it is not."""
    doubt = f"implausible equity: {row.equity_usd:,.2f} USD"
    if abs(row.equity_usd) > _MAX_EQUITY_USD:
        return doubt
    if known is not None and known.equity_usd <= 0:
        return None
    if known is None and capital_usd is not None and row.equity_usd > _MAX_FIRST_RATIO * capital_usd:
        return f"{doubt}, with a capital of {capital_usd:,.0f} USD"
    if known is None or abs(row.observed_at - known.observed_at) > _COMPARISON_WINDOW:
        return doubt if row.equity_usd <= 0 else None
    if _MIN_RATIO * known.equity_usd <= row.equity_usd <= _MAX_RATIO * known.equity_usd:
        return None
    return (
        f"{doubt}, {known.equity_usd:,.2f} USD at {known.observed_at:%F %TZ}, "
        "and the row's own profit and loss do not account for it"
    )


def implied_capital(capital_usd: float | None, known: AccountRow | None) -> float | None:
    """The capital, or what the known row's equity is without its P&L; None where neither is known."""
    if capital_usd is not None or known is None or known.realized_usd is None:
        return capital_usd
    return known.equity_usd - known.realized_usd - (known.unrealized_usd or 0.0)


def matches_own_pnl(row: AccountRow, capital_usd: float | None) -> bool:
    """Whether capital and the row's own P&L add up to its equity."""
    if row.realized_usd is None or capital_usd is None or capital_usd <= 0:
        return False
    unrealized_usd = row.unrealized_usd or 0.0
    sums = (capital_usd + row.realized_usd + unrealized_usd, capital_usd + row.realized_usd - unrealized_usd)
    return any(abs(total - row.equity_usd) <= _PNL_TOLERANCE * capital_usd for total in sums)


def _is_persistent(rows: list[AccountRow], known: AccountRow | None) -> bool:
    """Whether the newest rows are similar for long enough; drops the older, dissimilar ones."""
    rows.sort(key=lambda row: row.observed_at)
    newest = rows[-1]
    negligible_usd = _NEGLIGIBLE_SHARE * known.equity_usd if known is not None else 0.0
    similar = 1
    for row in reversed(rows[:-1]):
        low, high = sorted((row.equity_usd, newest.equity_usd))
        if not (high <= negligible_usd or (low > 0 and high <= _SIMILAR_RATIO * low)):
            break
        similar += 1
    del rows[: len(rows) - similar]
    return similar >= _PERSISTENT_ROWS and newest.observed_at - rows[0].observed_at >= _PERSISTENT_FOR
