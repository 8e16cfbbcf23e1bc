"""Checks a wallet on chain before it is watched: does it exist, what is its role, what does it hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.hyperliquid.client import FetchReport, InfoClient
from nof1tui.sources.hyperliquid.decoder import AddressRole, market_of
from nof1tui.sources.hyperliquid.scheduler import affects_all_wallets
from nof1tui.sources.hyperliquid.wallet_records import Wallet, build_wallet_inception

WalletVerdict = Literal["ok", "warning", "fault"]
_RECENT_FILLS_SPAN = timedelta(days=7)
"""Fills of this span show the markets that a wallet trades in."""
_ROLE_FINDINGS: dict[str, tuple[WalletVerdict, str]] = {
    "user": ("ok", ""),
    "subAccount": ("ok", "a sub-account, watched by itself"),
    "vault": ("warning", "a vault: its equity is its depositors', who come and go"),
    "agent": (
        "fault",
        "an agent wallet: it only signs orders; use the address of the account it trades for",
    ),
    "missing": ("fault", "the chain has never seen this address; check for a typo"),
}
"""Verdict and text by the role of an address."""


@dataclass(frozen=True, slots=True)
class WalletCheck:
    """The result of one check; None for what could not be read."""

    trader: str
    wallet: str | None
    state: WalletVerdict
    found: str
    role: str | None = None
    equity_usd: float | None = None
    positions: int | None = None
    since: datetime | None = None
    """Time of the first account value in its portfolio."""
    capital_usd: float | None = None
    markets: tuple[str, ...] = ()
    """Builder markets of its positions and of its recent fills."""
    silent: bool = False
    """Whether the chain did not respond at all, so that other wallets need not be tried."""


async def check_wallets(
    info: InfoClient,
    wallets: Sequence[Wallet],
    markets: Sequence[str],
    clock: Callable[[], datetime],
    on_progress: Callable[[str], None],
) -> list[WalletCheck]:
    """Check wallets one after the other; once the chain does not respond, the rest is skipped."""
    checks: list[WalletCheck] = []
    for place, wallet in enumerate(wallets, start=1):
        if checks and checks[-1].silent:
            text = "skipped: the chain did not respond before"
            checks.append(WalletCheck(wallet.account.trader, wallet.address, "fault", text, silent=True))
            continue
        on_progress(f"checking {wallet.account.trader}, {place} of {len(wallets)} …")
        checks.append(await check_wallet(info, wallet, markets, clock))
    return checks


def _unanswered_check(wallet: Wallet, error: SourceUnavailable, role: str | None) -> WalletCheck:
    hint = "; rate limit reached; retry in a minute" if error.status == 429 else ""
    return WalletCheck(
        wallet.account.trader,
        wallet.address,
        "fault",
        f"{error}{hint}",
        role,
        silent=affects_all_wallets(error),
    )


async def check_wallet(
    info: InfoClient, wallet: Wallet, markets: Sequence[str], clock: Callable[[], datetime]
) -> WalletCheck:
    """Check one wallet; a failed request is a fault in the result, not an exception."""
    trader, report, role = wallet.account.trader, FetchReport(), None
    try:
        address_role = await _fetch_role(info, wallet.address, report)
        role = address_role.kind or None
        state, text = _ROLE_FINDINGS.get(address_role.kind, ("ok", ""))
        text += f": {address_role.owner}" if text and address_role.owner else ""
        if state == "fault":
            return WalletCheck(trader, wallet.address, state, text, role)
        fills = await info.fetch_fills(wallet.address, clock() - _RECENT_FILLS_SPAN, report=report)
        traded = {market_of(fill.coin) for fill in fills} - {""}
        all_markets = dict.fromkeys(("", *markets, *sorted(traded)))
        states = [await info.fetch_state(wallet.address, market, report=report) for market in all_markets]
        inception = build_wallet_inception(
            wallet, await info.fetch_portfolio(wallet.address, report=report), clock()
        )
    except SourceUnavailable as error:
        return _unanswered_check(wallet, error, role)
    positions = [position for each in states for position in each.positions if position.wire.szi]
    equity = float(sum(each.value_usd for each in states))
    if state == "ok" and not equity and not positions:
        state, text = "warning", "empty account"
    return WalletCheck(
        trader,
        wallet.address,
        state,
        text,
        role,
        equity,
        len(positions),
        inception.inception_at if inception else None,
        inception.capital_usd if inception else wallet.capital_usd,
        tuple(sorted(traded | {market_of(position.wire.coin) for position in positions} - {""})),
    )


async def _fetch_role(info: InfoClient, address: str, report: FetchReport) -> AddressRole:
    """The role of an address; an empty one from a server without roles."""
    try:
        return await info.fetch_role(address, report=report)
    except SourceMalformed:
        return AddressRole("")
    except SourceUnavailable as error:
        if error.status in (400, 404, 422, 500):
            return AddressRole("")
        raise
