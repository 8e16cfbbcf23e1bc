"""The arenas that can be watched: live, recorded, simulated. They differ in the transport only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING

import httpx

from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, normalise_id
from nof1tui.errors import UsageError, UserError, require_nof1_source
from nof1tui.ports.errors import SourceUnavailable
from nof1tui.ports.source import Chain, Source
from nof1tui.runtime.alerts import ArenaAlerts, build_channels, load_alert_rules, screen_only_rules
from nof1tui.runtime.engine import Arena, ChainVerification
from nof1tui.runtime.open_store import open_store, open_throwaway_store
from nof1tui.runtime.rosters import (
    demo_roster,
    load_arena_roster,
    load_roster,
    utc_now,
    wallet_lookup,
)
from nof1tui.settings.model import Settings
from nof1tui.sources.http.body_limits import MEGABYTE
from nof1tui.sources.http.client import Limits, make_client
from nof1tui.sources.http.routing import RoutedTransport
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.sources.recording.transports import RecordingTransport, ReplayClock, ReplayTransport
from nof1tui.sources.simulated.arena.clock import ArenaClock
from nof1tui.store.embedded.launch import OnProgress

if TYPE_CHECKING:
    from nof1tui.sources.hyperliquid.wallet_records import Wallet

OFFLINE_URL = "http://arena.invalid/api"
"""Base URL of sources whose transport stays in the process."""

OFFLINE_INTERVALS_S = {
    Feed.ACCOUNTS: 60.0,
    Feed.PRICES: 30.0,
    Feed.TRADES: 120.0,
    Feed.DECISIONS: 120.0,
    Feed.ANALYTICS: 600.0,
    Feed.SEASON: 3600.0,
}
"""Arena seconds between polls of simulations and replays, whose time can run faster."""
OFFLINE_CHECK_S = 300.0
"""Arena seconds between two checks against the chain."""
MIN_POLL_S, MAX_POLL_S = 0.5, 30.0


def live_arena(
    settings: Settings,
    *,
    on_progress: OnProgress,
    collects: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Arena:
    """The arena that the settings name, with their store.

    Raises UsageError for a source that cannot be collected. With `collects` the store must be writable.
    """
    if settings.source not in ("nof1", "hyperliquid"):
        raise UsageError(
            f"NOF1_SOURCE is {settings.source}, which cannot be collected.\n"
            "Set it to nof1 or hyperliquid; `nof1-tui demo` and `nof1-tui replay DIR` show the other arenas."
        )
    roster = load_arena_roster(settings)
    make = _wallets_source if settings.source == "hyperliquid" else _nof1_source

    def source() -> Source:
        client = make_client(
            settings.arena_url,
            timeout_s=settings.http_timeout_s,
            proxy=settings.proxy_url() if transport is None else None,
            transport=transport,
        )
        return make(settings, client, roster)

    return Arena(
        name=settings.source,
        roster=roster,
        make_source=source,
        open_store=lambda: open_store(settings, to_write=collects, on_progress=on_progress),
        intervals_s={feed: getattr(settings, f"poll_{feed.value}_s") for feed in Feed},
        clock=utc_now,
        shared=True,
        read_only=settings.read_only and not collects,
        retention_days=settings.retention_days,
        make_spool=lambda: Spool(spool_folders(settings), max_bytes=settings.spool_mb * MEGABYTE),
        alerts=ArenaAlerts(load_alert_rules(settings), lambda: build_channels(settings)),
        chain_verification=_chain_verification(settings) if settings.source == "nof1" else None,
    )


def spool_folders(settings: Settings) -> SpoolFolders:
    """The folders in which records wait for a store, seen from the store of these settings."""
    return SpoolFolders(settings.spool_root, settings.store_fingerprint)


def _chain_verification(settings: Settings) -> ChainVerification | None:
    """How to verify accounts on chain; None if the settings turn it off."""
    if not settings.check_chain_s:
        return None

    def make_chain() -> Chain:
        from nof1tui.sources.hyperliquid.chain import HyperliquidChain

        client = make_client(
            settings.chain_url, timeout_s=settings.http_timeout_s, proxy=settings.proxy_url()
        )
        return HyperliquidChain(
            client, markets=settings.hyperliquid_dexes, clock=utc_now, limits=_limits(settings)
        )

    return ChainVerification(make_chain, wallet_lookup(settings), settings.check_chain_s)


def _limits(settings: Settings) -> Limits:
    return Limits(settings.http_timeout_s, int(settings.max_body_mb * MEGABYTE))


def _nof1_source(settings: Settings, client: httpx.AsyncClient, roster: Roster) -> Source:
    return Nof1Source(client, roster=roster, clock=utc_now, limits=_limits(settings))


def _wallets_source(settings: Settings, client: httpx.AsyncClient, roster: Roster) -> Source:
    from nof1tui.sources.hyperliquid.source import HyperliquidSource

    return HyperliquidSource(
        client,
        wallets=watched_wallets(settings, roster),
        markets=settings.hyperliquid_dexes,
        clock=utc_now,
        limits=_limits(settings),
    )


def watched_wallets(settings: Settings, roster: Roster) -> list[Wallet]:
    """The traders of the roster with a wallet, with their capital from the settings."""
    from nof1tui.sources.hyperliquid.wallet_records import Wallet

    capitals = {normalise_id(table.id): table.capital_usd for table in settings.traders}
    season = roster.open_season.slug
    return [
        Wallet(AccountKey(season, trader.id), trader.wallet.lower(), capitals.get(normalise_id(trader.id)))
        for trader in roster.traders
        if trader.wallet
    ]


def recording_arena(settings: Settings, directory: Path, *, on_progress: OnProgress) -> Arena:
    """The live arena, with every raw response recorded in a directory."""
    require_nof1_source(settings, "record")
    errors: list[OSError] = []

    def report_first(error: OSError) -> None:
        if not errors:
            on_progress(f"responses are not recorded: {error}")
        errors.append(error)

    try:
        inner = RoutedTransport(settings.arena_url, environ=os.environ, proxy=settings.proxy_url())
    except SourceUnavailable as error:
        raise UserError(str(error)) from error
    transport = RecordingTransport(inner, directory, clock=utc_now, on_error=report_first)
    return live_arena(settings, on_progress=on_progress, collects=True, transport=transport)


def replayed_arena(settings: Settings, directory: Path, *, speed: float, on_progress: OnProgress) -> Arena:
    """Recorded responses, replayed from the first one into a temporary store."""
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory of recorded responses")
    try:
        transport = ReplayTransport(directory)
    except (ValueError, OSError) as error:
        raise UsageError(f"nothing to replay: {error}") from error
    clock = ReplayClock(transport.moments, speed=speed, monotonic=time.monotonic)
    transport.clock = clock
    roster = load_roster(settings)
    return _offline_arena(
        settings, roster, transport, clock, speed=speed, on_progress=on_progress, purpose="replay"
    )


def demo_arena(
    settings: Settings,
    clock: ArenaClock,
    *,
    speed: float,
    seed: int | None,
    traders: int,
    on_progress: OnProgress,
) -> Arena:
    """A simulated season, some days old, of `traders` models and a benchmark, in a temporary store."""
    from nof1tui.sources.hyperliquid.chain import HyperliquidChain
    from nof1tui.sources.simulated.arena.api import SimulatedArena
    from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
    from nof1tui.sources.simulated.chain.transport import SimulatedChain, SimulatedChainTransport

    seed = randbelow(2**31) if seed is None else seed
    arena = SimulatedArena(seed=seed, traders=traders + 1, start=clock.start)
    chain = SimulatedChain(arena)
    wallets, transport = chain.wallets, SimulatedChainTransport(chain, clock)
    verification = ChainVerification(
        lambda: HyperliquidChain(make_client(OFFLINE_URL, transport=transport), clock=clock),
        lambda key: wallets.get(key.trader),
        max(MAX_POLL_S, OFFLINE_CHECK_S / speed),
    )
    roster, source = demo_roster(settings), SimulatedArenaTransport(arena, clock)
    return _offline_arena(
        settings, roster, source, clock, speed=speed, on_progress=on_progress, chain_verification=verification
    )


def _offline_arena(
    settings: Settings,
    roster: Roster,
    transport: httpx.AsyncBaseTransport,
    clock: Callable[[], datetime],
    *,
    speed: float,
    on_progress: OnProgress,
    purpose: str = "demo",
    chain_verification: ChainVerification | None = None,
) -> Arena:
    return Arena(
        name=purpose,
        roster=roster,
        make_source=lambda: Nof1Source(
            make_client(OFFLINE_URL, transport=transport), roster=roster, clock=clock, name=purpose
        ),
        open_store=lambda: open_throwaway_store(settings, purpose, on_progress=on_progress),
        intervals_s={
            feed: min(MAX_POLL_S, max(MIN_POLL_S, interval_s / speed))
            for feed, interval_s in OFFLINE_INTERVALS_S.items()
        },
        clock=clock,
        alerts=ArenaAlerts(screen_only_rules(load_alert_rules(settings))),
        chain_verification=chain_verification,
    )
