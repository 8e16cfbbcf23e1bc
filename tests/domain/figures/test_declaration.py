"""How a figure is declared, found by name, and read."""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.catalogue import Catalogue, UnknownFigure
from nof1tui.domain.figures.figure import Figure, declare, figures_in, known
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import (
    FigureValue,
)
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import account, sample_board, views_of

CATALOGUE = catalogues.default_catalogue()


@declare(AccountView, "account", "ratio", "Luck", aliases=("fortune",), renamed_from=("chance",))
def luck(view: AccountView) -> float:
    """How lucky the account was.

    Formula: wins / 2
    """
    return view.trade_stats.wins / 2


def test_a_declaration_takes_its_key_description_and_formula_from_the_function(roster: Roster) -> None:
    assert (luck.key, luck.description, luck.formula) == (
        "luck", "How lucky the account was.", "wins / 2",
    )  # fmt: skip
    assert luck.value(account(views_of(sample_board(roster)))) == 0.5
    assert luck in figures_in(globals())


def test_a_declaration_without_a_docstring_is_refused() -> None:
    def silent(view: AccountView) -> float:
        return 0.0

    with pytest.raises(ValueError, match="silent: a figure's description is its docstring"):
        declare(AccountView, "account", "ratio", "Silent")(silent)


def test_a_further_figure_is_found_like_the_others() -> None:
    more = CATALOGUE.with_figure(luck)
    assert more.find("account.luck", ["account"]).figure is luck
    assert more.find("fortune", ["account"]).notice is None
    assert more.of("account") == (*CATALOGUE.of("account"), luck)
    with pytest.raises(UnknownFigure):
        CATALOGUE.find("luck", ["account"])


def test_a_name_used_twice_within_a_subject_is_refused() -> None:
    with pytest.raises(ValueError, match=r"account\.luck is the name of two figures"):
        Catalogue((luck, declare(AccountView, "account", "usd", "Luck")(lucky())))


def lucky() -> Any:
    def luck(view: AccountView) -> float:
        """Luck in dollars."""
        return 0.0

    return luck


def test_an_unknown_name_is_answered_with_the_closest_one() -> None:
    with pytest.raises(UnknownFigure, match=r"unknown figure 'sharp'; did you mean 'sharpe'\?"):
        CATALOGUE.find("sharp", ["account"])
    with pytest.raises(UnknownFigure, match=r"unknown figure 'account\.price'"):
        CATALOGUE.find("account.price", ["coin"])
    with pytest.raises(KeyError):
        CATALOGUE.get("account", "price")


def test_the_catalogue_is_built_once() -> None:
    assert catalogues.default_catalogue() is CATALOGUE


@pytest.mark.parametrize(
    ("read", "value", "number"),
    [
        (float("nan"), None, None),
        (float("inf"), None, None),
        (FigureValue(float("-inf"), 1, "trades"), None, None),
        (2.5, 2.5, 2.5),
        (3, 3, 3.0),
        (True, True, 1.0),
        ("text", "text", None),
        (known(None, "unknown"), None, None),
        (known(1.0, "unknown"), 1.0, 1.0),
    ],
)
def test_a_value_is_finite_or_none(read: Any, value: Any, number: float | None) -> None:
    figure: Figure[None] = Figure(
        key="x", subject="account", unit="ratio", title="X", description="X.", read=lambda _: read
    )
    assert (figure.value(None), figure.number(None)) == (value, number)
