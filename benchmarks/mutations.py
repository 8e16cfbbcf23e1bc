"""Small faults seeded into the program: how many of them do the tests notice?

    python benchmarks/mutations.py                                     # a sample of the delivery's modules
    python benchmarks/mutations.py --modules 'domain/metrics/*.py' --tests tests/domain/metrics
    python benchmarks/mutations.py --sample 400 --seed 7 --jobs 2      # more of them, others
    python benchmarks/mutations.py --smoke                             # one

A fault is a comparison or condition turned, `and` for `or`, another number, a plus for a minus, or a
statement removed. Each is tried in a copy of the tree; a fault that no test notices is
printed with its line. Fails below the score of 90 %.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parent.parent
DELIVERY = ("collector/delivery/*.py", "collector/backoff.py", "collector/circuit_breaker.py")
COPIED = ("nof1tui", "tests", "migrations", "deploy", "pyproject.toml")
GOAL_PCT = 90.0
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Fault:
    """One changed place of a module."""

    module: Path
    line: int
    change: str
    source: str = field(repr=False)
    """The whole module with the change."""


class FaultFinder:
    """The faults that can be seeded into one module; each changes one place of its tree."""

    def __init__(self, module: Path) -> None:
        """`module` is relative to the root of the project."""
        self._module = module
        self._tree = ast.parse((ROOT / module).read_text("utf-8"))

    def find(self) -> Iterator[Fault]:
        for node in list(ast.walk(self._tree)):
            yield from self._expression_faults(node)
            for name in ("body", "orelse"):
                statements = getattr(node, name, None)
                if isinstance(statements, list):
                    yield from self._removals(statements)

    def _expression_faults(self, node: ast.AST) -> Iterator[Fault]:
        match node:
            case ast.Compare(ops=[operator]):
                node.ops = [_TURNED[type(operator)]()]
                yield self._fault(node, ast.unparse(node))
                node.ops = [operator]
            case ast.If() | ast.While() | ast.IfExp():
                test, node.test = node.test, ast.UnaryOp(ast.Not(), node.test)
                yield self._fault(node, f"condition {ast.unparse(node.test)}")
                node.test = test
            case ast.BoolOp(op=operator):
                node.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
                yield self._fault(node, ast.unparse(node))
                node.op = operator
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                node.value = number * 2 + 1
                yield self._fault(node, f"{number} becomes {node.value}")
                node.value = number
            case ast.BinOp(op=ast.Add() | ast.Sub() as operator):
                node.op = ast.Sub() if isinstance(operator, ast.Add) else ast.Add()
                yield self._fault(node, ast.unparse(node))
                node.op = operator

    def _removals(self, statements: list[ast.stmt]) -> Iterator[Fault]:
        """Calls and assignments to attributes that are removed; logging and docstrings stay."""
        for index, statement in enumerate(statements):
            text = ast.unparse(statement)
            is_call = isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant)
            is_change = isinstance(statement, ast.AugAssign)
            if (is_call or is_change) and not text.startswith(("log.", "yield")):
                statements[index] = ast.copy_location(ast.Pass(), statement)
                yield self._fault(statement, f"removed: {text}")
                statements[index] = statement

    def _fault(self, node: ast.AST, change: str) -> Fault:
        source = ast.unparse(ast.fix_missing_locations(self._tree))
        return Fault(self._module, getattr(node, "lineno", 0), " ".join(change.split())[:100], source)


@dataclass(frozen=True)
class Copy:
    """A copy of the project, in which one fault at a time is tried."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        for name in COPIED:
            path = ROOT / name
            if path.is_dir():
                shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, folder / name)
        return cls(folder)

    def passes(self, tests: Sequence[str], timeout_s: float) -> bool:
        """Whether every test passes, within the time."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(timeout_s) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return False

    def notices(self, fault: Fault, tests: Sequence[str], timeout_s: float) -> bool:
        """Whether a test fails with this fault."""
        path = self.folder / fault.module
        original = path.read_text("utf-8")
        path.write_text(fault.source, "utf-8")
        try:
            return not self.passes(tests, timeout_s)
        finally:
            path.write_text(original, "utf-8")


def find_faults(patterns: Sequence[str]) -> list[Fault]:
    modules = sorted({path for pattern in patterns for path in (ROOT / "nof1tui").glob(pattern)})
    return [fault for path in modules for fault in FaultFinder(path.relative_to(ROOT)).find()]


def try_faults(faults: Sequence[Fault], tests: Sequence[str], jobs: int) -> list[Fault]:
    """The faults that no test notices. Raises SystemExit when the tests fail without any."""
    survivors = list[Fault]()
    with tempfile.TemporaryDirectory(prefix="nof1-mutations-") as folder:
        copies = SimpleQueue[Copy]()
        for number in range(jobs):
            copies.put(Copy.make(Path(folder) / str(number)))
        copy, began = copies.get(), time.monotonic()
        if not any(copy.passes(tests, 1_800.0) for _ in range(2)):
            raise SystemExit(f"the tests fail twice without any fault: {' '.join(tests)}")
        timeout_s = 10.0 + 5.0 * (time.monotonic() - began)
        copies.put(copy)

        def attempt(fault: Fault) -> None:
            copy = copies.get()
            noticed = copy.notices(fault, tests, timeout_s)
            copies.put(copy)
            mark = "noticed " if noticed else "SURVIVED"
            print(f"{mark} {fault.module}:{fault.line}: {fault.change}", flush=True)
            if not noticed:
                survivors.append(fault)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(attempt, faults))
    return survivors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--modules", nargs="+", default=list(DELIVERY), help="patterns under nof1tui/")
    parser.add_argument("--tests", nargs="+", default=["tests/collector"], help="arguments of pytest")
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="one fault: only that it works")
    wish = parser.parse_args()
    if wish.smoke:
        wish.modules, wish.sample, wish.jobs = ["collector/backoff.py"], 1, 1
        wish.tests = ["tests/collector/test_backoff.py"]
    faults = find_faults(wish.modules)
    chosen = random.Random(wish.seed).sample(faults, min(wish.sample, len(faults)))
    survivors = try_faults(chosen, wish.tests, wish.jobs)
    noticed = len(chosen) - len(survivors)
    score = 100.0 * noticed / max(1, len(chosen))
    print(f"{noticed} of {len(chosen)} faults noticed: {score:.0f} % (of {len(faults)} possible ones)")
    return 0 if wish.smoke or score >= GOAL_PCT else 1


if __name__ == "__main__":
    sys.exit(main())
