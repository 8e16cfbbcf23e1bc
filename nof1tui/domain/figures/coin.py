"""Figures of a coin: its price, and the models' exposure to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from nof1tui.domain.figures import shapes
from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import CoinView
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.records import Feed

_crowd = partial(declare, CoinView, "coin", group="exposure", nullable=False)
_quote = partial(declare, CoinView, "coin", source="reported", documents=("prices",), feed=Feed.PRICES)
_exposure = partial(declare, CoinView, "coin", group="exposure", counted="accounts holding")


@_quote("text", "Coin", nullable=False)
def coin(view: CoinView) -> str:
    """Coin or market."""
    return view.coin


@_quote("price", "Price")
def price(view: CoinView) -> Reading:
    """Latest price."""
    return known(view.price.price if view.price else None, "no price yet")


@_quote("time", "Seen")
def observed_at(view: CoinView) -> datetime | None:
    """Time of the price."""
    return view.observed_at


@_exposure("multiple", "Gross", aliases=("gross",), renamed_from=("crowd_gross",))
def exposure_gross(view: CoinView) -> FigureValue | float:
    """Notional of all traders over their equity.

    Formula: Σ |notional| / Σ equity
    """
    return view.crowd.gross if view.crowd else 0.0


@_exposure("multiple", "Net", aliases=("net",), renamed_from=("crowd_net",), signed=True)
def exposure_net(view: CoinView) -> FigureValue | float:
    """Signed notional of all traders over their equity; above 0: long.

    Formula: Σ signed notional / Σ equity
    """
    return view.crowd.net if view.crowd else 0.0


@_crowd("list", "Longs", item_unit="text")
def longs(view: CoinView) -> Sequence[str]:
    """Accounts long."""
    return [account.slug for account in view.crowd.longs] if view.crowd else []


@_crowd("list", "Shorts", item_unit="text")
def shorts(view: CoinView) -> Sequence[str]:
    """Accounts short."""
    return [account.slug for account in view.crowd.shorts] if view.crowd else []


@partial(_crowd, nullable=True)("text", "Contrarian", inputs=("longs", "shorts"), aliases=("contrarian",))
def alone(view: CoinView) -> str | None:
    """The only account on its side against two or more."""
    return view.crowd.contrarian.slug if view.crowd and view.crowd.contrarian else None


@_crowd("count", "Holders", inputs=("longs", "shorts"), aliases=("sides",))
def holders(view: CoinView) -> int:
    """Accounts with a position."""
    return len(_holdings(view))


@_crowd("list", "Holdings", members=shapes.HOLDINGS)
def holdings(view: CoinView) -> Sequence[Any]:
    """Each account with a position: side, signed notional, share of its equity."""
    return _holdings(view)


def _holdings(view: CoinView) -> list[dict[str, Any]]:
    if view.crowding is None:
        return []
    return [
        {
            "trader": account.trader,
            "competition": account.competition or None,
            "side": held.side,
            "notional_usd": held.notional_usd,
            "share": held.share,
        }
        for account in view.crowding.accounts
        if (held := view.crowding.holding(view.coin, account)) is not None
    ]


FIGURES = figures_in(vars())
