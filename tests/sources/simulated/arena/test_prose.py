"""The texts of the simulated season: complete, and filled in by the figures they mention."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from nof1tui.sources.simulated.arena.prose import load_prose
from nof1tui.sources.simulated.arena.strategies import _STRATEGIES

SUMMARY = {"ret", "free", "equity"}
POSITIONS = {"n", "coins", "best", "best_pnl", "worst", "worst_pnl", "open_pnl"}
PLACEHOLDERS = {
    "summary.flat": SUMMARY,
    "summary.out_of_margin": SUMMARY,
    **{f"summary.{name}": SUMMARY | POSITIONS for name in ("ahead", "dip", "behind", "comeback", "patient")},
    "summary.actions": {"size", "coin", "lev", "why"},
    "reasoning.market_lines": {"coin", "price", "ema", "macd", "rsi", "word"},
    "reasoning.rules": {"invalidation"},
    "invalidation": {"level", "beyond", "turn", "coin"},
    "entry": {"coin", "side", "side_cap", "going", "sign", "strength"},
    "exit": {"coin"},
}


def templates(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every list entry below a value, with the path of its list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from templates(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        yield from ((path, entry) for entry in value)


@pytest.mark.parametrize(("path", "template"), templates(msgspec.to_builtins(load_prose())))
def test_a_template_uses_only_the_figures_it_is_given(path: str, template: str) -> None:
    given = next((names for prefix, names in PLACEHOLDERS.items() if path.startswith(prefix)), set())
    used = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}

    assert used <= given


def test_every_strategy_has_reasons_and_invalidations() -> None:
    prose = load_prose()

    assert set(prose.invalidation) == {strategy.name for strategy in _STRATEGIES}
    assert set(prose.entry.by_strategy) <= set(prose.invalidation)
    assert all(prose.invalidation.values())


def test_the_file_is_read_once() -> None:
    assert load_prose() is load_prose()
