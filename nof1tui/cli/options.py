"""Flags that every command has, and how they reach the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from nof1tui.cli.splash_frame import CachedFrame
    from nof1tui.settings.model import Settings

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass
class Flags:
    """What was said on the command line, wherever it stood."""

    settings: dict[str, object] = field(default_factory=dict)
    debug: bool = False
    profile: Path | None = None
    """Where to write how the monitor spent its time."""
    cached_frame: CachedFrame | None = None
    """The last frame, which stands on the terminal until the monitor paints over it."""

    def load(self, **more: object) -> Settings:
        """The settings in force. Wrong ones end the program with exit code 2."""
        from nof1tui.errors import UsageError
        from nof1tui.settings.base import SettingsError
        from nof1tui.settings.model import load_settings

        try:
            return load_settings({**self.settings, **more})
        except SettingsError as error:
            raise UsageError(str(error)) from error


def flags_of(ctx: click.Context) -> Flags:
    root = ctx.find_root()
    if not isinstance(root.obj, Flags):
        root.obj = Flags()
    return root.obj


def common_options(command: _F) -> _F:
    """`--database-url`, `--log-level` and `--debug`, before or after the command's name."""
    for option in (
        click.option(
            "--debug",
            is_flag=True,
            expose_value=False,
            callback=_keep_debug,
            help="Show the traceback of a fault.",
        ),
        click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
            expose_value=False,
            callback=_keep_setting,
            help="How much goes to the log.",
        ),
        click.option(
            "--database-url",
            metavar="URL",
            expose_value=False,
            callback=_keep_setting,
            help="The store's PostgreSQL. With a password in it rather set NOF1_DATABASE_URL.",
        ),
    ):
        command = option(command)
    return command


def _keep_setting(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and parameter.name is not None:
        flags_of(ctx).settings[parameter.name] = value


def _keep_debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        flags_of(ctx).debug = True


def profile_option(command: _F) -> _F:
    """`--profile FILE` of whatever shows the monitor."""
    option = click.option(
        "--profile",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        expose_value=False,
        callback=_keep_profile,
        help="Write how the monitor spent its time; python -m pstats FILE reads it.",
    )
    return option(command)


def _keep_profile(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        flags_of(ctx).profile = value
