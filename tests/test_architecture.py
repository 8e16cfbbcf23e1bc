"""The packages are what docs/architecture.md shows: paths, layers, no circles, one meaning for a name."""

from __future__ import annotations

import ast
import re
import runpy
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "nof1tui"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PATH = re.compile(r"`((?:nof1tui/)?[a-z_0-9]+/[a-z_0-9/]*(?:\.py|/)?)`")


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(file): ast.parse(file.read_text("utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}


def imports() -> Iterator[tuple[str, str]]:
    """Every import between modules of the package, also those inside functions and for types only."""
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield name, inner if inner in MODULES else node.module
            elif isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names)


IMPORTS = {(one, other) for one, other in imports() if other in MODULES and one != other}


def siblings(one: str, other: str) -> tuple[str, str] | None:
    """The two modules or packages beside each other that an import joins; None within one of them."""
    first, second = one.split("."), other.split(".")
    depth = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if depth is None:
        return None
    return ".".join(first[: depth + 1]), ".".join(second[: depth + 1])


def reachable(start: str) -> set[str]:
    found, left = set[str](), [start]
    graph = defaultdict(set)
    for one, other in IMPORTS:
        graph[one].add(other)
    while left:
        for other in graph[left.pop()] - found:
            found.add(other)
            left.append(other)
    return found


def test_no_module_imports_itself_through_others() -> None:
    assert [name for name in MODULES if name in reachable(name)] == []


def test_no_two_packages_import_each_other_both_ways() -> None:
    pairs = {pair for one, other in IMPORTS if (pair := siblings(one, other))}
    assert sorted(pair for pair in pairs if pair[::-1] in pairs) == []


def test_a_public_class_name_has_one_meaning() -> None:
    places = defaultdict(list)
    for name, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_the_page_lists_every_package_with_its_docstring() -> None:
    render = runpy.run_path(str(ROOT / ".ci" / "architecture_page.py"))["render"]
    assert render() == PAGE, "out of step: python .ci/architecture_page.py"


@pytest.mark.parametrize("path", sorted(set(PATH.findall(PAGE))))
def test_a_path_on_the_page_exists(path: str) -> None:
    assert any((base / path).exists() for base in (ROOT, PACKAGE)), path


def test_the_layers_of_the_page_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["name"] == "packages are layers")
    picture = re.search(r"```\n(.*?)```", PAGE, re.DOTALL)
    assert picture is not None
    drawn = [re.findall(r"[a-z_]+", line) for line in picture[1].splitlines()]
    heights = {name: row for row, names in enumerate(drawn) for name in names}
    for above, below in pairwise(layers):
        for one in re.findall(r"\w+", above):
            for other in re.findall(r"\w+", below):
                if one in heights and other in heights and "tui" not in (one, other):
                    assert heights[one] < heights[other], (one, other)


def test_every_file_and_function_is_short() -> None:
    long_files = [
        f"{file.relative_to(ROOT)}: {count} lines"
        for file in PACKAGE.rglob("*.py")
        if (count := len(file.read_text("utf-8").splitlines())) > 300
    ]
    long_functions = [
        f"{name}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 50
    ]
    assert (long_files, long_functions) == ([], [])
