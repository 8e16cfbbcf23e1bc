"""Rewrites the tables of figures in docs/metrics.md and docs/alerts.md from their declarations.

python .ci/figure_tables.py           writes the pages
python .ci/figure_tables.py --check   exit code 1 when a page is out of step

A table is between `<!-- figures SUBJECT GROUP… -->` and `<!-- /figures -->`; without a group it has all
figures of the subject. The tables of docs/alerts.md are `<!-- figures alerts -->` and
`<!-- figures former names -->`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from nof1tui.domain.alerts.metrics import WATCHED_SUBJECTS, watchable_figures
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.figure import Figure, SubjectKind, Unit

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "docs" / "metrics.md", ROOT / "docs" / "alerts.md")
BLOCK = re.compile(r"(<!-- figures ([a-z ]+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
SHOWN_UNITS: dict[Unit, str] = {
    "usd": "USD",
    "pct": "%",
    "pp": "percentage points",
    "ratio": "",
    "multiple": "x",
    "fraction": "0 to 1",
    "price": "USD per coin",
    "seconds": "s",
    "counter": "count",
}
"""Units by their usual sign; others by their name."""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; bars within a cell are escaped."""
    lines = (head, ("---",) * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def needs(figure: Figure[Any]) -> str:
    """What the figure counts, how many it needs if more than one, and below how many it is weak."""
    least = f"{figure.minimum_n} {figure.counted}" if figure.minimum_n > 1 else figure.counted
    return f"{least}, weak below {figure.sound_n}" if figure.sound_n else least


def definitions(figures: Iterable[Figure[Any]]) -> str:
    """The table of definitions: key, meaning, formula, observations, the API's own figure."""
    return table(
        ("key", "figure", "formula", "needs", "reported by the API as"),
        (
            (
                f"`{its.key}`",
                its.description,
                f"`{its.formula}`" * bool(its.formula),
                needs(its),
                its.reported_as,
            )
            for its in figures
        ),
    )


def alert_figures() -> list[Figure[Any]]:
    """The figures that a rule can watch."""
    figures = watchable_figures(catalogues.default_catalogue())
    return [figure for subject in WATCHED_SUBJECTS for figure in figures.of(subject)]


def block(name: str) -> str:
    """The table of this name."""
    if name == "alerts":
        return table(
            ("metric", "of", "unit", ""),
            (
                (f"`{its.key}`", its.subject, SHOWN_UNITS.get(its.unit, its.unit), its.description)
                for its in alert_figures()
            ),
        )
    if name == "former names":
        renamed = [(old, figure) for figure in alert_figures() for old in figure.renamed_from]
        return table(
            ("former name", "now"), ((f"`{old}`", f"`{its.subject}.{its.key}`") for old, its in renamed)
        )
    subject, *groups = name.split()
    figures = catalogues.default_catalogue().of(cast("SubjectKind", subject))
    return definitions(its for its in figures if not groups or its.group in groups)


def render(page: Path) -> str:
    """The page with its tables up to date."""
    return BLOCK.sub(lambda match: match[1] + block(match[2]) + match[3], page.read_text("utf-8"))


if __name__ == "__main__":
    for page in PAGES:
        rendered = render(page)
        if "--check" in sys.argv and rendered != page.read_text("utf-8"):
            sys.exit(f"{page.name} is out of step: python .ci/figure_tables.py")
        page.write_text(rendered, "utf-8")
