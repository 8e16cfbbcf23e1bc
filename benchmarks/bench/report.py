"""One table for every benchmark: ours, the baseline of the same run, their ratio, the goal, met or not."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One thing measured. The goal is the most it may be: of `ours`, or of the ratio to the baseline."""

    what: str
    ours: float
    baseline: float | None = None
    unit: str = "ms"
    goal: float | None = None
    goal_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal_ratio is not None:
            return self.ratio is not None and self.ratio <= self.goal_ratio
        return None if self.goal is None else self.ours <= self.goal


def arguments(about: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--smoke", action="store_true", help="a few seconds: only that it works")
    return parser.parse_args()


def show(title: str, baseline: str, figures: list[Figure]) -> None:
    """Print the table; `baseline` says what the third column is."""
    width = max(len(figure.what) for figure in figures)
    print(f"{title}  (baseline: {baseline})")
    print(f"{'':{width}}  {'ours':>12}  {'baseline':>12}  {'ratio':>7}  {'goal':>9}  met")
    for figure in figures:
        print(_line(figure, width), flush=True)
    print()


def _line(figure: Figure, width: int) -> str:
    goal = "–"
    if figure.goal_ratio is not None:
        goal = f"≤ {figure.goal_ratio:g}×"
    elif figure.goal is not None:
        goal = f"≤ {figure.goal:g}"
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    ours, baseline = _amount(figure.ours, figure.unit), _amount(figure.baseline, figure.unit)
    ratio = "–" if figure.ratio is None else f"{figure.ratio:.3g}×"
    return f"{figure.what:{width}}  {ours:>12}  {baseline:>12}  {ratio:>7}  {goal:>9}  {met}"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f} {unit}" if unit == "B" or value >= 1_000 else f"{value:,.2f} {unit}"


def rss_mb(process: int) -> float:
    """What a process holds in memory, as Linux counts it; of the processes under it nothing."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def middle(values: list[float]) -> float:
    """The median; of nothing, nothing."""
    return median(values) if values else 0.0
