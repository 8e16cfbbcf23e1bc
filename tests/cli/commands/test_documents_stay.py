"""Scripts for version 0.1 work: its documents' keys and values are unchanged."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import simulated_season
from tests.support.cli_types import Command
from tests.support.paths import ROOT

GOLDEN = ROOT / "tests" / "support" / "golden"
ENDPOINTS = (
    *("account-totals", "trades", "conversations"),
    *("crypto-prices", "analytics", "since-inception-values"),
)
DOCUMENTS = ("leaderboard", "stats", "positions", "trades", "prices", "chat", "events", "coins")
CHANGED = frozenset(
    {
        "stats.rows[].upstream[].why",  # words for people: "over open positions"
        "events.rows[].detail",  # words for people: "#4 → #3"
    }
)
"""Paths of values that differ on purpose; each with its reason in a comment."""


@pytest.fixture
def season(on_store: Command, tmp_path: Path) -> Command:
    """`nof1-tui` on a store into which a simulated season was imported."""
    arena = simulated_season.make(seed=7, traders=5, history=timedelta(hours=60))
    folder = tmp_path / "recorded" / "2025-10-28T070012Z"
    folder.mkdir(parents=True)
    for endpoint in ENDPOINTS:
        (folder / f"{endpoint}.json").write_bytes(arena.answer(endpoint, simulated_season.START).body)
    assert on_store("import", str(folder.parent)).code == 0
    return on_store


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Values of 0.1 that are missing or changed; new keys do not count."""
    if path in CHANGED:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                yield f"{path}.{key} is gone"
            else:
                yield from differences(value, new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from differences(one, other, f"{path}[]")
    elif isinstance(old, float) and isinstance(new, float):
        if not math.isclose(old, new, rel_tol=1e-12, abs_tol=1e-12):
            yield f"{path}: {old!r} became {new!r}"
    elif old != new:
        yield f"{path}: {old!r} became {new!r}"


def test_every_document_has_its_keys_and_values_of_0_1(season: Command) -> None:
    for what in DOCUMENTS:
        printed = season("show", what, "--json", "--limit", "6")
        assert printed.code == 0, printed.err
        golden = json.loads((GOLDEN / f"{what}.json").read_text("utf-8"))
        assert list(differences(golden, json.loads(printed.out), what)) == []
