"""The monitor on an engine: the app with what the settings say of it, its end in plain words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import Flags
from nof1tui.errors import UserError
from nof1tui.tui.terminal.charset import ASCII_CHARSET, Charset, detect_charset

if TYPE_CHECKING:
    from nof1tui.domain.board import Board
    from nof1tui.domain.roster import Roster
    from nof1tui.ports.engine import Engine
    from nof1tui.settings.model import Settings
    from nof1tui.tui.app import ArenaApp, FrameSink
    from nof1tui.tui.notices.alerts import TerminalAlertChannels
    from nof1tui.tui.terminal.frame_hook import CapturedFrame


@dataclass(frozen=True, slots=True)
class MonitorLaunch:
    """What the monitor is opened on."""

    engine: Engine
    roster: Roster
    clock: Callable[[], datetime]
    loading_text: str
    """What is said before there is anything to show."""
    source: str
    """Where the figures come from, as exports name it."""
    badge: str | None = None
    board: Board | None = None
    """What is shown at once."""
    save_frame: FrameSink | None = None


def launch_monitor(flags: Flags, settings: Settings, opening: MonitorLaunch) -> None:
    """Show it until it is left. Raises Trouble when the store refused or the monitor ended by a fault."""
    from nof1tui.cli.logs import log_to_file
    from nof1tui.cli.profiling import profiled
    from nof1tui.cli.run_command import run_command
    from nof1tui.tui.terminal.driver import ensure_size

    signals = _signals(settings)
    no_log = log_to_file(settings.log_level, settings.log_path)
    if no_log:
        click.echo(f"nof1-tui: {no_log}", err=True)
    app = _build_app(settings, opening, signals)
    ensure_size(sys.stdout.fileno())
    if flags.cached_frame:
        flags.cached_frame.hand_over()

    async def watch_it() -> None:
        with profiled(flags.profile):
            await app.run_async()
        if app.refusal:
            raise UserError(app.refusal)
        if app.return_code:
            details = "set NOF1_LOG_FILE to have" if no_log else f"{settings.log_path} has"
            raise UserError(f"the monitor has ended by a fault; {details} the details")

    run_command(flags, watch_it, endless=True)


def _build_app(settings: Settings, opening: MonitorLaunch, signals: TerminalAlertChannels) -> ArenaApp:
    from nof1tui.tui.app import ArenaApp

    return ArenaApp(
        opening.engine,
        signals=signals,
        roster=opening.roster,
        clock=opening.clock,
        badge=opening.badge,
        source=opening.source,
        theme=settings.theme,
        gain_color=settings.gain_color,
        loss_color=settings.loss_color,
        chart=settings.chart,
        charset=detect_charset(os.environ, settings.signs),
        toasts=settings.toasts and opening.source != "replay",
        first_words=opening.loading_text,
        board=opening.board,
        keep_picture=opening.save_frame,
    )


def _signals(settings: Settings) -> TerminalAlertChannels:
    """How alerts make themselves felt on this screen. Raises Misuse for a rule with a fault."""
    from nof1tui.domain.alerts.alert import CHANNELS
    from nof1tui.runtime.alerts import load_alert_rules
    from nof1tui.tui.notices.alerts import TerminalAlertChannels

    rules = {rule.id: rule.channels for rule in load_alert_rules(settings)}
    others = tuple(way for way in CHANNELS if way in settings.alert_to)
    return TerminalAlertChannels(rules, others, in_tmux="TMUX" in os.environ)


def frame_saver(charset: Charset) -> FrameSink:
    """Keeps the terminal's picture for the next start."""
    from nof1tui.cli.splash_frame import FrameCache

    last_frame = FrameCache(dict(os.environ))

    def keep(picture: CapturedFrame, seen_at: datetime) -> None:
        corner = (picture.corner_width, picture.corner_background)
        sequence = (charset if charset.codec == "utf-8" else ASCII_CHARSET).substitute(picture.sequence)
        last_frame.save(picture.columns, picture.rows, seen_at.timestamp(), corner, sequence)

    return keep
