"""The leaderboard printed by the arena's site on 22 October 2025, computed from recorded trades."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nof1tui.domain.board import TradeLog
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.trades import TradeFigures, trade_figures
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import Span
from nof1tui.sources.nof1 import decoder

PRINTED_AT = datetime(2025, 10, 22, 15, tzinfo=UTC)
PRINTED = {
    "qwen3-max": (21, "$612.92", "33.3%", "$1,453", "-$586.18"),
    "deepseek-chat-v3.1": (8, "$129.35", "12.5%", "$1,490", "-$348.33"),
    "grok-4": (6, "$110.68", "16.7%", "$1,356", "-$638.22"),
    "claude-sonnet-4-5": (12, "$259.12", "16.7%", "$1,807", "-$1,579"),
    "gpt-5": (37, "$272.60", "5.4%", "$265.59", "-$621.81"),
}
"""Trades, fees, win rate, biggest win, biggest loss."""


@pytest.fixture(scope="module")
def figures(recordings: Path, roster: Roster) -> dict[str, TradeFigures]:
    """Figures of every model from the trades closed when the site was printed."""
    by_trader: dict[str, TradeLog] = {}
    for path in sorted(recordings.glob("*/trades.json")):
        batch = decoder.decode_body("trades", path.read_bytes(), fetched_at=PRINTED_AT, roster=roster)
        for trade in batch.trades:
            log = by_trader.get(trade.account.trader, TradeLog())
            by_trader[trade.account.trader] = log.extended((trade,))
    until = Span(until=PRINTED_AT)
    return {
        trader: trade_figures(trade for trade in log.trades if until.contains(trade.exit_at))
        for trader, log in by_trader.items()
    }


def printed(value: float | None) -> str:
    """A value as the site prints it: cents below $1,000, whole dollars above."""
    assert value is not None
    digits = f"{abs(value):,.0f}" if abs(value) >= 1_000 else f"{abs(value):,.2f}"
    return f"{'-' if value < 0 else ''}${digits}"


@pytest.mark.parametrize("trader", PRINTED)
def test_the_printed_figures_follow_from_the_trades(trader: str, figures: dict[str, TradeFigures]) -> None:
    computed, totals = figures[trader], figures[trader].totals
    assert isinstance(totals, TradeStats)
    computed_row = (
        totals.trades,
        printed(totals.fees_usd),
        f"{computed.win_rate_pct.value:.1f}%",
        printed(computed.biggest_win_usd.value),
        printed(computed.biggest_loss_usd.value),
    )
    assert computed_row == PRINTED[trader]
