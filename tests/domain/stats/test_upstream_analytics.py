"""The arena's analytics of 26 and 28 October 2025 compared with figures from its trades.

It shows at most 100 trades of a model, so only models below that can be compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nof1tui.domain.metrics.trades import TradeFigures, trade_figures
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1 import decoder
from tests.support.builders import at

SHOWN_AT_MOST = 100
CAPTURES = ("2025-10-26T041905Z", "2025-10-28T070022Z", "2025-10-28T070456Z")


def figures_by_model(folder: Path, roster: Roster) -> dict[str, TradeFigures]:
    batch = decoder.decode_body(
        "trades", (folder / "trades.json").read_bytes(), fetched_at=at(), roster=roster
    )
    names = {trade.account.trader for trade in batch.trades}
    return {
        name: trade_figures(trade for trade in batch.trades if trade.account.trader == name) for name in names
    }


def stated(record: dict[str, Any]) -> dict[str, float]:
    fees = record["fee_pnl_moves_breakdown_table"]
    trades = record["overall_trades_overview_table"]
    sides = record["longs_shorts_breakdown_table"]
    return {
        "trades": trades["total_trades"],
        "fees": fees["total_fees_paid"],
        "net": fees["overall_pnl_with_fees"],
        "gross": fees["overall_pnl_without_fees"],
        "expectancy": fees["avg_net_pnl"],
        "biggest win": fees["biggest_net_gain"],
        "biggest loss": fees["biggest_net_loss"],
        "win rate": record["winners_losers_breakdown_table"]["win_rate"],
        "mean hold, minutes": trades["avg_holding_period_mins"],
        "median hold, minutes": trades["median_holding_period_mins"],
        "longs": sides["num_long_trades"],
        "shorts": sides["num_short_trades"],
    }


def comparable(figures: TradeFigures) -> dict[str, float | None]:
    hold, middle = figures.hold_mean_s.value, figures.hold_median_s.value
    assert hold is not None and middle is not None
    return {
        "trades": figures.totals.trades,
        "fees": figures.totals.fees_usd,
        "net": figures.totals.net_usd,
        "gross": figures.totals.gross_usd,
        "expectancy": figures.expectancy_usd.value,
        "biggest win": figures.biggest_win_usd.value,
        "biggest loss": figures.biggest_loss_usd.value,
        "win rate": figures.win_rate_pct.value,
        "mean hold, minutes": hold / 60,
        "median hold, minutes": middle / 60,
        "longs": figures.sides[0].trades,
        "shorts": figures.sides[1].trades,
    }


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_analytics_follow_from_the_trades(capture: str, recordings: Path, roster: Roster) -> None:
    folder, compared = recordings / capture, 0
    figures = figures_by_model(folder, roster)
    for record in json.loads((folder / "analytics.json").read_text("utf-8"))["analytics"]:
        mine = figures[record["model_id"]]
        if mine.totals.trades >= SHOWN_AT_MOST:
            continue
        compared += 1
        assert comparable(mine) == pytest.approx(stated(record), rel=1e-9), record["model_id"]
    assert compared >= 4
