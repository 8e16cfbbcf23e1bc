"""Separate data folders for each program under test; servers it leaves running are found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nof1tui.store.embedded import lease
from tests.support.embedded_server import destroy_cluster
from tests.support.homes import copy_home
from tests.support.paths import ROOT


@pytest.fixture
def bare_home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with fresh XDG folders and no settings of the tester's."""
    prefixes = ("NOF1_", "COLUMNS", "LINES", "NO_COLOR")
    env = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        env[f"XDG_{name}_HOME"] = str(tmp_path / name.lower())
    env["HOME"] = str(tmp_path)
    env["PYTHONPATH"] = str(ROOT)
    yield env
    data = tmp_path / "data" / "nof1-tui"
    if lease.cluster_exists(data):
        destroy_cluster(data)


@pytest.fixture
def home(bare_home: dict[str, str], made_home: Path) -> dict[str, str]:
    """The same with an empty store: as after a start that made the cluster and left again."""
    copy_home(made_home, Path(bare_home["XDG_DATA_HOME"]) / "nof1-tui")
    return bare_home
