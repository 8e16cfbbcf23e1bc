"""How soon a key is answered while every figure changes: from the key to the bytes of its answer."""

from __future__ import annotations

import random
import time

from bench.report import Figure, arguments, middle, show
from bench.terminal import program

SIZES = ((80, 24), (120, 40), (200, 60))
GOAL_MS = 50.0
TICK_S = 2.0
HIGHLIGHT = b"48;2;"
"""The ground of a row: a tick changes characters on the ground they have, the highlight changes grounds."""


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    keys = 4 if smoke else 60
    figures: list[Figure] = []
    for accounts in (32,) if smoke else (32, 200, 1_000):
        for size in SIZES[1:2] if smoke else SIZES:
            figures += measure(accounts, size, keys)
    show(f"A key, a tick every {TICK_S:g} s", "none", figures)


def measure(accounts: int, size: tuple[int, int], keys: int) -> list[Figure]:
    chance = random.Random(7)
    with program("ticking", size, app="ours", accounts=accounts, points=400) as ours:
        ours.step("first", watched=False)
        ours.step(f"every {TICK_S}", watched=False)
        answers = []
        for number in range(keys):
            time.sleep(chance.uniform(0.05, 0.25))
            answers.append(ours.answer_ms(b"j" if number // 15 % 2 == 0 else b"k", HIGHLIGHT))
    place = f"{size[0]}x{size[1]}, {accounts} accounts"
    slow = sorted(answers)[int(0.95 * (len(answers) - 1))]
    return [
        Figure(f"{place}: median", middle(answers), goal=GOAL_MS),
        Figure(f"{place}: p95", slow, goal=GOAL_MS),
    ]


if __name__ == "__main__":
    main()
