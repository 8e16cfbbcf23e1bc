"""Figures of an account's open positions taken together."""

from __future__ import annotations

from functools import partial
from math import fsum

from nof1tui.domain.figures.figure import Reading, declare, figures_in
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics.figure_value import FigureValue, figure_value
from nof1tui.domain.metrics.positions import POSITIONS
from nof1tui.domain.records import AccountRow, Side

_exposure = partial(declare, AccountView, "account", group="exposure", counted=POSITIONS)
_BOARD = ("leaderboard",)


@partial(declare, AccountView, "account", group="exposure")(
    "count", "Pos", source="reported", documents=("leaderboard", "equity"), aliases=("pos",), nullable=False
)
def positions(account: AccountView | Observation) -> int:
    """Open positions."""
    return len(account.row.positions)


@_exposure(
    "multiple", "Expo", inputs=("long_usd", "short_usd", "equity_usd"), documents=_BOARD,
    aliases=("expo", "exposure"),
)  # fmt: skip
def exposure_gross(account: AccountView) -> Reading:
    """Gross exposure: notional of all positions over equity.

    Formula: Σ |notional| / equity
    """
    row = account.leaderboard_row
    if row.exposure_gross is None:
        return account.stats.positions.gross
    return FigureValue(row.exposure_gross, row.positions, POSITIONS)


@_exposure(
    "multiple", "Net exp", inputs=("long_usd", "short_usd", "equity_usd"), documents=_BOARD,
    aliases=("net_expo",), signed=True,
)  # fmt: skip
def exposure_net(account: AccountView) -> Reading:
    """Net exposure: longs less shorts over equity.

    Formula: Σ signed notional / equity
    """
    row = account.leaderboard_row
    if row.exposure_net is None:
        return account.stats.positions.net
    return FigureValue(row.exposure_net, row.positions, POSITIONS)


@_exposure("usd", "Long", aliases=("long",))
def long_usd(account: AccountView | Observation) -> FigureValue:
    """Notional of long positions.

    Formula: Σ notional of longs
    """
    return _side_usd(account.row, "long")


@_exposure("usd", "Short", aliases=("short",))
def short_usd(account: AccountView | Observation) -> FigureValue:
    """Notional of short positions, unsigned.

    Formula: Σ notional of shorts
    """
    return _side_usd(account.row, "short")


def _side_usd(row: AccountRow, side: Side) -> FigureValue:
    sizes = [position.notional_usd for position in row.positions if position.side == side]
    priced = [size for size in sizes if size is not None]
    total = fsum(priced) if len(priced) == len(sizes) else None
    return figure_value(total, len(sizes), POSITIONS, least=0, missing="a position has no price")


@_exposure(
    "multiple", "Max lev", source="reported", documents=_BOARD, aliases=("lev",),
    renamed_from=("leverage_highest",),
)  # fmt: skip
def leverage(account: AccountView) -> Reading:
    """Highest leverage of an open position."""
    row = account.leaderboard_row
    if row.leverage is None:
        return FigureValue(None, row.positions, POSITIONS, "leverage is unknown" if row.positions else "flat")
    return FigureValue(row.leverage, row.positions, POSITIONS)


@_exposure(
    "multiple", "Eff lev", inputs=("exposure_gross", "margin_share_pct"), aliases=("used",),
    reported_as="avg_convo_leverage of the analytics: mean over decisions",
)  # fmt: skip
def leverage_used(account: AccountView) -> FigureValue:
    """Effective leverage: notional of all positions over their margin.

    Formula: Σ notional / Σ margin
    """
    return account.stats.positions.leverage_used


@_exposure("pct", "Margin", inputs=("equity_usd",), aliases=("margin",))
def margin_share_pct(account: AccountView) -> FigureValue:
    """Margin used, share of equity.

    Formula: Σ margin / equity
    """
    return account.stats.positions.margin_share_pct


@_exposure(
    "pct", "Stop Δ", aliases=("stop",), renamed_from=("stop_distance_pct",), best="high",
    reported_as="stop_loss_distance_pct of the analytics: always 0",
)  # fmt: skip
def nearest_stop_pct(account: AccountView) -> FigureValue:
    """Distance from the mark to the nearest stop, percent of the mark; below 0: beyond it.

    Formula: min over positions of adverse move left / mark
    """
    return account.stats.positions.nearest_stop_pct


@_exposure(
    "pct", "Liq. Δ", aliases=("liq", "liquidation"), renamed_from=("liquidation_distance_pct",), best="high"
)
def nearest_liquidation_pct(account: AccountView) -> FigureValue:
    """Distance from the mark to the nearest liquidation price, percent of the mark.

    Formula: min over positions of adverse move left / mark
    """
    return account.stats.positions.nearest_liquidation_pct


FIGURES = figures_in(vars())
