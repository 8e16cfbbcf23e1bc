"""The monitor: bare `nof1-tui`, `demo` and `replay`."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui.cli.launch_monitor import MonitorLaunch, frame_saver, launch_monitor
from nof1tui.cli.options import Flags, common_options, flags_of, profile_option
from nof1tui.domain.redaction import redact
from nof1tui.errors import UsageError
from nof1tui.tui.terminal.charset import detect_charset

if TYPE_CHECKING:
    from nof1tui.domain.roster import Roster
    from nof1tui.ports.engine import Engine
    from nof1tui.runtime.board_cache import BoardCache
    from nof1tui.settings.model import Settings

log = logging.getLogger("nof1tui.monitor")

_DEMO_TRADERS = 6
"""Models of the demo, besides the one that buys and holds."""
_SPEED_RANGE = click.FloatRange(min=0.1, max=36_000)


@click.command("demo", epilog="Example:  nof1-tui demo --speed 300 --seed 7")
@click.option("--speed", type=_SPEED_RANGE, default=60.0, show_default=True, help="Arena seconds per second.")
@click.option("--seed", type=int, help="The same seed gives the same season.")
@click.option(
    "--traders",
    type=click.IntRange(1, 200),
    default=_DEMO_TRADERS,
    show_default=True,
    metavar="N",
    help="Models.",
)
@profile_option
@common_options
@click.pass_context
def demo_command(ctx: click.Context, speed: float, seed: int | None, traders: int) -> None:
    """The monitor on a simulated season: no network, in a throw-away database."""
    gc.disable()
    flags = flags_of(ctx)
    _demo(flags, flags.load(), speed=speed, seed=seed, traders=traders)


@click.command("replay", epilog="Example:  nof1-tui replay recordings --speed 600")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--speed", type=_SPEED_RANGE, default=60.0, show_default=True, help="Recorded seconds per second."
)
@profile_option
@common_options
@click.pass_context
def replay_command(ctx: click.Context, directory: Path, speed: float) -> None:
    """The monitor on a folder of recorded responses, in a throw-away database."""
    flags = flags_of(ctx)
    _replay(flags, flags.load(), directory, speed)


def run_monitor(flags: Flags) -> None:
    """The monitor on the arena that the settings name."""
    gc.disable()
    settings = flags.load()
    match settings.source:
        case "demo":
            _demo(flags, settings)
        case "replay":
            if settings.replay_dir is None:
                raise UsageError("NOF1_SOURCE is replay, but NOF1_REPLAY_DIR names no folder")
            _replay(flags, settings, settings.replay_dir)
        case _:
            _require_terminal()
            _watch_live(flags, settings)


def _watch_live(flags: Flags, settings: Settings) -> None:
    from nof1tui.runtime.lazy_engine import LazyEngine
    from nof1tui.runtime.rosters import load_arena_roster, utc_now

    def make() -> Engine:
        from nof1tui.runtime.arenas import live_arena
        from nof1tui.runtime.engine import ArenaEngine

        return ArenaEngine(live_arena(settings, say=log.info))

    def cache() -> BoardCache:
        from nof1tui.runtime.board_cache import BoardCache

        return BoardCache(settings.board_cache_path, store=settings.store_fingerprint)

    roster = load_arena_roster(settings)
    engine = LazyEngine(make, roster=roster, cache=cache)
    opening = MonitorLaunch(
        engine,
        roster,
        utc_now,
        build_loading_text(settings, roster),
        settings.source,
        board=engine.load_cached_board() if flags.cached_frame else None,
        save_frame=frame_saver(detect_charset(os.environ, settings.signs)),
    )
    launch_monitor(flags, settings, opening)


def build_loading_text(settings: Settings, roster: Roster) -> str:
    """What stands on the screen before the first answer of all."""
    url = redact(settings.arena_url)
    if settings.source == "hyperliquid":
        wallets = sum(bool(trader.wallet) for trader in roster.traders)
        return (
            f"Reading {'one wallet' if wallets == 1 else f'{wallets} wallets'} from {url} …\n"
            "Long histories take minutes. Nothing comes? q leaves, `nof1-tui traders check` tells why."
        )
    return (
        f"Fetching the season so far from {url} …\n"
        "No network, or upstream refuses? q leaves, `nof1-tui demo` shows a simulated season."
    )


def _demo(
    flags: Flags,
    settings: Settings,
    *,
    speed: float = 60.0,
    seed: int | None = None,
    traders: int = _DEMO_TRADERS,
) -> None:
    from nof1tui.runtime.lazy_engine import LazyEngine
    from nof1tui.runtime.rosters import demo_roster, utc_now
    from nof1tui.sources.simulated.arena.clock import ArenaClock

    _require_terminal()
    clock = ArenaClock(utc_now(), speed, time.monotonic)

    def make() -> Engine:
        from nof1tui.runtime.arenas import demo_arena
        from nof1tui.runtime.engine import ArenaEngine

        return ArenaEngine(demo_arena(settings, clock, speed=speed, seed=seed, traders=traders, say=log.info))

    roster = demo_roster(settings)
    engine = LazyEngine(make, roster=roster)
    words = "Simulating a season …"
    launch_monitor(flags, settings, MonitorLaunch(engine, roster, clock, words, "demo", badge="DEMO"))


def _replay(flags: Flags, settings: Settings, directory: Path, speed: float = 60.0) -> None:
    from nof1tui.runtime.arenas import replayed_arena
    from nof1tui.runtime.engine import ArenaEngine

    gc.enable()
    _require_terminal()
    arena = replayed_arena(settings, directory, speed=speed, say=log.info)
    badge, words = f"▶ REPLAY ×{speed:g}", f"Playing {directory} …"
    opening = MonitorLaunch(ArenaEngine(arena), arena.roster, arena.clock, words, "replay", badge=badge)
    launch_monitor(flags, settings, opening)


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the monitor needs a terminal.\n"
            "`nof1-tui collect` works without one, `nof1-tui show leaderboard` prints the figures."
        )
