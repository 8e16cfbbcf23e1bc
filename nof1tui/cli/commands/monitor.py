"""Declares `demo` and `replay`."""

from __future__ import annotations

from pathlib import Path

import click

from nof1tui.cli.options import (
    DEFAULT_DEMO_TRADERS,
    DEFAULT_SPEED,
    common_options,
    flags_of,
    profile_option,
)

_SPEED_RANGE = click.FloatRange(min=0.1, max=36_000)


@click.command("demo", epilog="Example:  nof1-tui demo --speed 300 --seed 7")
@click.option(
    "--speed", type=_SPEED_RANGE, default=DEFAULT_SPEED, show_default=True, help="Arena seconds per second."
)
@click.option("--seed", type=int, help="The same seed gives the same season.")
@click.option(
    "--traders",
    type=click.IntRange(1, 200),
    default=DEFAULT_DEMO_TRADERS,
    show_default=True,
    metavar="N",
    help="Models.",
)
@profile_option
@common_options
@click.pass_context
def demo_command(ctx: click.Context, speed: float, seed: int | None, traders: int) -> None:
    """Run the monitor on a simulated season: offline, in a temporary database."""
    from nof1tui.cli.handlers.monitor import run_demo

    run_demo(flags_of(ctx), speed=speed, seed=seed, traders=traders)


@click.command("replay", epilog="Example:  nof1-tui replay recordings --speed 600")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--speed",
    type=_SPEED_RANGE,
    default=DEFAULT_SPEED,
    show_default=True,
    help="Recorded seconds per second.",
)
@profile_option
@common_options
@click.pass_context
def replay_command(ctx: click.Context, directory: Path, speed: float) -> None:
    """Run the monitor on the recorded responses in DIRECTORY, in a temporary database."""
    from nof1tui.cli.handlers.monitor import run_replay

    run_replay(flags_of(ctx), directory, speed=speed)
