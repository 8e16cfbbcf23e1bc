"""Capital of an account: what was put in, from the best source there is, or unknown with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, fsum, inf, log10
from typing import Literal

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.records import AccountRow
from nof1tui.domain.returns.facts import CapitalFact, CapitalFlow

CapitalSource = Literal["known", "ledger", "inferred", "unknown"]
AGREEMENT = 0.005
"""Two ways to infer capital agree within this share."""
PERCENT_STEP = 0.001
"""Step of the cumulative percent that upstream rounds to."""
_COARSE_PERCENT_STEP, _FINE_PERCENT_STEP = 0.01, 1e-6
"""Steps of servers that round to two decimals, and of those that do not round."""


class Capital(Struct, frozen=True):
    """Capital at a moment. `usd` is None where it is unknown, with the reason."""

    usd: float | None
    source: CapitalSource
    low_usd: float | None = None
    """Lower end of what the rounding of the percent leaves open; None unless inferred."""
    high_usd: float | None = None
    reason: str | None = None
    """How the capital was derived, or why it is unknown."""


class ReportedResult(Struct, frozen=True):
    """Equity and results as upstream reports them in one row."""

    equity_usd: float
    cumulative_pct: float | None = None
    """Cumulative P&L in percent of the capital."""
    realized_usd: float | None = None
    unrealized_usd: float | None = None


def capital_of(
    facts: Iterable[CapitalFact] = (),
    flows: Iterable[CapitalFlow] = (),
    *,
    ledger_complete: bool = False,
    reported: ReportedResult | None = None,
) -> Capital:
    """Capital by the first of: known facts, the ledger, the reported percent; else unknown.

    Facts and flows are those valid at the moment asked for (`AccountFacts.select`), so capital follows each
    flow from its own date on. `ledger_complete` says that the flows reach back to the first deposit.
    """
    listed = tuple(flows)
    base = max(facts, key=_strength, default=None)
    if base is not None:
        return Capital(put_in_usd(base, listed), "known", reason=f"from {base.origin}")
    if ledger_complete and listed:
        return Capital(put_in_usd(None, listed), "ledger", reason="put in: sum of flows")
    if reported is None:
        return Capital(None, "unknown", reason="capital unknown: no source states it")
    return inferred_capital(reported)


def _strength(fact: CapitalFact) -> tuple[bool, float]:
    return fact.origin == "settings", fact.at


def put_in_usd(base: CapitalFact | None, flows: Iterable[CapitalFlow]) -> float:
    """Capital of the base fact plus every later flow; all flows without a base."""
    since = -inf if base is None else base.at
    return fsum((0.0 if base is None else base.usd, *(flow.usd for flow in flows if flow.at > since)))


def inferred_capital(reported: ReportedResult, percent_step: float = PERCENT_STEP) -> Capital:
    """Capital from equity and its cumulative percent, if equity less results does not contradict it.

    Upstream may count a negative unrealised P&L with the wrong sign in realised: both readings are accepted.
    """
    percent = reported.cumulative_pct
    if percent is None:
        return Capital(None, "unknown", reason="capital unknown: no cumulative percent")
    half = percent_step / 2
    if reported.equity_usd <= 0 or percent - half <= -100.0:
        return Capital(None, "unknown", reason="capital unknown: nothing is left of it")
    usd = _by_percent(reported.equity_usd, percent)
    low, high = (_by_percent(reported.equity_usd, percent + step) for step in (half, -half))
    sums = capital_by_sums(reported)
    if sums and not any(_agrees(value, usd, low, high) for value in sums):
        reason = f"capital unknown: {usd:,.2f} by percent, {sums[0]:,.2f} by results"
        return Capital(None, "unknown", reason=reason)
    return Capital(usd, "inferred", low, high, "from equity and cumulative percent")


def capital_of_row(row: AccountRow) -> Capital:
    """Capital by what one account row reports: the roundest sum that the rounding of its percent allows."""
    percent = row.return_pct_reported
    reported = ReportedResult(row.equity_usd, percent, row.realized_usd, row.unrealized_usd)
    found = inferred_capital(reported, PERCENT_STEP if percent is None else _percent_step(percent))
    if found.usd is None or found.low_usd is None or found.high_usd is None:
        return found
    usd = _roundest(found.usd, found.low_usd, found.high_usd)
    return Capital(usd, "inferred", found.low_usd, found.high_usd, found.reason)


def settled_capital(known_usd: float | None, row: AccountRow) -> float | None:
    """The capital inferred from earlier rows while this row agrees with it, else the one of this row."""
    found = capital_of_row(row)
    if found.usd is None or found.low_usd is None or found.high_usd is None:
        return known_usd
    if known_usd is not None and _agrees(known_usd, found.usd, found.low_usd, found.high_usd):
        return known_usd
    return found.usd


def _percent_step(percent: float) -> float:
    """The step to which a percent is rounded, by its decimals."""
    for step in (_COARSE_PERCENT_STEP, PERCENT_STEP):
        if abs(percent - round(percent / step) * step) < _FINE_PERCENT_STEP / 1_000:
            return step
    return _FINE_PERCENT_STEP


def _roundest(usd: float, low: float, high: float) -> float:
    """The value of the interval with the fewest digits, down to cents."""
    for power in range(floor(log10(high)), -3, -1):
        rounded = round(usd / 10.0**power) * 10.0**power
        if low <= rounded <= high:
            return round(rounded, 2)
    return usd


def capital_by_sums(reported: ReportedResult) -> tuple[float, ...]:
    """Equity less realised and unrealised P&L: as stated, and with upstream's wrong sign undone.

    Empty where a result is not reported.
    """
    if reported.realized_usd is None or reported.unrealized_usd is None:
        return ()
    stated = fsum((reported.equity_usd, -reported.realized_usd, -reported.unrealized_usd))
    if reported.unrealized_usd >= 0:
        return (stated,)
    return stated, stated - 2 * abs(reported.unrealized_usd)


def _by_percent(equity_usd: float, percent: float) -> float:
    return equity_usd / (1.0 + percent / 100.0)


def _agrees(value: float, usd: float, low: float, high: float) -> bool:
    return abs(value - usd) <= AGREEMENT * usd or low <= value <= high


def pnl_since_start(equity_usd: float, capital: Capital) -> Estimate:
    """Equity less what was put in, USD."""
    if capital.usd is None:
        return not_available(capital.reason or "capital unknown")
    return Estimate(equity_usd - capital.usd, 1)


def return_on_capital(equity_usd: float, capital: Capital) -> Estimate:
    """P&L since the start as a fraction of what was put in."""
    if capital.usd is None:
        return not_available(capital.reason or "capital unknown")
    if capital.usd <= 0:
        return not_available("more was taken out than put in")
    return Estimate(equity_usd / capital.usd - 1.0, 1)
