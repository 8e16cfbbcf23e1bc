"""All closed trades: the season's from the board, earlier ones from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.records import AccountKey, Feed, Trade
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.columns.trades import TradeTableRow
from nof1tui.tui.screens.detail import DetailScreen
from nof1tui.tui.style import format as fmt
from nof1tui.tui.table.live_table import LiveTable
from tests.support.archive import Archive, ArchiveEngine
from tests.support.scenes import NOW, START, board, make_app, screen_text, trade, trades, until


@asynccontextmanager
async def shown(
    history: Archive | None, *boards: Board, size: tuple[int, int] = (140, 40)
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], LiveTable[TradeTableRow]]]:
    """The app on its trades screen."""
    app = make_app(ArchiveEngine(*(boards or (board(),)), history=history))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("3")
        screen = app.numbered["trades"]
        await until(pilot, lambda: screen.is_current and len(screen.table.shown) > 0)
        yield app, pilot, screen.table


def earlier(count: int) -> list[Trade]:
    """Trades of the season before."""
    return [
        replace(
            trade("qwen3-max", place, "BTC", 10.0),
            id=f"old-{place:03}",
            account=AccountKey("s0", "qwen3-max"),
            exit_at=START - timedelta(days=30, hours=place),
        )
        for place in range(count)
    ]


async def test_the_seasons_trades_are_newest_first_with_their_sums() -> None:
    async with shown(None) as (app, _, table):
        season = trades()
        moments = [line.view.trade.exit_at for line in table.shown]
        assert moments == sorted((item.exit_at for item in season), reverse=True)
        stats = trade_stats(season)
        wanted = (
            f"{stats.trades} trades · win rate {fmt.share(stats.win_rate_pct)} · "
            f"net {fmt.gain_usd(stats.net_usd, cents=True)} · fees {fmt.usd(stats.fees_usd)} · "
            f"profit factor {fmt.ratio(stats.profit_factor)}"
        )
        assert wanted in screen_text(app)


async def test_trades_of_earlier_seasons_follow_page_by_page_until_there_are_none() -> None:
    history = Archive(trades=earlier(25), page=10)
    async with shown(history) as (app, pilot, table):
        await until(pilot, lambda: len(table.shown) == len(trades()) + 25)
        assert len(history.asked) == 4
        assert [line.view.trade.id for line in table.shown][-1] == "old-024"
        assert "Season" in screen_text(app)
        assert f"{len(trades()) + 25} trades" in screen_text(app)
        app.numbered["trades"].filter.value = "s0"
        await until(pilot, lambda: "25 trades · win rate 100% · net +$250.00" in screen_text(app))
        assert "profit factor –" in screen_text(app)


async def test_an_unavailable_store_is_reported_and_the_boards_trades_remain() -> None:
    history = Archive()
    history.away = True
    async with shown(history) as (app, pilot, table):
        await until(pilot, lambda: "older records unavailable (store offline)" in screen_text(app))
        assert len(table.shown) == len(trades())
        assert f"{len(trades())}+ trades" in screen_text(app)


async def test_keys_work_while_the_store_responds_slowly() -> None:
    history = Archive(trades=earlier(3))
    history.answering.clear()
    async with shown(history) as (_, pilot, table):
        await until(pilot, lambda: len(history.asked) == 1)
        await pilot.press("j", "j")
        assert table.cursor_index == 2
        key = table.highlighted_key
        history.answering.set()
        await until(pilot, lambda: len(table.shown) == len(trades()) + 3)
        assert (table.cursor_index, table.highlighted_key) == (2, key)


async def test_a_newly_closed_trade_is_first_and_the_highlight_stays() -> None:
    async with shown(None) as (app, pilot, table):
        await pilot.press("j", "j", "j")
        key = table.highlighted_key
        fresh = replace(trade("grok-4", 0, "BTC", 99.0), id="fresh", exit_at=NOW)
        app.board = apply_batch(board(), Batch(Feed.TRADES, "trades", NOW, trades=(fresh,)))
        await until(pilot, lambda: table.shown[0].view.trade.id == "fresh")
        assert table.highlighted_key == key
        assert table.cursor_index == 4


async def test_enter_opens_the_trade_and_o_its_trader() -> None:
    async with shown(None) as (app, pilot, table):
        chosen = table.shown[0].view.trade
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        assert fmt.gain_usd(chosen.net_usd, cents=True) in app.detail.text
        await pilot.press("escape", "o")
        await until(pilot, lambda: app.screen is app.trader)
        assert app.trader.account == chosen.account


async def test_a_trader_of_an_earlier_season_has_no_screen_to_open() -> None:
    async with shown(Archive(trades=earlier(1))) as (app, pilot, table):
        await until(pilot, lambda: len(table.shown) == len(trades()) + 1)
        await pilot.press("G", "o")
        await pilot.pause()
        assert app.screen is app.numbered["trades"]


@pytest.mark.parametrize(
    ("key", "first"),
    [("net_usd", max(trades(), key=lambda item: item.net_usd or 0.0).net_usd), ("fees_usd", 6.2)],
)
async def test_figures_sort_from_the_highest(key: str, first: float) -> None:
    async with shown(None) as (_, pilot, table):
        table.sort_by(key, reverse=True)
        await pilot.pause()
        assert getattr(table.shown[0].view.trade, key) == first


async def test_without_trades_there_is_a_message() -> None:
    app = make_app(ArchiveEngine(replace(board(), trades={}), history=Archive()))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("3")
        await until(pilot, lambda: "No closed trades yet." in screen_text(app))
