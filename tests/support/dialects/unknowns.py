"""What is unknown: a 0 is to be marked, what is left out is taken from the truth too."""

from __future__ import annotations

from tests.support.dialects.fields import GARBAGE, NOTHING, OPTIONAL_NUMBERS, ORDER_IDS, ZERO_TIMES
from tests.support.dialects.scene import Json, Scene


def unknown_times_as_zero(scene: Scene) -> None:
    for kind, written, true in scene.everything():
        if kind in ("trades", "position"):
            _leave_out(scene, written, true, "entry_time", ZERO_TIMES)
        elif kind == "crypto-prices":
            written["timestamp"] = scene.dice.choice((*ZERO_TIMES, *NOTHING))
            true["timestamp"] = scene.truth[kind]["serverTime"]


def unknown_orders_as_zero(scene: Scene) -> None:
    for kind, written, true in scene.everything():
        for name in ORDER_IDS.get(kind, ()):
            if name in written and scene.lucky():
                _leave_out(scene, written, true, name, (0, "0", 0.0))


def unknown_prices_as_zero(scene: Scene) -> None:
    for kind, written, true in scene.everything():
        if kind in ("trades", "position"):
            _leave_out(scene, written, true, "entry_price", (0, "0", 0.0))


def _leave_out(scene: Scene, written: Json, true: Json, name: str, zeros: tuple[object, ...]) -> None:
    written[name] = scene.dice.choice((*zeros, *NOTHING))
    if written[name] in NOTHING:
        true[name] = None


def missing_numbers(scene: Scene) -> None:
    for kind, written, true in scene.everything():
        for name in OPTIONAL_NUMBERS.get(kind, ()):
            if name in written and scene.lucky():
                true[name] = None
                if scene.dice.random() < 0.5:
                    del written[name]
                else:
                    written[name] = scene.dice.choice((None, "", "n/a", "null"))


def unusable_numbers(scene: Scene) -> None:
    for kind, written, _ in scene.everything():
        for name in OPTIONAL_NUMBERS.get(kind, ()):
            if name in written and scene.lucky():
                written[name] = scene.dice.choice(GARBAGE)
