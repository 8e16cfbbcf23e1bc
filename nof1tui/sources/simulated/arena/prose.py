"""Texts of the simulated season, read from `prose.toml` on first use."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from random import Random

import msgspec

Templates = tuple[str, ...]
"""Alternatives to draw from, each for `str.format`."""


class SummaryProse(msgspec.Struct, frozen=True):
    """The chat line: one sentence on the account's situation, one on why nothing changes."""

    ahead: Templates
    dip: Templates
    behind: Templates
    comeback: Templates
    patient: Templates
    flat: Templates
    out_of_margin: Templates
    more_changes: str
    one_position: str
    many_positions: str
    actions: dict[str, Templates]
    """By signal."""


class ReasoningProse(msgspec.Struct, frozen=True):
    """The long trace behind the chat line."""

    openings: Templates
    market_lines: Templates
    closings: Templates
    rules: Templates
    positions_heading: str
    no_positions: str
    market_heading: str
    actions_heading: str
    no_actions: str
    overbought: str
    oversold: str
    neutral: str
    account: str
    position: str
    towards_target: str
    against: str


class EntryProse(msgspec.Struct, frozen=True):
    """Why a position is opened."""

    any_strategy: Templates
    by_strategy: dict[str, Templates]


class ExitProse(msgspec.Struct, frozen=True):
    """Why a position is closed, reduced or increased."""

    won: Templates
    lost: Templates
    reduce: Templates
    add: Templates


class PromptProse(msgspec.Struct, frozen=True):
    """The prompt that a trader answers."""

    introduction: str
    coin: str
    account: str


class Prose(msgspec.Struct, frozen=True):
    """All texts of the simulated season."""

    summary: SummaryProse
    reasoning: ReasoningProse
    invalidation: dict[str, Templates]
    """By strategy."""
    entry: EntryProse
    exit: ExitProse
    prompt: PromptProse


@cache
def load_prose() -> Prose:
    """The texts of `prose.toml`; the file is read once."""
    text = (files(__package__) / "prose.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Prose)


def render_phrase(rng: Random, templates: Templates, **words: str) -> str:
    """One of the templates, filled in."""
    return rng.choice(templates).format(**words)
