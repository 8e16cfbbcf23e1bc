"""Private parts of Textual and Rich: a version that moves one fails here, and the program runs without it."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import pkgutil
import pty
import signal
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.segment import Segment
from textual.app import App
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widgets import Static

import nof1tui.tui
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.terminal import textual_internals as internals
from nof1tui.tui.terminal.driver import TerminalDriver
from tests.support import textual_internals as test_internals
from tests.support.paths import ROOT
from tests.support.scenes import ScriptedEngine, board, make_app
from tests.support.terminal_program import SIZE, read_until, resize, start

WRAPPED = """
from {module} import {owner}
def wrapped(stock):
    return lambda self, *more, **options: stock(self, *more, **options)
{owner}.{name} = wrapped({owner}.{name})
"""
"""Makes a method look as if another version had changed it; it works as before."""
UNCACHED = """
from rich.segment import Segment
split = Segment._split_cells.__func__.__wrapped__
Segment._split_cells = classmethod(lambda cls, segment, cut: split(cls, segment, cut))
"""
MOVES = {
    internals.DISPLAY: WRAPPED.format(module="textual.app", owner="App", name="_display"),
    internals.FATAL_ERROR: WRAPPED.format(module="textual.app", owner="App", name="_fatal_error"),
    internals.APP_DRIVER: WRAPPED.format(module="textual.app", owner="App", name="__init__"),
    internals.DRIVER_OUTPUT: WRAPPED.format(
        module="textual.drivers.linux_driver", owner="LinuxDriver", name="start_application_mode"
    ),
    internals.SIZE_QUERY: WRAPPED.format(
        module="textual.drivers.linux_driver", owner="LinuxDriver", name="_get_terminal_size"
    ),
    internals.BINDINGS: WRAPPED.format(module="textual.dom", owner="DOMNode", name="__init__"),
    internals.SPLIT_CACHE: UNCACHED,
}
"""For each part, code that moves it before the program starts."""
PROGRAM = """
{move}
import logging
logging.basicConfig(filename={log!r}, level=logging.WARNING, format="%(message)s")
from tests.support.scenes import ScriptedEngine, board, make_app
engine = ScriptedEngine(board())
make_app(engine).run()
sys.exit(0 if engine.closed else 3)
"""


def changed(*values: object) -> None:
    """Has the parameters and the code of no part."""


@pytest.mark.parametrize("part", internals.PARTS, ids=lambda part: part.name)
def test_every_private_part_of_the_program_is_as_expected(part: internals.Part) -> None:
    assert part.is_available, (
        f"{part.name} has moved or changed. It {part.purpose}. "
        f"Adapt nof1tui/tui/terminal/textual_internals.py; until then: {part.fallback}."
    )


@pytest.mark.parametrize("part", test_internals.PARTS, ids=lambda part: part.name)
def test_every_private_part_of_the_tests_is_as_expected(part: test_internals.Internal) -> None:
    assert hasattr(part.owner, part.name), (
        f"{part.owner!r} has no {part.name}: adapt tests/support/textual_internals.py, which {part.purpose}"
    )


def program_log(move: str, log: Path) -> str:
    """What the program logs after this move, on a real terminal where it shows a board and exits."""
    master, slave = pty.openpty()
    resize(master, *SIZE)
    program = start(PROGRAM.format(move=move, log=str(log)), slave)
    try:
        assert b"21,610.74" in read_until(master, b"21,610.74")
        program.send_signal(signal.SIGTERM)
        read_until(master, b"\x1b[?1004l")
        assert program.wait(timeout=5) == 0
    finally:
        program.kill()
        program.wait()
        os.close(slave)
        os.close(master)
    return log.read_text("utf-8")


def test_the_program_runs_with_every_part_moved_and_logs_one_line_for_each(tmp_path: Path) -> None:
    assert MOVES.keys() == set(internals.PARTS)
    lines = program_log("\n".join(MOVES.values()), tmp_path / "log").splitlines()
    assert lines == [
        f"{part.name} is not as expected ({part.purpose}): {part.fallback}" for part in internals.PARTS
    ]


def test_the_program_logs_nothing_where_all_parts_are_as_expected(tmp_path: Path) -> None:
    assert program_log("", tmp_path / "log") == ""


def test_without_textuals_compositor_updates_the_module_loads_and_frames_are_sent_as_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "textual._compositor", None)
    spec = importlib.util.spec_from_file_location("internals_elsewhere", internals.__file__)
    assert spec is not None and spec.loader is not None
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    assert not elsewhere.DISPLAY.is_available
    assert not elsewhere.can_replace_display(make_app(ScriptedEngine(board())))


def test_without_textuals_fatal_error_the_app_keeps_the_stock_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "_fatal_error" in vars(make_app(ScriptedEngine(board())))
    monkeypatch.setattr(App, "_fatal_error", changed)
    assert "_fatal_error" not in vars(make_app(ScriptedEngine(board())))


def test_without_the_drivers_file_textuals_own_driver_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(ScriptedEngine(board()))
    assert app.get_driver_class() is TerminalDriver
    monkeypatch.setattr(LinuxDriver, "start_application_mode", changed)
    assert app.get_driver_class() is LinuxDriver


def test_without_a_driver_attribute_driver_and_count_of_bytes_are_none() -> None:
    assert internals.driver_of(cast("App[Any]", SimpleNamespace())) is None
    assert make_app(ScriptedEngine(board())).sent_bytes is None


def test_the_size_is_set_before_each_query_or_else_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    driver = SimpleNamespace(_get_terminal_size=lambda: calls.append("query"))
    internals.before_size_query(driver, lambda: calls.append("set"))
    driver._get_terminal_size()
    assert calls == ["set", "set", "query"]
    monkeypatch.delattr(LinuxDriver, "_get_terminal_size")
    bare = SimpleNamespace()
    internals.before_size_query(bare, lambda: calls.append("set once"))
    assert calls[3:] == ["set once"]
    assert vars(bare) == {}


def test_without_textuals_bindings_a_table_keeps_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    table = LiveTable[str]((), key=str)
    bound = table._bindings.key_to_bindings
    assert {"g", "enter"} <= bound.keys()
    monkeypatch.setattr(DOMNode, "__init__", changed)
    table.unbind_key("g")
    assert "g" in bound
    monkeypatch.undo()
    table.unbind_key("g")
    assert "g" not in bound


def test_without_richs_cache_there_is_nothing_to_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    Segment("▲ 你好").split_cells(3)
    assert internals.split_cache_size() > 0
    with monkeypatch.context() as patch:
        patch.delattr(Segment, "_split_cells")
        assert internals.split_cache_size() == 0
        internals.clear_split_cache()
    internals.clear_split_cache()
    assert internals.split_cache_size() == 0


# No other module uses them

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(nof1tui.tui.__path__, "nof1tui.tui.")
]
CLASSES = [
    item
    for module in MODULES
    for item in vars(module).values()
    if inspect.isclass(item) and item.__module__ == module.__name__
]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def own_names(owner: type[Any]) -> set[str]:
    """Private names that the source of a class defines, reads or sets on `self`."""
    names = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner)))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            names.add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
    return {name for name in names if is_private(name)}


@pytest.mark.parametrize("owner", CLASSES, ids=lambda owner: owner.__qualname__)
def test_no_class_uses_or_hides_a_private_name_of_its_textual_base(owner: type[Any]) -> None:
    for base in owner.__mro__[1:]:
        if base.__module__.startswith(("textual.", "rich.")):
            assert not own_names(owner) & own_names(base), base


LIBRARY_NAMES = set().union(
    *(
        own_names(base)
        for owner in (App, Screen, ScrollView, Static, LinuxDriver, Segment)
        for base in owner.__mro__
        if base.__module__.startswith(("textual.", "rich."))
    )
)
"""Private names of the classes that the program uses most."""


def private_uses(tree: ast.Module) -> Iterator[str]:
    """Private modules of Textual and Rich that are imported, and private attributes of other objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("textual", "rich")):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (f"{node.module}.{name}" for name in names if is_private(name))
        elif isinstance(node, ast.Attribute) and not (
            isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        ):
            yield from {node.attr} & LIBRARY_NAMES


@pytest.mark.parametrize(
    "file", sorted((ROOT / "nof1tui" / "tui").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_no_other_module_reaches_for_private_parts(file: Path) -> None:
    if file.name != "textual_internals.py":
        assert set(private_uses(ast.parse(file.read_text("utf-8")))) == set()
