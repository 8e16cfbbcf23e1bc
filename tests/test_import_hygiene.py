"""What gets loaded when: first paints and quick answers must not wait for libraries they do not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
        (running("show", "--help"), {*HEAVY} - {"click"}),
        (running("demo", "--help"), {*HEAVY} - {"click"}),
        ("import nof1tui.domain.board", {*HEAVY}),
        ("import nof1tui.ports", {*HEAVY}),
        ("import nof1tui.settings.model", {*HEAVY} - {"pydantic"}),
        ("import nof1tui.collector", {*HEAVY} - {"msgspec"}),
        ("import nof1tui.sources.nof1.source", {*HEAVY} - {"httpx", "msgspec", "click", "rich"}),
        ("import nof1tui.store.writing.writer", {*HEAVY} - {"psycopg", "msgspec"}),
        (
            "import nof1tui.runtime.open_store, nof1tui.store.reading.reader",
            {*HEAVY} - {"psycopg", "msgspec", "pydantic"},
        ),
        ("import nof1tui.tui.app", {*HEAVY} - {"textual", "rich"}),
        (
            "import nof1tui.cli.commands.monitor, nof1tui.runtime.lazy_engine, nof1tui.runtime.rosters",
            {*HEAVY} - {"click"},
        ),
    ],
    ids=lambda value: value[-50:] if isinstance(value, str) else "",
)
def test_a_module_loads_no_library_it_does_not_use(statement: str, without: set[str]) -> None:
    assert not loaded(statement) & without
