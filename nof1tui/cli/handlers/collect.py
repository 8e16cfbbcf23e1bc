"""`collect` and `record`: the collector without UI, one log line per event on stderr."""

from __future__ import annotations

import logging
from pathlib import Path

from nof1tui.cli.logs import LogFormat, log_to_stderr
from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.domain.board import Board
from nof1tui.errors import UsageError, UserError
from nof1tui.runtime.alerts import log_former_names
from nof1tui.runtime.arenas import live_arena, recording_arena
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.settings.model import Settings
from nof1tui.settings.secret_files import describe_exposed_file, find_exposed_files

log = logging.getLogger("nof1tui.collect")


def collect(flags: Flags, *, once: bool, log_format: LogFormat) -> None:
    """Collect the arena of the settings until terminated, or `once`."""
    settings = flags.load()
    _start_log(settings, log_format)
    _run(flags, settings, live_arena(settings, on_progress=log.info, collects=True), once=once)


def record(flags: Flags, directory: Path, *, once: bool, log_format: LogFormat) -> None:
    """Collect, and record raw responses in a directory. Raises UsageError for an unusable directory."""
    settings = flags.load()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} could not be created: {error.strerror}") from error
    _start_log(settings, log_format)
    _run(flags, settings, recording_arena(settings, directory, on_progress=log.warning), once=once)


def _start_log(settings: Settings, log_format: LogFormat) -> None:
    reason = log_to_stderr(settings.log_level, log_format, settings.log_file)
    if reason:
        log.warning("NOF1_LOG_FILE: %s", reason)
    for path in find_exposed_files():
        log.warning("%s", describe_exposed_file(path))


def _run(flags: Flags, settings: Settings, arena: Arena, *, once: bool) -> None:
    log_former_names(arena.alerts.rules)
    engine = ArenaEngine(arena)
    if once:
        faults = incomplete_reasons(run_command(flags, engine.run_once))
        if faults:
            raise UserError("not everything was collected: " + "; ".join(faults))
        return
    log.info("collecting from %s", settings.arena_url)
    run_command(flags, lambda: engine.run(_discard_board), endless=True)


def incomplete_reasons(board: Board) -> list[str]:
    """Why one round of polls was incomplete: failed feeds grouped by reason, then the store."""
    health, feeds_by_reason = board.health, dict[str, list[str]]()
    for feed in health.feeds.values():
        if feed.failure:
            reason = feed.failure.removeprefix(f"{feed.feed.value}: ")
            feeds_by_reason.setdefault(reason, []).append(feed.feed.value)
    faults = [f"{', '.join(feeds)}: {reason}" for reason, feeds in feeds_by_reason.items()]
    return [*faults, f"store: {health.store.failure}"] if health.store.failure else faults


def _discard_board(board: Board) -> None:
    """Boards are for screens only."""
