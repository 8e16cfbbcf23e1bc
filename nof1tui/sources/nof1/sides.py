"""The side of a position or trade, from words, the sign of its quantity, prices and P&L. Pure.

nof1 signs quantities; other servers write them unsigned beside a word. Where the statements contradict
each other, the side that the money proves is the right one.
"""

from __future__ import annotations

import re

from msgspec import Struct

from nof1tui.domain.records import Side

_SIDE_WORD = re.compile(r"\b(long|short)\b")
_SIDE_BY_ORDER: dict[str, Side] = {"buy": "long", "bid": "long", "sell": "short", "ask": "short"}
_LONGEST_WORD = 60
_PROVEN_LOW, _PROVEN_HIGH = 0.5, 1.5
"""P&L as a share of |quantity| × price change, within which it proves the side."""
MIN_GROSS_MOVE, MIN_NET_MOVE = 0.0005, 0.005
"""Relative price change from which gross and net P&L prove a side: smaller ones drown in fees and time."""


class SideFinding(Struct, frozen=True, gc=False):
    """The side, None where it is unknown, and why it is in doubt, None where nothing contradicts it."""

    side: Side | None
    doubt: str | None = None


def find_side(
    words: tuple[str | None, ...], quantity: float | None, proven: Side | None, *, closed: bool = False
) -> SideFinding:
    """The side that words and the sign of the quantity state; the proven one where they contradict it.

    A positive quantity states nothing beside a word, and `long` without one (contract 2). `buy` and `sell`
    name the side of an open position; of a closed trade, `sell` may be the order that closed it.
    """
    named = tuple(dict.fromkeys(side for word in words if (side := _parse_word(word)) is not None))
    order = next((side for word in words if (side := _parse_order(word)) is not None), None)
    stated = named
    if quantity is not None and quantity < 0:
        stated = tuple(dict.fromkeys(("short", *named)))
    if not stated and order is not None and not (closed and order == "short"):
        stated = (order,)
    if not stated and order is None and quantity:
        stated = ("long",)
    sides = {*stated, proven} - {None}
    if len(sides) > 1:
        return SideFinding(proven or stated[0], _describe(named, quantity, proven))
    if not sides and order is not None:
        return SideFinding(None, "sell: the trade, or the order that closed it")
    return SideFinding(next(iter(sides), None))


def side_proven_by(
    quantity: float | None,
    entry_price: float | None,
    exit_price: float | None,
    pnl_usd: float | None,
    *,
    min_move: float,
) -> Side | None:
    """The side whose P&L on this price change is the one reported; None where it proves neither."""
    if not quantity or not entry_price or not exit_price or not pnl_usd:
        return None
    if abs(exit_price / entry_price - 1.0) < min_move:
        return None
    share = pnl_usd / (abs(quantity) * (exit_price - entry_price))
    if not _PROVEN_LOW <= abs(share) <= _PROVEN_HIGH:
        return None
    return "long" if share > 0 else "short"


def signed_quantity(quantity: float, side: Side | None) -> float:
    """The quantity with the sign of its side; unchanged where the side is unknown."""
    if side is None:
        return quantity
    return -abs(quantity) if side == "short" else abs(quantity)


def _parse_word(word: str | None) -> Side | None:
    """`long` or `short` where a text names one of them: `LONG`, `Close Short`."""
    found = set(_SIDE_WORD.findall(word[:_LONGEST_WORD].replace("_", " ").lower())) if word else set()
    if len(found) != 1:
        return None
    return "short" if "short" in found else "long"


def _parse_order(word: str | None) -> Side | None:
    return _SIDE_BY_ORDER.get(word.strip().lower()) if word else None


def _describe(named: tuple[Side, ...], quantity: float | None, proven: Side | None) -> str:
    sign = "unknown" if not quantity else "negative" if quantity < 0 else "positive"
    return f"words: {' and '.join(named) or 'none'}; quantity: {sign}; P&L: {proven or 'proves neither'}"
