"""How accounts stand against the chain, in words: quiet where they agree, plain where not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import StyledText

DRIFT_MARK = "! "
"""Before the name of an account that has parted from the chain."""


def drifting_checks(checks: Mapping[AccountKey, Reconciliation]) -> list[Reconciliation]:
    """The accounts that have parted from the chain, the worst first, by what was known last."""
    found = [check for check in checks.values() if check.since is not None]
    return sorted(found, key=lambda check: -abs(check.drift_usd or 0.0))


def drift_text(check: Reconciliation) -> str:
    """`DRIFT $520.10 (5.0%)`."""
    share = f" ({abs(check.drift_pct):.1f}%)" if check.drift_pct else ""
    return f"DRIFT {fmt.usd(abs(check.drift_usd or 0.0))}{share}"


def drift_status(checks: Mapping[AccountKey, Reconciliation], room: int) -> StyledText | None:
    """What the corner says of the worst drift; None where there is none."""
    found = drifting_checks(checks)
    if not found:
        return None
    words = drift_text(found[0]) + (f" +{len(found) - 1}" if len(found) > 1 else "")
    return (f" {words}" if len(words) < room else " DRIFT"), "$loss bold"


def chain_status(check: Reconciliation | None, now: datetime) -> StyledText | None:
    """The trader screen's words; None of an account whose wallet is not known."""
    if check is None:
        return None
    age = fmt.age((now - check.checked_at).total_seconds())
    match check.verdict:
        case "agrees":
            return f"   chain agrees · {age}", "$muted"
        case "checking":
            return f"   chain differs, checking · {age}", "$warn"
        case "drift":
            return f"   {drift_text(check)}", "$loss bold"
        case _:
            drifted = f"DRIFT of {fmt.day_and_time(check.since)}, " if check.since else ""
            return f"   {drifted}chain not checked: {fmt.sanitise_line(check.reason, 60)}", "$warn"


def full_chain_status(check: Reconciliation | None, now: datetime) -> StyledText | None:
    """The whole of it for the frame of the positions, where there is room at every width."""
    part = chain_status(check, now)
    if part is None or check is None:
        return None
    words, tone = part
    if check.verdict in ("checking", "drift"):
        words += f" {fmt.sanitise_line(check.reason, 60)}"
    return words.strip(), tone


def chain_status_lines(
    checks: Mapping[AccountKey, Reconciliation], names: Mapping[AccountKey, str], now: datetime
) -> list[str]:
    """Lines about all accounts: the drifts, what is being checked, what could not be, how many agree."""
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
        f"{name(check)}: differs, checking: {fmt.sanitise_line(check.reason, 100)}"
        for check in by_verdict.get("checking", ())
    ]
    reasons: dict[str, list[str]] = {}
    for check in by_verdict.get("unchecked", ()):
        reasons.setdefault(fmt.sanitise_line(check.reason, 100), []).append(name(check))
    lines += [f"not checked: {', '.join(who)}: {why}" for why, who in reasons.items()]
    agreeing = by_verdict.get("agrees", ())
    if agreeing:
        lines.append(f"{len(agreeing)} agree · checked {_age(agreeing, now)} ago")
    return lines


def _age(checks: Iterable[Reconciliation], now: datetime) -> str:
    return fmt.age((now - max(check.checked_at for check in checks)).total_seconds())
