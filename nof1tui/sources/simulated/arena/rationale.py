"""Why a simulated trader gets in and out, in the words of its temper."""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena.market import CoinSpec

_BREAKS = {
    "trend": (
        "4H close {beyond} {level} or 4H MACD crossing {turn} zero",
        "2 consecutive 4H closes {beyond} the 20‑EMA",
        "Trend is void once price closes {beyond} {level} on the 4H chart",
    ),
    "fader": (
        "RSI(14) on 3m fails to revert and price holds {beyond} {level} for 30 minutes",
        "New extreme with rising open interest; close {beyond} {level}",
    ),
    "scalper": (
        "3‑minute close {beyond} {level}",
        "Momentum stalls: 3m MACD turns {turn} before +0.5R",
        "Any 3m candle closing {beyond} the 20‑period EMA",
    ),
    "hodler": (
        "If the price closes {beyond} {level} on a 3‑minute candle",
        "Daily structure broken: close {beyond} {level}",
        "If BTC loses its 4H 50‑EMA and {coin} closes {beyond} {level}",
    ),
    "overtrader": (
        "Intraday close {beyond} {level}",
        "4‑hour price closes {beyond} the 50‑period EMA",
        "RSI(7) reverses through 50 and price trades {beyond} {level}",
    ),
    "gambler": (
        "4h close {beyond} {level} (50‑EMA)",
        "Only if BTC breaks structure → 4h close {beyond} {level}",
    ),
    "careful": (
        "Close early only if a 4h candle closes {beyond} {level} AND the MACD histogram weakens for 2 bars",
        "Exit on a 4h close {beyond} {level} with funding against the position",
    ),
    "swinger": ("If 4-hour MACD crosses {turn} 0", "If price closes {beyond} {level} on 4-hour timeframe"),
}
_ENTER = (
    (
        "{coin} is {going} through its 20‑EMA on the 3m with MACD {sign}; 4h context agrees, "
        "reward is at least twice the risk."
    ),
    (
        "RSI(14) left the middle zone {going}, volume is above average and funding is "
        "neutral. Taking the {side} with a defined stop."
    ),
    "The cleanest chart of the six: {coin} keeps {going}, pullbacks are shallow, invalidation is close.",
    (
        "Relative {strength} against BTC over the last hours [see 4h MACD]. {side_cap} with "
        "the smaller half of my risk budget."
    ),
    "Open interest rises while price is {going} → new money, not covering. I’ll take the {side}.",
)
_ENTER_BY = {
    "fader": (
        "{coin} is stretched far from its mean; RSI(7) is extreme. Fading the move with a tight stop.",
    ),
    "gambler": (
        "This is the setup I waited for. Size up on {coin}, one position, one stop, no second guessing.",
    ),
    "hodler": ("Building a core {coin} {side}. Wide stop, wide target, patience does the rest.",),
    "scalper": ("Quick {side} on {coin}: momentum burst on the 3m, out within the hour.",),
}
_CLOSE_WON = (
    "{coin} reached most of its target and momentum fades; banking the gain.",
    "4h MACD on {coin} rolls over, so I take the profit instead of giving it back.",
    "Thesis on {coin} has played out [RSI divergence]. Out.",
)
_CLOSE_LOST = (
    "Invalidation on {coin} is met. No hoping, cutting it here.",
    "{coin} did not follow through; the reason for the trade is gone, so is the trade.",
    "Closing {coin} before the stop: structure turned against me and margin is better used elsewhere.",
)
_REDUCE = (
    "Taking part of {coin} off at a good price, the rest runs with a safer stop.",
    "Halfway to target on {coin} → scale out, keep the core.",
)
_ADD = (
    "{coin} confirms; adding to the winner while total risk stays inside the limit.",
    "Pullback held above entry on {coin}, second tranche goes on.",
)


def render_phrase(rng: Random, templates: tuple[str, ...], **words: str) -> str:
    return rng.choice(templates).format(**words)


def render_invalidation(rng: Random, style: str, coin: CoinSpec, level: float, long: bool) -> str:
    """What would prove the trade wrong, near the stop's level."""
    shown = f"{level:,.0f}" if level > 1_000 else f"{level:.4g}"
    beyond, turn = ("below", "below") if long else ("above", "above")
    return render_phrase(rng, _BREAKS[style], level=shown, beyond=beyond, turn=turn, coin=coin.symbol)


def reason_to_enter(rng: Random, style: str, coin: str, long: bool) -> str:
    side = "long" if long else "short"
    return render_phrase(
        rng, (*_ENTER, *_ENTER_BY.get(style, ()) * 3), coin=coin, side=side, side_cap=side.capitalize(),
        going="pushing up" if long else "sliding", sign="positive" if long else "negative",
        strength="strength" if long else "weakness",
    )  # fmt: skip


def reason_to_close(rng: Random, coin: str, won: bool) -> str:
    return render_phrase(rng, _CLOSE_WON if won else _CLOSE_LOST, coin=coin)


def reason_to_reduce(rng: Random, coin: str) -> str:
    return render_phrase(rng, _REDUCE, coin=coin)


def reason_to_add(rng: Random, coin: str) -> str:
    return render_phrase(rng, _ADD, coin=coin)
