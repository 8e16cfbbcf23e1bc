"""The screen of one trader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Decision, DecisionTexts, Feed, Signal
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import NO_FILTER, PageCursor, RecordFilter
from nof1tui.tui.app import ArenaApp
from tests.support.scenes import (
    NOW,
    ScriptedEngine,
    Texts,
    board,
    decision,
    make_app,
    position,
    row,
    screen_text,
    trade,
    until,
    with_rows,
)


@asynccontextmanager
async def trader(
    *keys: str,
    shown: Board | None = None,
    size: tuple[int, int] = (120, 40),
    engine: ScriptedEngine | None = None,
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], ScriptedEngine]]:
    """The app after enter on the first row and then these keys."""
    engine = engine or ScriptedEngine(shown or board())
    app = make_app(engine)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.trader)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()
        yield app, pilot, engine


def line_of(app: ArenaApp, text: str) -> str:
    return next(line for line in screen_text(app).splitlines() if text in line)


async def test_the_header_has_rank_equity_return_benchmark_and_exposure() -> None:
    async with trader(size=(140, 42)) as (app, _, _):
        head = screen_text(app).splitlines()[0]
        for text in (
            "DeepSeek V3.1",
            "#1 of 6",
            "$21,610.74",
            "+116.11%",
            "+111.9pp",
            "3.5x long",
            "● LIVE 3s",
        ):
            assert text in head


async def test_the_header_keeps_name_and_equity_on_a_narrow_screen() -> None:
    async with trader(size=(60, 24)) as (app, _, _):
        head = screen_text(app).splitlines()[0]
        assert "DeepSeek V3.1" in head
        assert "$21,610.74" in head
        assert "LIVE 3s" in head


async def test_a_position_has_its_place_between_stop_and_target() -> None:
    async with trader() as (app, _, _):
        line = line_of(app, "ETH   LONG")
        for text in (
            "4.87",
            "3,844.10",
            "4,119.70",
            "10x",
            "+$1,342",
            "3,709.56",
            "●",
            "4,228.51",
            "+1.8R",
            "19h 1m",
        ):
            assert text in line


async def test_a_missing_plan_and_a_near_liquidation_have_a_text() -> None:
    async with trader() as (app, _, _):
        assert "no plan" in line_of(app, "DOGE  LONG")
        assert "⚠ 3.2%" in line_of(app, "BNB   LONG")


async def test_escape_goes_back_to_the_same_row() -> None:
    async with trader("n", "escape") as (app, pilot, _):
        await until(pilot, lambda: app.screen is app.arena)
        chosen = app.arena.table.highlighted
        assert chosen is not None
        assert chosen.slug == "deepseek-chat-v3.1"


async def test_n_cycles_through_all_traders_by_rank() -> None:
    async with trader() as (app, pilot, _):
        seen = []
        for _ in range(8):
            assert app.trader.account is not None
            seen.append(app.trader.account.trader)
            await pilot.press("n")
            await pilot.pause()
        assert seen[0] == seen[7] == "deepseek-chat-v3.1"
        assert len(set(seen)) == 7
        assert seen[6] == "buynhold_btc"
        await pilot.press("N", "N")
        await pilot.pause()
        assert "BTC Buy & Hold" in screen_text(app).splitlines()[0]


async def test_a_trader_without_positions_and_trades_has_messages() -> None:
    async with trader("N") as (app, pilot, _):
        assert "No open positions." in screen_text(app)
        assert "No closed trades yet." in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "No decisions yet." in screen_text(app)


async def test_positions_follow_the_next_poll() -> None:
    async with trader() as (app, pilot, engine):
        assert app.board is not None
        fresh = replace(
            row("deepseek-chat-v3.1", at=NOW + timedelta(minutes=2)),
            positions=(position("BTC", -0.5, 115_000.0),),
        )
        engine.publish(with_rows(app.board, fresh))
        await until(pilot, lambda: "BTC   SHORT" in screen_text(app))
        assert "ETH   LONG" not in screen_text(app)


async def test_a_newly_closed_trade_is_added_to_the_list_and_its_count() -> None:
    async with trader() as (app, pilot, engine):
        assert "[Trades (4)]" in screen_text(app)
        assert app.board is not None
        fresh = replace(trade("deepseek-chat-v3.1", 0, "BTC", 777.7), id="fresh", exit_at=NOW)
        engine.publish(apply_batch(app.board, Batch(Feed.TRADES, "trades", NOW, trades=(fresh,))))
        await until(pilot, lambda: "[Trades (5)]" in screen_text(app))
        assert "+$777.70" in screen_text(app)


async def test_enter_on_a_trade_shows_entry_exit_fees_and_net() -> None:
    async with trader("tab", "enter") as (app, _, _):
        assert app.screen is app.detail
        for text in ("Entry", "Exit", "Fees", "$6.20", "Net"):
            assert text in app.detail.text


async def test_enter_on_a_position_shows_its_invalidation() -> None:
    async with trader("enter") as (app, pilot, _):
        assert "if ETH closes the 4h candle beyond the stop" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.trader


async def test_a_position_has_its_history_and_its_entry_decision() -> None:
    async with trader("enter", engine=WithDecisions(board())) as (app, pilot, _):
        await until(pilot, lambda: "Changes since entry" in app.detail.text)
        text = app.detail.text
        assert "low -$300.00" in text
        assert "high +$900.00" in text
        assert "stop 3,500.00 → 3,709.56" in text
        assert "Opened by decision 27 Oct 12:01 UTC, 20s before the fill" in text
        assert "ETH looks strong" in text


async def test_a_trade_has_the_decisions_that_opened_and_closed_it() -> None:
    async with trader("tab", "enter", engine=WithDecisions(board())) as (app, pilot, _):
        await until(pilot, lambda: "no matching decision recorded" in app.detail.text)
        assert "Opened: no matching decision recorded" in app.detail.text
        assert "Closed by decision 28 Oct" in app.detail.text


class Deciding(Texts):
    """Asked for ETH nineteen hours ago, and for the end of the newest trade."""

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> list[Decision]:
        assert wanted.since is not None
        assert wanted.until is not None
        entered = decision("deepseek-chat-v3.1", 0, "ETH looks strong.", Signal("ETH", "buy_to_enter", 4.87))
        closing = tuple(
            Signal(coin, "close_position") for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB")
        )
        ended = decision("deepseek-chat-v3.1", 0, "Done with it.", *closing)
        made = (
            replace(entered, id="in", at=NOW - timedelta(hours=19, minutes=2, seconds=20)),
            replace(ended, id="out", at=NOW - timedelta(hours=1, seconds=10)),
        )
        return [it for it in made if wanted.since <= it.at <= wanted.until]


class WithDecisions(ScriptedEngine):
    @property
    def history(self) -> Deciding:
        return Deciding()


async def test_enter_on_a_line_of_chat_loads_the_reasoning() -> None:
    async with trader("v", "tab", "enter") as (app, pilot, _):
        await until(pilot, lambda: "reasons of chat-deepseek-chat-v3.1-4" in screen_text(app))
        assert "You are trading." in screen_text(app)


class BrokenTexts(Texts):
    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        raise StoreUnavailable("the store is away")


class BrokenStore(ScriptedEngine):
    @property
    def history(self) -> BrokenTexts:
        return BrokenTexts()


async def test_an_unavailable_store_is_reported_in_the_detail() -> None:
    async with trader("v", "tab", "enter", engine=BrokenStore(board())) as (app, pilot, _):
        await until(pilot, lambda: "the store is away" in screen_text(app))
        assert "All six positions run in profit" in screen_text(app)


async def test_the_filter_narrows_trades_and_escape_clears_it_first() -> None:
    async with trader("slash", *"short", "enter") as (app, pilot, _):
        assert {
            line.split()[3] for line in screen_text(app).splitlines() if " Oct " in line and "$" in line
        } == {"SHORT"} or all("SHORT" in line for line in screen_text(app).splitlines() if "28 Oct" in line)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.trader
        assert "LONG" in screen_text(app).split("Trades (4)")[1]


async def test_the_drawdown_strip_shows_the_maximum_drawdown() -> None:
    async with trader(size=(120, 50)) as (app, _, _):
        lines = screen_text(app).splitlines()
        place = next(place for place, line in enumerate(lines) if "drawdown" in line)
        assert "⣿" in lines[place]
        assert "-13.4%" in lines[place + 1]


async def test_a_small_screen_keeps_positions_and_trades() -> None:
    async with trader(size=(80, 16)) as (app, _, _):
        text = screen_text(app)
        assert "ETH" in text
        assert "Trades (4)" in text
        assert not app.trader.equity.display


async def test_the_third_tab_has_every_figure_of_the_range() -> None:
    async with trader() as (app, pilot, _):
        await pilot.press("v", "v")
        await pilot.pause()
        assert "Return on starting capital" in screen_text(app)
        assert "daily returns" in screen_text(app)
        await pilot.press("t")
        await pilot.pause()
        assert "Stats, 24 h" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "Return on starting capital" not in screen_text(app)
