"""Reference libraries of the tests: which are installed, and the series they are given."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from random import Random
from typing import Any

import pytest

SERIES = 1_000
"""Random series per comparison."""


def needs(*modules: str) -> pytest.MarkDecorator:
    """Skips a test with the reason where one of the libraries is not installed."""
    missing = [name for name in modules if find_spec(name) is None]
    reason = f"{', '.join(missing)} not installed: reference libraries"
    return pytest.mark.skipif(bool(missing), reason=reason)


def library(name: str) -> Any:
    """A module of an installed reference library."""
    return import_module(name)


def random_returns(seed: int, n: int | None = None) -> list[float]:
    chance = Random(seed)
    scale = 10 ** chance.uniform(-3, -1)
    return [max(-0.9, chance.gauss(scale / 10, scale)) for _ in range(n or chance.randint(30, 120))]
