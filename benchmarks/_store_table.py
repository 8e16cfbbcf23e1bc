"""What was measured, beside its baseline and its goal."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one thing done many times."""

    p50: float
    p95: float

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p95:.2f} ms"


async def timed(work: Callable[[int], Awaitable[object]], times: int, warm: int = 3) -> Timing:
    """`work` gets the number of its turn; the first few are not counted."""
    taken = []
    for turn in range(-warm, times):
        began = time.perf_counter()
        await work(turn)
        if turn >= 0:
            taken.append((time.perf_counter() - began) * 1e3)
    taken.sort()
    return Timing(taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.95))])


@dataclass(slots=True)
class Table:
    """Rows of ours, baseline, ratio, goal, and whether it is met."""

    rows: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    missed: int = 0

    def add(
        self,
        what: str,
        ours: object,
        *,
        baseline: object = "",
        ratio: float | None = None,
        goal: str = "",
        met: bool | None = None,
    ) -> None:
        goal_met = "" if met is None else "yes" if met else "no"
        self.missed += met is False
        self.rows.append(
            (what, str(ours), str(baseline), "" if ratio is None else f"{ratio:.1f}×", goal, goal_met)
        )
        print("|", " | ".join(self.rows[-1]), "|", flush=True)

    def heading(self) -> None:
        print("| | ours (p50 / p95) | baseline | ratio | goal | met |\n| --- | --- | --- | --- | --- | --- |")
