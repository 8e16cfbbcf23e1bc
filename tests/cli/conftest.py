"""Commands run in this process, with the test's own folders and settings."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from nof1tui.cli.main import run
from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.writing.writer import Writer
from tests.support.cli_types import Command, CommandResult


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("NOF1_") and name != "NOF1_RECORDINGS"]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """`nof1-tui` with these arguments."""

    def call(*arguments: str) -> CommandResult:
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return CommandResult(code, printed.out, printed.err)

    return call


@pytest.fixture
def on_store(command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`nof1-tui` on a fresh, migrated store."""
    monkeypatch.setenv("NOF1_DATABASE_URL", database_url)
    return command


@pytest.fixture
def keep(database_url: str, roster: Roster) -> Callable[..., None]:
    """Write batches (alone or with their events) and feed healths into the test's store."""

    async def write(*items: Batch | FeedHealth | tuple[Batch, Sequence[Event]]) -> None:
        database = open_pool(database_url)
        writer = Writer(database, arena="nof1", roster=roster)
        for item in items:
            if isinstance(item, Batch):
                await writer.write(item)
            elif isinstance(item, tuple):
                await writer.write(*item)
            else:
                await writer.write_health(item)
        await database.close()

    return lambda *items: asyncio.run(write(*items))
