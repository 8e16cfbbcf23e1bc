"""Plausibility of account rows: faults of the API show equities of zero, and so do real crashes.

A row is implausible when its equity is zero or less, or below a fifth or above five times the account's
equity within a day. An implausible row is accepted all the same when

- its own P&L accounts for it: capital + realised + unrealised P&L equal its equity, in either of the
  two ways that the API's sums add up (contract, quirk 5); or
- it persists: three observations in a row, at least ten minutes from first to last, are similar.

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

    capital: Callable[[AccountKey], float]
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
        known = self.accepted.get(row.account)
        reason = implausibility_reason(row, known)
        if reason is None or matches_own_pnl(row, self.capital(row.account)):
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


def implausibility_reason(row: AccountRow, known: AccountRow | None) -> str | None:
    """Why the equity of this row is implausible; None if it is not."""
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
    """Whether capital and the row's own P&L add up to its equity."""
    if row.realized_usd is None:
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
