"""The monitor on each kind of arena: live, simulated, recorded.

What an arena needs is imported in a thread, behind the first frame (`runtime.lazy_engine`).
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nof1tui.cli.launch_monitor import MonitorLaunch, frame_saver, launch_monitor
from nof1tui.cli.options import DEFAULT_DEMO_TRADERS, DEFAULT_SPEED, Flags
from nof1tui.domain.redaction import redact
from nof1tui.errors import UsageError
from nof1tui.tui.terminal.charset import detect_charset
from nof1tui.tui.terminal.requirements import (
    describe_unusable_size,
    describe_unusable_type,
    read_terminal_size,
)

if TYPE_CHECKING:
    from nof1tui.domain.roster import Roster
    from nof1tui.ports.engine import Engine
    from nof1tui.runtime.board_cache import BoardCache
    from nof1tui.settings.model import Settings

log = logging.getLogger("nof1tui.monitor")


def run_monitor(flags: Flags) -> None:
    """The monitor on the arena that the settings name."""
    gc.disable()
    settings = flags.load()
    match settings.source:
        case "demo":
            _demo(flags, settings, DEFAULT_SPEED, None, DEFAULT_DEMO_TRADERS)
        case "replay":
            if settings.replay_dir is None:
                raise UsageError("NOF1_SOURCE is replay, but NOF1_REPLAY_DIR is not set")
            _replay(flags, settings, settings.replay_dir, DEFAULT_SPEED)
        case _:
            _require_terminal()
            _watch_live(flags, settings)


def run_demo(flags: Flags, *, speed: float, seed: int | None, traders: int) -> None:
    """The monitor on a simulated season of `traders` models."""
    gc.disable()
    _demo(flags, flags.load(), speed, seed, traders)


def run_replay(flags: Flags, directory: Path, *, speed: float) -> None:
    """The monitor on the recorded responses in a directory."""
    _replay(flags, flags.load(), directory, speed)


def build_loading_text(settings: Settings, roster: Roster) -> str:
    """What the screen shows until the first response."""
    url = redact(settings.arena_url)
    if settings.source == "hyperliquid":
        wallets = sum(bool(trader.wallet) for trader in roster.traders)
        return (
            f"Reading {'one wallet' if wallets == 1 else f'{wallets} wallets'} from {url} …\n"
            "Long histories take minutes. No data? Run `nof1-tui traders check`. q quits."
        )
    return (
        f"Fetching the season so far from {url} …\n"
        "No data? Run `nof1-tui doctor`; `nof1-tui demo` runs offline. q quits."
    )


def _watch_live(flags: Flags, settings: Settings) -> None:
    from nof1tui.runtime.lazy_engine import LazyEngine
    from nof1tui.runtime.rosters import load_arena_roster, utc_now

    def make_engine() -> Engine:
        from nof1tui.runtime.arenas import live_arena
        from nof1tui.runtime.engine import ArenaEngine

        return ArenaEngine(live_arena(settings, on_progress=log.info))

    def make_cache() -> BoardCache:
        from nof1tui.runtime.board_cache import BoardCache

        return BoardCache(settings.board_cache_path, store=settings.store_fingerprint)

    roster = load_arena_roster(settings)
    engine = LazyEngine(make_engine, roster=roster, make_cache=make_cache)
    launch = MonitorLaunch(
        engine,
        roster,
        utc_now,
        build_loading_text(settings, roster),
        settings.source,
        board=engine.load_cached_board() if flags.cached_frame else None,
        save_frame=frame_saver(detect_charset(os.environ, settings.signs)),
    )
    launch_monitor(flags, settings, launch)


def _demo(flags: Flags, settings: Settings, speed: float, seed: int | None, traders: int) -> None:
    from nof1tui.runtime.lazy_engine import LazyEngine
    from nof1tui.runtime.rosters import demo_roster, utc_now
    from nof1tui.sources.simulated.arena.clock import ArenaClock

    _require_terminal()
    clock = ArenaClock(utc_now(), speed, time.monotonic)

    def make_engine() -> Engine:
        from nof1tui.runtime.arenas import demo_arena
        from nof1tui.runtime.engine import ArenaEngine

        return ArenaEngine(
            demo_arena(settings, clock, speed=speed, seed=seed, traders=traders, on_progress=log.info)
        )

    roster = demo_roster(settings)
    engine = LazyEngine(make_engine, roster=roster)
    text = "Simulating a season …"
    launch_monitor(flags, settings, MonitorLaunch(engine, roster, clock, text, "demo", badge="DEMO"))


def _replay(flags: Flags, settings: Settings, directory: Path, speed: float) -> None:
    from nof1tui.runtime.arenas import replayed_arena
    from nof1tui.runtime.engine import ArenaEngine

    gc.enable()
    _require_terminal()
    arena = replayed_arena(settings, directory, speed=speed, on_progress=log.info)
    badge, text = f"▶ REPLAY ×{speed:g}", f"Playing {directory} …"
    launch = MonitorLaunch(ArenaEngine(arena), arena.roster, arena.clock, text, "replay", badge=badge)
    launch_monitor(flags, settings, launch)


def _require_terminal() -> None:
    """Raises UsageError without a terminal that can show the monitor."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the monitor needs a terminal.\n"
            "`nof1-tui collect` works without one, `nof1-tui show leaderboard` prints the figures."
        )
    size = read_terminal_size(sys.stdout.fileno())
    unusable = describe_unusable_type(os.environ.get("TERM")) or (size and describe_unusable_size(size))
    if unusable:
        raise UsageError(unusable)
