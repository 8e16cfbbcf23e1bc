"""What one poll costs on its way to the screen: bytes on the terminal, CPU, and nothing when nothing changed.

Bytes are held against the least that the same change could cost (changed characters, one move for each
run of them, changes of colour), CPU against a stock table of Textual fed with the same figures.
"""

from __future__ import annotations

from bench.report import Figure, arguments, middle, show
from bench.terminal import Step, program

SIZES = ((80, 24), (120, 40), (200, 60))
MOST_BYTES = 1.2
"""Times the minimum."""
MOST_CPU_MS = {32: 15.0, 200: 25.0, 1_000: 25.0}
IDLE_S = 2.0


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    ticks = 2 if smoke else 20
    figures: list[Figure] = []
    for accounts in (32,) if smoke else (32, 200, 1_000):
        for size in SIZES[1:2] if smoke else SIZES:
            figures += measure(accounts, size, ticks)
    show("One tick", "the least bytes; a stock DataTable's CPU; an empty app's idling", figures)


def measure(accounts: int, size: tuple[int, int], ticks: int) -> list[Figure]:
    place = f"{size[0]}x{size[1]}, {accounts} accounts"
    settings = {"accounts": accounts, "points": 2_000 if accounts <= 200 else 400}
    figures: list[Figure] = []
    stock_ticks = max(2, ticks // 5)
    with program("ticking", size, app="stock", **settings) as stock:
        stock.step("first", watched=False)
        stock_cpu = {
            share: middle([_cpu(stock.step(f"tick {share}", watched=False)) for _ in range(stock_ticks)])
            for share in (1.0, 0.1)
        }
    with program("ticking", size, app="ours", **settings) as ours:
        first = ours.step("first").figures
        if not first["diffing"]:
            raise SystemExit("frames are not sent as differences: Textual has changed, or the app")
        for share, words in ((1.0, "all change"), (0.1, "10 % change")):
            ours.step(f"tick {share}")
            steps = [ours.step(f"tick {share}") for _ in range(ticks)]
            figures.append(
                Figure(
                    f"{place}, {words}: bytes",
                    sum(len(step.data) for step in steps) / len(steps),
                    sum(step.minimum for step in steps) / len(steps),
                    "B",
                    goal_ratio=MOST_BYTES,
                )
            )
            figures.append(
                Figure(
                    f"{place}, {words}: CPU",
                    middle([_cpu(step) for step in steps]),
                    stock_cpu[share],
                    goal=MOST_CPU_MS[accounts],
                )
            )
        idle = ours.step(f"idle {IDLE_S}")
        figures.append(Figure(f"{place}, nothing changes: bytes", len(idle.data), unit="B", goal=0))
    with program("ticking", size, app="bare", **settings) as bare:
        bare.step("first", watched=False)
        bare_idle = bare.step(f"idle {IDLE_S}", watched=False)
    figures.append(
        Figure(
            f"{place}, idle: CPU a second",
            _cpu(idle) / IDLE_S,
            _cpu(bare_idle) / IDLE_S,
            goal=_cpu(bare_idle) / IDLE_S + 5.0,
        )
    )
    return figures


def _cpu(step: Step) -> float:
    return float(step.figures["cpu_ms"])


if __name__ == "__main__":
    main()
