"""What the chain says of one wallet before it is watched: is it there, what is it, what is in it."""

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
"""How far back fills are read to see where a wallet trades."""
_ROLE_FINDINGS: dict[str, tuple[WalletVerdict, str]] = {
    "user": ("ok", ""),
    "subAccount": ("ok", "a sub-account, watched by itself"),
    "vault": ("warning", "a vault: what is in it belongs to its depositors, who come and go"),
    "agent": (
        "fault",
        "an agent wallet: it only signs orders and holds nothing; name the account it trades for",
    ),
    "missing": ("fault", "the chain has never seen this address; look for a slip in it"),
}
"""What each role that the chain tells means for whoever wants to watch it."""


@dataclass(frozen=True, slots=True)
class WalletCheck:
    """One wallet as the chain tells it. What could not be asked is None."""

    trader: str
    wallet: str | None
    state: WalletVerdict
    found: str
    role: str | None = None
    equity_usd: float | None = None
    positions: int | None = None
    since: datetime | None = None
    """Of the first account value that its portfolio has."""
    capital_usd: float | None = None
    markets: tuple[str, ...] = ()
    """Builder markets of its positions and of its fills of late."""
    silent: bool = False
    """Whether it is the chain that does not answer, whoever is asked about."""


async def check_wallets(
    info: InfoClient,
    wallets: Sequence[Wallet],
    markets: Sequence[str],
    clock: Callable[[], datetime],
    say: Callable[[str], None],
) -> list[WalletCheck]:
    """One after the other. Where the chain does not answer at all, the rest is not asked."""
    found: list[WalletCheck] = []
    for place, wallet in enumerate(wallets, start=1):
        if found and found[-1].silent:
            words = "not asked, as the chain did not answer before"
            found.append(WalletCheck(wallet.account.trader, wallet.address, "fault", words, silent=True))
            continue
        say(f"asking about {wallet.account.trader}, {place} of {len(wallets)} …")
        found.append(await check_wallet(info, wallet, markets, clock))
    return found


def _unanswered_check(wallet: Wallet, error: SourceUnavailable, role: str | None) -> WalletCheck:
    wait = "; a minute's questions are used up, try again in one" if error.status == 429 else ""
    told = f"{error}{wait}"
    return WalletCheck(
        wallet.account.trader, wallet.address, "fault", told, role, silent=affects_all_wallets(error)
    )


async def check_wallet(
    info: InfoClient, wallet: Wallet, markets: Sequence[str], clock: Callable[[], datetime]
) -> WalletCheck:
    """Ask about one wallet; what fails is a finding, not an error."""
    trader, heard, role = wallet.account.trader, FetchReport(), None
    try:
        told = await _role(info, wallet.address, heard)
        role = told.kind or None
        state, words = _ROLE_FINDINGS.get(told.kind, ("ok", ""))
        words += f": {told.owner}" if words and told.owner else ""
        if state == "fault":
            return WalletCheck(trader, wallet.address, state, words, role)
        fills = await info.fetch_fills(wallet.address, clock() - _RECENT_FILLS_SPAN, heard=heard)
        seen = {market_of(fill.coin) for fill in fills} - {""}
        asked = dict.fromkeys(("", *markets, *sorted(seen)))
        states = [await info.fetch_state(wallet.address, market, heard=heard) for market in asked]
        begun = build_wallet_inception(
            wallet, await info.fetch_portfolio(wallet.address, heard=heard), clock()
        )
    except SourceUnavailable as error:
        return _unanswered_check(wallet, error, role)
    held = [holding for each in states for holding in each.positions if holding.cached_payload.szi]
    equity = float(sum(each.value_usd for each in states))
    if state == "ok" and not equity and not held:
        state, words = "warning", "there is nothing in it: no equity, no position"
    return WalletCheck(
        trader,
        wallet.address,
        state,
        words,
        role,
        equity,
        len(held),
        begun.inception_at if begun else None,
        begun.capital_usd if begun else wallet.capital_usd,
        tuple(sorted(seen | {market_of(holding.cached_payload.coin) for holding in held} - {""})),
    )


async def _role(info: InfoClient, address: str, heard: FetchReport) -> AddressRole:
    """Of no kind from a server that does not tell roles."""
    try:
        return await info.fetch_role(address, heard=heard)
    except SourceMalformed:
        return AddressRole("")
    except SourceUnavailable as error:
        if error.status in (400, 404, 422, 500):
            return AddressRole("")
        raise
