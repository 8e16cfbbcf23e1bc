"""Texts of the reconciliation against the chain: muted where accounts match, bold where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import StyledText

DRIFT_MARK = "! "
"""Prefix of the name of an account that differs from the chain."""


def drifting_checks(checks: Mapping[AccountKey, Reconciliation]) -> list[Reconciliation]:
    """The checks of accounts that differ from the chain, the largest drift first."""
    drifting = [check for check in checks.values() if check.since is not None]
    return sorted(drifting, key=lambda check: -abs(check.drift_usd or 0.0))


def drift_text(check: Reconciliation) -> str:
    """`DRIFT $520.10 (5.0%)`."""
    share = f" ({abs(check.drift_pct):.1f}%)" if check.drift_pct else ""
    return f"DRIFT {fmt.usd(abs(check.drift_usd or 0.0))}{share}"


def drift_status(checks: Mapping[AccountKey, Reconciliation], width: int) -> StyledText | None:
    """The largest drift for the status corner; None where there is none."""
    drifting = drifting_checks(checks)
    if not drifting:
        return None
    text = drift_text(drifting[0]) + (f" +{len(drifting) - 1}" if len(drifting) > 1 else "")
    return (f" {text}" if len(text) < width else " DRIFT"), "$loss bold"


def chain_status(check: Reconciliation | None, now: datetime) -> StyledText | None:
    """The result of the check for the trader screen; None for an account without a known wallet."""
    if check is None:
        return None
    age = fmt.age((now - check.checked_at).total_seconds())
    match check.verdict:
        case "agrees":
            return f"   on-chain: match · {age}", "$muted"
        case "checking":
            return f"   on-chain: mismatch, rechecking · {age}", "$warn"
        case "drift":
            return f"   {drift_text(check)}", "$loss bold"
        case _:
            drifted = f"MISMATCH since {fmt.day_and_time(check.since)}, " if check.since else ""
            return f"   {drifted}on-chain: not checked: {fmt.sanitise_line(check.reason, 60)}", "$warn"


def full_chain_status(check: Reconciliation | None, now: datetime) -> StyledText | None:
    """The result with its reason, for the frame of the positions table."""
    part = chain_status(check, now)
    if part is None or check is None:
        return None
    text, tone = part
    if check.verdict in ("checking", "drift"):
        text += f" {fmt.sanitise_line(check.reason, 60)}"
    return text.strip(), tone


def chain_status_lines(
    checks: Mapping[AccountKey, Reconciliation], names: Mapping[AccountKey, str], now: datetime
) -> list[str]:
    """Lines on all accounts: drifts, rechecks, accounts not checked, and the number that match."""
    by_verdict: dict[str, list[Reconciliation]] = {}
    for check in checks.values():
        by_verdict.setdefault(check.verdict, []).append(check)

    def name(check: Reconciliation) -> str:
        return names.get(check.account) or fmt.sanitise_line(check.account.slug, 28)

    lines = [
        f"{name(check)}: {drift_text(check)} {fmt.sanitise_line(check.reason, 100)}"
        for check in drifting_checks(checks)
        if check.verdict == "drift"
    ]
    lines += [
        f"{name(check)}: mismatch, rechecking: {fmt.sanitise_line(check.reason, 100)}"
        for check in by_verdict.get("checking", ())
    ]
    reasons: dict[str, list[str]] = {}
    for check in by_verdict.get("unchecked", ()):
        reasons.setdefault(fmt.sanitise_line(check.reason, 100), []).append(name(check))
    lines += [f"not checked: {', '.join(accounts)}: {reason}" for reason, accounts in reasons.items()]
    matching = by_verdict.get("agrees", ())
    if matching:
        lines.append(f"{len(matching)} match · checked {_age(matching, now)} ago")
    return lines


def _age(checks: Iterable[Reconciliation], now: datetime) -> str:
    return fmt.age((now - max(check.checked_at for check in checks)).total_seconds())
