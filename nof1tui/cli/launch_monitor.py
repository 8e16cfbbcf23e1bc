"""Starts the monitor on an engine, with the app configured from the settings."""

from __future__ import annotations

import os
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

_SIZE_VARIABLES = ("COLUMNS", "LINES")
"""Unset for the app: Textual and Rich would use them instead of the terminal's size."""


@dataclass(frozen=True, slots=True)
class MonitorLaunch:
    """What the monitor is started with, besides the settings."""

    engine: Engine
    roster: Roster
    clock: Callable[[], datetime]
    loading_text: str
    """Shown until there is a board."""
    source: str
    """Source of the figures, as exports name it."""
    badge: str | None = None
    board: Board | None = None
    """Shown first, before the engine publishes one."""
    save_frame: FrameSink | None = None


def launch_monitor(flags: Flags, settings: Settings, launch: MonitorLaunch) -> None:
    """Run the monitor until it is quit. Raises UserError when the store is unusable or the app crashed."""
    from nof1tui.cli.logs import log_to_file
    from nof1tui.cli.profiling import profiled
    from nof1tui.cli.run_command import run_command
    from nof1tui.settings.base import SettingsError
    from nof1tui.settings.secret_files import describe_exposed_file, find_exposed_files

    alert_channels = _alert_channels(settings)
    try:
        no_log_reason = log_to_file(settings.log_level, settings.log_path)
    except SettingsError as error:
        no_log_reason = f"nothing is logged: {error}, or NOF1_LOG_FILE"
    if no_log_reason:
        click.echo(f"nof1-tui: {no_log_reason}", err=True)
    for path in find_exposed_files():
        click.echo(f"nof1-tui: {describe_exposed_file(path)}", err=True)
    for name in _SIZE_VARIABLES:
        os.environ.pop(name, None)
    app = _build_app(settings, launch, alert_channels)
    if flags.cached_frame:
        flags.cached_frame.hand_over()

    async def run_app() -> None:
        with profiled(flags.profile):
            await app.run_async()
        if app.refusal:
            raise UserError(app.refusal)
        if app.return_code:
            log = "set NOF1_LOG_FILE for" if no_log_reason else f"see {settings.log_path} for"
            raise UserError(f"the monitor crashed; {log} details")

    run_command(flags, run_app, endless=True)


def _build_app(settings: Settings, launch: MonitorLaunch, alert_channels: TerminalAlertChannels) -> ArenaApp:
    from nof1tui.tui.app import ArenaApp

    return ArenaApp(
        launch.engine,
        alert_channels=alert_channels,
        roster=launch.roster,
        clock=launch.clock,
        badge=launch.badge,
        source=launch.source,
        theme=settings.theme,
        gain_color=settings.gain_color,
        loss_color=settings.loss_color,
        chart=settings.chart,
        charset=detect_charset(os.environ, settings.signs),
        toasts=settings.toasts and launch.source != "replay",
        waiting_text=launch.loading_text,
        board=launch.board,
        save_frame=launch.save_frame,
    )


def _alert_channels(settings: Settings) -> TerminalAlertChannels:
    """The channels of this terminal by rule. Raises UsageError for an invalid rule."""
    from nof1tui.domain.alerts.alert import CHANNELS
    from nof1tui.runtime.alerts import load_alert_rules, log_former_names
    from nof1tui.tui.notices.alerts import TerminalAlertChannels

    rules = load_alert_rules(settings)
    log_former_names(rules)
    by_rule = {rule.id: rule.channels for rule in rules}
    default = tuple(channel for channel in CHANNELS if channel in settings.alert_to)
    return TerminalAlertChannels(by_rule, default, in_tmux="TMUX" in os.environ)


def frame_saver(charset: Charset) -> FrameSink:
    """Saves the terminal's content for the next start."""
    from nof1tui.cli.splash_frame import FrameCache

    cache = FrameCache(dict(os.environ))

    def save(frame: CapturedFrame, seen_at: datetime) -> None:
        corner = (frame.corner_width, frame.corner_background)
        sequence = (charset if charset.codec == "utf-8" else ASCII_CHARSET).substitute(frame.sequence)
        cache.save(frame.columns, frame.rows, seen_at.timestamp(), corner, sequence)

    return save
