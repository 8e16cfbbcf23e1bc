"""Options that several commands have, and how their values become settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from nof1tui.cli.splash_frame import CachedFrame
    from nof1tui.settings.model import Settings

_F = TypeVar("_F", bound=Callable[..., Any])

DEFAULT_SPEED = 60.0
"""Arena seconds per second of a simulation or a replay."""
DEFAULT_DEMO_TRADERS = 6
"""Simulated models, besides the benchmark."""


@dataclass
class Flags:
    """Values of the common options of one invocation, before or after the command's name."""

    settings: dict[str, object] = field(default_factory=dict)
    debug: bool = False
    profile: Path | None = None
    """File for the monitor's profile."""
    cached_frame: CachedFrame | None = None
    """The last frame, shown on the terminal until the monitor paints over it."""
    _warnings: list[str] | None = None
    """Not printed yet; None before the settings are loaded."""

    def load(self, **more: object) -> Settings:
        """The settings in force. Raises UsageError for invalid ones."""
        from nof1tui.errors import UsageError
        from nof1tui.settings.base import SettingsError
        from nof1tui.settings.model import load_settings

        self._warn_of_unknown_variables()
        try:
            return load_settings({**self.settings, **more})
        except SettingsError as error:
            raise UsageError(str(error)) from error

    def _warn_of_unknown_variables(self) -> None:
        """Print the warnings to stderr, once; while a frame is shown they wait for `print_warnings`."""
        from nof1tui.settings.unknown import describe_unknown_variables

        if self._warnings is None:
            self._warnings = describe_unknown_variables(os.environ)
            if self.cached_frame is None:
                self.print_warnings()

    def print_warnings(self) -> None:
        """Print the warnings that have not been printed."""
        from nof1tui.domain.sanitisation import sanitise_line

        while self._warnings:
            click.echo(f"nof1-tui: {sanitise_line(self._warnings.pop(0))}", err=True)


def flags_of(ctx: click.Context) -> Flags:
    """The flags of the invocation that this context belongs to."""
    root = ctx.find_root()
    if not isinstance(root.obj, Flags):
        root.obj = Flags()
    return root.obj


def common_options(command: _F) -> _F:
    """Adds `--database-url`, `--log-level` and `--debug`."""
    for option in (
        click.option(
            "--debug",
            is_flag=True,
            expose_value=False,
            callback=_set_debug,
            help="Show the traceback of an internal error.",
        ),
        click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
            expose_value=False,
            callback=_set_setting,
            help="Lowest level that is logged.",
        ),
        click.option(
            "--database-url",
            metavar="URL",
            expose_value=False,
            callback=_set_setting,
            help="PostgreSQL URL of the store. If it has a password, use NOF1_DATABASE_URL instead.",
        ),
    ):
        command = option(command)
    return command


def _set_setting(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and parameter.name is not None:
        flags_of(ctx).settings[parameter.name] = value


def _set_debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        flags_of(ctx).debug = True


def profile_option(command: _F) -> _F:
    """Adds `--profile FILE`, for commands that show the monitor."""
    option = click.option(
        "--profile",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        expose_value=False,
        callback=_set_profile,
        help="Write a profile of the monitor; read it with python -m pstats FILE.",
    )
    return option(command)


def _set_profile(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        flags_of(ctx).profile = value
