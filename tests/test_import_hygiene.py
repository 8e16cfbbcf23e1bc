"""What gets loaded when: first paints and quick answers must not wait for libraries they do not use."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nof1tui.cli import commands
from nof1tui.cli.commands.show import EVENT_KINDS
from nof1tui.cli.main import COMMANDS
from nof1tui.domain.events.event import ALL_EVENT_KINDS

HEAVY = ("alembic", "click", "httpx", "msgspec", "psycopg", "pydantic", "rich", "sqlalchemy", "textual")


def loaded(statement: str) -> set[str]:
    """Libraries in memory after this statement in a fresh interpreter."""
    script = (
        f"{statement}\nimport sys\nprint('loaded:', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


def running(*arguments: str) -> str:
    words = ["nof1-tui", *arguments]
    return f"import sys; sys.argv = {words!r}; from nof1tui.__main__ import main; main()"


@pytest.mark.parametrize(
    ("statement", "without"),
    [
        (running("--version"), {*HEAVY, "asyncio", "typing"}),
        (
            "from nof1tui.cli.splash_frame import show_cached_frame; show_cached_frame({})",
            {*HEAVY, "asyncio", "typing", "dataclasses"},
        ),
        (running("--help"), {*HEAVY} - {"click"}),
        *((running(name, "--help"), {*HEAVY} - {"click"}) for name in COMMANDS),
        ("import nof1tui.domain.board", {*HEAVY} - {"msgspec"}),
        ("import nof1tui.ports", {*HEAVY} - {"msgspec"}),
        ("import nof1tui.settings.model", {*HEAVY} - {"pydantic"}),
        ("import nof1tui.collector", {*HEAVY} - {"msgspec"}),
        ("import nof1tui.sources.nof1.source", {*HEAVY} - {"httpx", "msgspec", "click", "rich"}),
        ("import nof1tui.store.writing.writer", {*HEAVY} - {"psycopg", "msgspec"}),
        (
            "import nof1tui.runtime.open_store, nof1tui.store.reading.reader",
            {*HEAVY} - {"psycopg", "msgspec", "pydantic"},
        ),
        ("import nof1tui.tui.app", {*HEAVY} - {"textual", "rich", "msgspec"}),
        (
            "import nof1tui.cli.handlers.monitor, nof1tui.runtime.lazy_engine, nof1tui.runtime.rosters",
            {*HEAVY} - {"click", "msgspec"},
        ),
    ],
    ids=lambda value: value[-50:] if isinstance(value, str) else "",
)
def test_a_module_loads_no_library_it_does_not_use(statement: str, without: set[str]) -> None:
    assert not loaded(statement) & without


@pytest.mark.parametrize(
    "file", sorted(Path(commands.__file__).parent.glob("*.py")), ids=lambda file: file.stem
)
def test_a_module_of_a_command_declares_it_only(file: Path) -> None:
    names = {
        module.split(".")[0] if not module.startswith("nof1tui.") else module
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
        )
    }
    options = {"nof1tui.cli.options", "nof1tui.cli.time_option"}
    assert names <= {"__future__", "click", "pathlib", "typing"} | options


def test_the_kinds_of_events_that_show_declares_are_those_of_the_domain() -> None:
    assert EVENT_KINDS == ALL_EVENT_KINDS
