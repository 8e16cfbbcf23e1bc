"""Why a simulated trader opens and closes positions, worded by its strategy."""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena.market import CoinSpec
from nof1tui.sources.simulated.arena.prose import load_prose, render_phrase


def render_invalidation(rng: Random, strategy: str, coin: CoinSpec, level: float, long: bool) -> str:
    """What would prove the trade wrong, near the stop's level."""
    shown = f"{level:,.0f}" if level > 1_000 else f"{level:.4g}"
    beyond, turn = ("below", "below") if long else ("above", "above")
    templates = load_prose().invalidation[strategy]
    return render_phrase(rng, templates, level=shown, beyond=beyond, turn=turn, coin=coin.symbol)


def reason_to_enter(rng: Random, strategy: str, coin: str, long: bool) -> str:
    """Why a position is opened; a strategy's own reasons are three times as likely."""
    side, entry = "long" if long else "short", load_prose().entry
    return render_phrase(
        rng,
        (*entry.any_strategy, *entry.by_strategy.get(strategy, ()) * 3),
        coin=coin,
        side=side,
        side_cap=side.capitalize(),
        going="pushing up" if long else "sliding",
        sign="positive" if long else "negative",
        strength="strength" if long else "weakness",
    )


def reason_to_close(rng: Random, coin: str, won: bool) -> str:
    """Why a position is closed."""
    texts = load_prose().exit
    return render_phrase(rng, texts.won if won else texts.lost, coin=coin)


def reason_to_reduce(rng: Random, coin: str) -> str:
    """Why part of a position is closed."""
    return render_phrase(rng, load_prose().exit.reduce, coin=coin)


def reason_to_add(rng: Random, coin: str) -> str:
    """Why a position is increased."""
    return render_phrase(rng, load_prose().exit.add, coin=coin)
