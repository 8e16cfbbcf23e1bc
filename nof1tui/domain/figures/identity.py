"""Figures that name an account: trader, display name, maker, season, competition."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from nof1tui.domain.figures.figure import Figure, SubjectKind, declare
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import TraderInfo

_ViewT = TypeVar("_ViewT", bound="HasAccount")


class HasAccount(Protocol):
    """A view of something that belongs to an account, or to none."""

    @property
    def account(self) -> AccountKey | None: ...
    @property
    def trader(self) -> TraderInfo | None: ...


def trader(view: HasAccount) -> str | None:
    """Id of the trader."""
    return view.account.trader if view.account else None


def name(view: HasAccount) -> str | None:
    """Display name of the trader."""
    if view.trader is not None:
        return view.trader.name
    return view.account.trader if view.account else None


def season(view: HasAccount) -> str | None:
    """Season of the account."""
    return view.account.season if view.account else None


def competition(view: HasAccount) -> str | None:
    """Competition of the account; null where a trader has one account in the season."""
    return (view.account.competition or None) if view.account else None


def identity_figures(
    view: type[_ViewT], subject: SubjectKind, documents: tuple[str, ...] = (), *, nullable: bool = False
) -> tuple[Figure[_ViewT], ...]:
    """The four figures that name the account of a subject; `nullable` where it may have none."""
    facts: dict[str, Any] = {"group": "identity", "documents": documents}
    return (
        declare(view, subject, "text", "Trader", source="reported", nullable=nullable, **facts)(trader),
        declare(
            view, subject, "text", "Model", source="config", nullable=nullable, aliases=("model",), **facts
        )(name),
        declare(view, subject, "text", "Season", source="config", nullable=nullable, **facts)(season),
        declare(view, subject, "text", "Competition", source="reported", **facts)(competition),
    )


@declare(
    AccountView, "account", "text", "Maker", group="identity", source="config", documents=("leaderboard",)
)
def maker(account: AccountView) -> str | None:
    """Company that made the model."""
    return account.trader.maker


FIGURES: tuple[Figure[AccountView], ...] = (
    *identity_figures(AccountView, "account", ("leaderboard", "equity")),
    maker,
)
