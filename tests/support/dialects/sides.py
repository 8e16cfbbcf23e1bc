"""Sides: in words, or contradicted."""

from __future__ import annotations

from tests.support.dialects.scene import Json, Scene, is_number


def unsigned_quantities(scene: Scene) -> None:
    for kind, written, true in scene.everything():
        if kind in ("trades", "position") and is_number(written.get("quantity")):
            side = "short" if true["quantity"] < 0 else "long"
            words = [side, side.upper(), side.title(), f"open_{side}"]
            words += [{"long": "BUY", "short": "sell"}[side]] if kind == "position" else []
            written["side"] = scene.dice.choice(words)
            written["quantity"] = abs(true["quantity"])
            if kind == "trades":
                written["trade_type"] = scene.dice.choice((written["side"], None, "market"))


def contradicted_sides(scene: Scene) -> None:
    """Words, and signs too where the money still proves the side: nothing else could."""
    for kind, written, true in scene.everything():
        if kind not in ("trades", "position") or not is_number(written.get("quantity")):
            continue
        is_short, size = true["quantity"] < 0, abs(true["quantity"])
        proven = _money_proves(kind, written)
        if is_short or proven:
            written["side"] = written["trade_type"] = "long" if is_short else "short"
            written["quantity"] = scene.dice.choice((size, -size)) if proven else -size


def _money_proves(kind: str, written: Json) -> bool:
    """Whether the P&L is that of a side: not of a small price change, which fees may outweigh."""
    entry_price = written.get("entry_price")
    price = written["exit_price" if kind == "trades" else "current_price"]
    return bool(entry_price) and is_number(entry_price) and abs(price / entry_price - 1) > 0.01
