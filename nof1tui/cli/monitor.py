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

from nof1tui.cli.options import Flags, common_options, flags_of, profile_option
from nof1tui.cli.trouble import Misuse, Trouble
from nof1tui.domain.masking import masked
from nof1tui.tui.charset import ASCII, Charset, charset_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nof1tui.cli.board_cache import BoardCache
    from nof1tui.domain.board import Board
    from nof1tui.domain.roster import Roster
    from nof1tui.ports import Engine
    from nof1tui.settings import Settings
    from nof1tui.tui.app import PictureSink
    from nof1tui.tui.herald import Signals
    from nof1tui.tui.widgets.frame_hook import Picture

log = logging.getLogger("nof1tui.monitor")

TRADERS = 6
"""Models of the demo, besides the one that buys and holds."""
SPEEDS = click.FloatRange(min=0.1, max=36_000)


@click.command("demo", epilog="Example:  nof1-tui demo --speed 300 --seed 7")
@click.option("--speed", type=SPEEDS, default=60.0, show_default=True, help="Arena seconds per second.")
@click.option("--seed", type=int, help="The same seed gives the same season.")
@click.option(
    "--traders", type=click.IntRange(1, 200), default=TRADERS, show_default=True, metavar="N", help="Models."
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
@click.option("--speed", type=SPEEDS, default=60.0, show_default=True, help="Recorded seconds per second.")
@profile_option
@common_options
@click.pass_context
def replay_command(ctx: click.Context, directory: Path, speed: float) -> None:
    """The monitor on a folder of recorded responses, in a throw-away database."""
    flags = flags_of(ctx)
    _replay(flags, flags.load(), directory, speed)


def watch(flags: Flags) -> None:
    """The monitor on the arena that the settings name."""
    gc.disable()
    settings = flags.load()
    match settings.source:
        case "demo":
            _demo(flags, settings)
        case "replay":
            if settings.replay_dir is None:
                raise Misuse("NOF1_SOURCE is replay, but NOF1_REPLAY_DIR names no folder")
            _replay(flags, settings, settings.replay_dir)
        case _:
            _need_terminal()
            _watch_live(flags, settings)


def _watch_live(flags: Flags, settings: Settings) -> None:
    from nof1tui.cli.late_engine import LateEngine
    from nof1tui.cli.rosters import load_arena_roster, real_time

    def make() -> Engine:
        from nof1tui.cli.arenas import live_arena
        from nof1tui.cli.engine import ArenaEngine

        return ArenaEngine(live_arena(settings, say=log.info))

    def cache() -> BoardCache:
        from nof1tui.cli.board_cache import BoardCache

        return BoardCache(settings.board_cache, store=settings.store_fingerprint)

    roster = load_arena_roster(settings)
    words = (
        f"Fetching the season so far from {masked(settings.arena_url)} …\n"
        "No network, or upstream refuses? q leaves, `nof1-tui demo` shows a simulated season."
    )
    engine = LateEngine(make, roster=roster, cache=cache)
    _show(
        flags,
        settings,
        engine,
        roster=roster,
        clock=real_time,
        first_words=words,
        board=engine.first_board() if flags.standing else None,
        keep_picture=_picture_keeper(charset_of(os.environ, settings.signs)),
    )


def _picture_keeper(charset: Charset) -> PictureSink:
    """Keeps the terminal's picture for the next start."""
    from nof1tui.cli.last_frame import LastFrame

    last_frame = LastFrame(dict(os.environ))

    def keep(picture: Picture, seen_at: datetime) -> None:
        corner = (picture.corner_width, picture.corner_ground)
        sequence = (charset if charset.codec == "utf-8" else ASCII).plain(picture.sequence)
        last_frame.keep(picture.columns, picture.rows, seen_at.timestamp(), corner, sequence)

    return keep


def _demo(
    flags: Flags,
    settings: Settings,
    *,
    speed: float = 60.0,
    seed: int | None = None,
    traders: int = TRADERS,
) -> None:
    from nof1tui.cli.late_engine import LateEngine
    from nof1tui.cli.rosters import demo_roster, real_time
    from nof1tui.sources.arena_clock import ArenaClock

    _need_terminal()
    clock = ArenaClock(real_time(), speed, time.monotonic)

    def make() -> Engine:
        from nof1tui.cli.arenas import demo_arena
        from nof1tui.cli.engine import ArenaEngine

        return ArenaEngine(demo_arena(settings, clock, speed=speed, seed=seed, traders=traders, say=log.info))

    roster = demo_roster(settings)
    engine = LateEngine(make, roster=roster)
    words = "Simulating a season …"
    _show(flags, settings, engine, roster=roster, clock=clock, source="demo", badge="DEMO", first_words=words)


def _replay(flags: Flags, settings: Settings, directory: Path, speed: float = 60.0) -> None:
    from nof1tui.cli.arenas import replayed_arena
    from nof1tui.cli.engine import ArenaEngine

    gc.enable()
    _need_terminal()
    arena = replayed_arena(settings, directory, speed=speed, say=log.info)
    _show(
        flags,
        settings,
        ArenaEngine(arena),
        roster=arena.roster,
        clock=arena.clock,
        source="replay",
        badge=f"▶ REPLAY ×{speed:g}",
        first_words=f"Playing {directory} …",
    )


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misuse(
            "the monitor needs a terminal.\n"
            "`nof1-tui collect` works without one, `nof1-tui show leaderboard` prints the figures."
        )


def _show(
    flags: Flags,
    settings: Settings,
    engine: Engine,
    *,
    roster: Roster,
    clock: Callable[[], datetime],
    first_words: str,
    source: str | None = None,
    badge: str | None = None,
    board: Board | None = None,
    keep_picture: PictureSink | None = None,
) -> None:
    from nof1tui.cli.logs import log_to_file
    from nof1tui.cli.profiling import profiled
    from nof1tui.cli.running import run_command
    from nof1tui.tui.app import ArenaApp
    from nof1tui.tui.terminal import ensure_size

    signals = _signals(settings)

    no_log = log_to_file(settings.log_level, settings.log_path)
    if no_log:
        click.echo(f"nof1-tui: {no_log}", err=True)
    app = ArenaApp(
        engine,
        signals=signals,
        roster=roster,
        clock=clock,
        badge=badge,
        source=source or settings.source,
        theme=settings.theme,
        gain_color=settings.gain_color,
        loss_color=settings.loss_color,
        chart=settings.chart,
        charset=charset_of(os.environ, settings.signs),
        toasts=settings.toasts and source != "replay",
        first_words=first_words,
        board=board,
        keep_picture=keep_picture,
    )
    ensure_size(sys.stdout.fileno())
    if flags.standing:
        flags.standing.hand_over()

    async def watch_it() -> None:
        with profiled(flags.profile):
            await app.run_async()
        if app.refusal:
            raise Trouble(app.refusal)
        if app.return_code:
            details = "set NOF1_LOG_FILE to have" if no_log else f"{settings.log_path} has"
            raise Trouble(f"the monitor has ended by a fault; {details} the details")

    run_command(flags, watch_it, endless=True)


def _signals(settings: Settings) -> Signals:
    """How alerts make themselves felt on this screen. Raises Misuse for a rule with a fault."""
    from nof1tui.cli.alarms import alert_rules
    from nof1tui.domain.alert import WAYS
    from nof1tui.tui.herald import Signals

    rules = {rule.id: rule.to for rule in alert_rules(settings)}
    others = tuple(way for way in WAYS if way in settings.alert_to)
    return Signals(rules, others, in_tmux="TMUX" in os.environ)
