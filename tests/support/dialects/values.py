"""The forms of single values: nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from tests.support.dialects.fields import NUMBERS, TIMES
from tests.support.dialects.scene import Json, Scene, is_number


def numbers_as_text(scene: Scene) -> None:
    for kind, written, _ in scene.everything():
        for name in NUMBERS.get(kind, ()):
            if is_number(written.get(name)) and scene.lucky():
                written[name] = str(written[name])
    for _, written, _ in scene.records("analytics"):
        for table in written.values():
            if isinstance(table, dict):
                table |= {name: str(value) for name, value in table.items() if is_number(value)}


def whole_numbers_with_a_point(scene: Scene) -> None:
    for kind, written, _ in scene.everything():
        for name in NUMBERS.get(kind, ()):
            if isinstance(written.get(name), int):
                written[name] = float(written[name])


def flags_as_numbers(scene: Scene) -> None:
    for _, written, _ in scene.records("trades"):
        written["exit_crossed"] = scene.dice.choice((int(written["exit_crossed"]), "true", "0"))
    for _, written, _ in scene.positions():
        written["wait_for_fill"] = scene.dice.choice((0, "false", "0"))


def times_in_iso_8601(scene: Scene) -> None:
    for _, written, name in _times(scene):
        written[name] = write_iso(_seconds(written[name]), scene.dice)


def times_in_smaller_units(scene: Scene) -> None:
    factor = scene.dice.choice((1_000, 1_000_000, 1_000_000_000))
    for kind, written, name in _times(scene):
        if kind != "crypto-prices":
            micros = round(_seconds(written[name]) * 1_000_000)
            written[name] = micros / 1_000 if factor == 1_000 else micros * factor // 1_000_000


def times_of_prices_in_seconds(scene: Scene) -> None:
    for _, written, _ in scene.records("crypto-prices"):
        if is_number(written.get("timestamp")):
            written["timestamp"] = written["timestamp"] / 1_000


def _times(scene: Scene) -> Iterator[tuple[str, Json, str]]:
    for kind, written, _ in scene.everything():
        for name in TIMES.get(kind, ()):
            if is_number(written.get(name)) and written[name]:
                yield kind, written, name


def _seconds(value: float) -> float:
    return value / 1_000 if value > 1e12 else value


def write_iso(seconds: float, dice: random.Random) -> str:
    zone = dice.choice((UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))))
    text = datetime.fromtimestamp(seconds, zone).isoformat(sep=dice.choice("T "))
    if zone is UTC:
        return text.removesuffix("+00:00") + dice.choice(("Z", "+00:00", "", " UTC"))
    return text
