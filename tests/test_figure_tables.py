"""The tables of figures in the docs are those of the declarations."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.figure import declare
from nof1tui.domain.figures.views import AccountView
from tests.support.paths import ROOT

SCRIPT = runpy.run_path(str(ROOT / ".ci" / "figure_tables.py"))


@declare(
    AccountView, "account", "ratio", "Luck", group="risk", minimum_n=2, sound_n=30,
    counted="coins thrown", reported_as="luck of the row: rounded", renamed_from=("fortune",),
)  # fmt: skip
def luck(account: AccountView) -> float:
    """Share of heads.

    Formula: heads / |throws|
    """
    return 0.5


@pytest.mark.parametrize("page", SCRIPT["PAGES"], ids=lambda page: page.name)
def test_the_pages_are_in_step(page: Any) -> None:
    assert SCRIPT["render"](page) == page.read_text("utf-8"), "out of step: python .ci/figure_tables.py"


def test_a_declared_figure_is_a_row_of_each_table(monkeypatch: pytest.MonkeyPatch) -> None:
    real = catalogues.default_catalogue()
    monkeypatch.setattr(catalogues, "default_catalogue", lambda: real.with_figure(luck))
    block = SCRIPT["block"]
    row = (
        "| `luck` | Share of heads. | `heads / \\|throws\\|` | 2 coins thrown, weak below 30"
        " | luck of the row: rounded |"
    )
    assert row in block("account risk").splitlines()
    assert row not in block("account trades").splitlines()
    assert "| `luck` | account |  | Share of heads. |" in block("alerts").splitlines()
    assert "| `fortune` | `account.luck` |" in block("former names").splitlines()


def test_tables_of_groups_have_every_account_figure_once() -> None:
    """The groups in docs/metrics.md; identity, records and the chain are facts, not formulas."""
    text = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    groups = {"return", "risk", "trades", "exposure", "behaviour"}
    figures = [its for its in catalogues.default_catalogue().of("account") if its.group in groups]
    rows = [line for line in SCRIPT["BLOCK"].findall(text) if line[1].startswith("account")]
    listed = [name for _, header, _ in rows for name in header.split()[1:]]
    assert sorted(listed) == sorted(groups)
    assert all(f"| `{figure.key}` |" in text for figure in figures)
