"""`collect` and `record`: the collector without a screen, one log line per event on stderr."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.errors import UsageError, UserError

if TYPE_CHECKING:
    from nof1tui.cli.logs import LogFormat
    from nof1tui.domain.board import Board
    from nof1tui.runtime.engine import Arena
    from nof1tui.settings.model import Settings

log = logging.getLogger("nof1tui.collect")


@click.command("collect", epilog="Example:  nof1-tui collect --log-format json")
@click.option(
    "--once",
    is_flag=True,
    help="Poll every feed once, even if another instance collects; exit code 0 if all of it was stored.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common_options
@click.pass_context
def collect_command(ctx: click.Context, once: bool, log_format: LogFormat) -> None:
    """Collect only, for servers: poll every feed, keep all of it, log to stderr."""
    from nof1tui.runtime.arenas import live_arena

    flags = flags_of(ctx)
    settings = flags.load()
    _begin_log(settings, log_format)
    _collect(flags, settings, live_arena(settings, say=log.info, collects=True), once=once)


@click.command("record", epilog="Example:  nof1-tui record recordings")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--once", is_flag=True, help="Poll every feed once.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common_options
@click.pass_context
def record_command(ctx: click.Context, directory: Path, once: bool, log_format: LogFormat) -> None:
    """Collect, and keep every raw answer in DIRECTORY, as `replay` and `import` read it."""
    from nof1tui.runtime.arenas import recording_arena

    flags = flags_of(ctx)
    settings = flags.load()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} cannot be made: {error.strerror}") from error
    _begin_log(settings, log_format)
    _collect(flags, settings, recording_arena(settings, directory, say=log.warning), once=once)


def _begin_log(settings: Settings, form: LogFormat) -> None:
    from nof1tui.cli.logs import log_to_stderr

    no_log = log_to_stderr(settings.log_level, form, settings.log_file)
    if no_log:
        log.warning("NOF1_LOG_FILE: %s", no_log)


def _collect(flags: Flags, settings: Settings, arena: Arena, *, once: bool) -> None:
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.engine import ArenaEngine

    engine = ArenaEngine(arena)
    if once:
        board = run_command(flags, engine.run_once)
        faults = incomplete_reasons(board)
        if faults:
            raise UserError("not everything was collected: " + "; ".join(faults))
        return
    log.info("collecting from %s", settings.arena_url)
    run_command(flags, lambda: engine.run(_discard_board), endless=True)


def incomplete_reasons(board: Board) -> list[str]:
    """Why a single round was not complete; empty when it was."""
    health, told = board.health, dict[str, list[str]]()
    for feed in health.feeds.values():
        if feed.failure:
            told.setdefault(feed.failure.removeprefix(f"{feed.feed.value}: "), []).append(feed.feed.value)
    faults = [f"{', '.join(feeds)}: {reason}" for reason, feeds in told.items()]
    return [*faults, f"store: {health.store.failure}"] if health.store.failure else faults


def _discard_board(board: Board) -> None:
    """Without a screen nobody looks at boards."""
