"""The arena screen with published boards."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_failure, build_board
from nof1tui.domain.health import FeedFailure, StoreHealth
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, Season, TraderInfo
from nof1tui.tui.app import ArenaApp
from tests.support.scenes import (
    NOW,
    Clock,
    ScriptedEngine,
    board,
    corner,
    curve_of,
    decision,
    make_app,
    prices,
    row,
    screen_text,
    until,
    with_rows,
)

WIDE, SMALL = (120, 40), (80, 24)


@asynccontextmanager
async def arena(
    shown: Board | None = None, size: tuple[int, int] = WIDE, clock: Clock | None = None
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], ScriptedEngine]]:
    """The app on its first screen, with a board on it."""
    engine = ScriptedEngine(shown or board())
    app = make_app(engine, clock)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.pause()
        yield app, pilot, engine


def line_of(app: ArenaApp, text: str) -> str:
    """The first line of the screen with this text."""
    return next(line for line in screen_text(app).splitlines() if text in line)


def names_in_order(app: ArenaApp) -> list[str]:
    lines = screen_text(app).splitlines()[2:9]
    return [line.partition("▌")[2].split("  ")[0].strip() for line in lines]


async def test_the_table_ranks_by_return_with_the_benchmark_last() -> None:
    async with arena() as (app, _, _):
        assert names_in_order(app) == [
            "DeepSeek V3.1",
            "Qwen3 Max",
            "Claude Sonnet 4.5",
            "Grok 4",
            "Gemini 2.5 Pro",
            "GPT 5",
            "BTC Buy & Hold",
        ]


async def test_a_row_has_equity_return_and_unrealised_pnl_with_signs() -> None:
    async with arena() as (app, _, _):
        deepseek, qwen = line_of(app, "DeepSeek V3.1"), line_of(app, "Qwen3 Max")
        assert "$21,610.74" in deepseek
        assert "+116.1%" in deepseek
        assert "+$5,576" in deepseek
        assert "-$306" in qwen


async def test_the_top_bar_has_season_day_prices_and_their_direction() -> None:
    async with arena() as (app, _, _):
        top = screen_text(app).splitlines()[0]
        assert "nof1  Alpha Arena S1 · day 11" in top
        assert "BTC 114,502.5▲" in top
        assert "● LIVE 3s" in top


@pytest.mark.parametrize(
    ("width", "gone"),
    [
        (160, []),
        (120, ["Fees", "Sharpe"]),
        (80, ["Fees", "Sharpe", "Win", "Expo", "Lev", "Δ", "Trades", "MaxDD"]),
    ],
)
async def test_columns_are_dropped_in_order_on_narrower_screens(width: int, gone: list[str]) -> None:
    async with arena(size=(width, 40)) as (app, _, _):
        head = screen_text(app).splitlines()[1]
        for title in ("Fees", "Sharpe", "Win", "Expo", "Lev", "Δ", "Trades", "MaxDD", "Pos", "24h", "Return"):
            assert (title in head) is (title not in gone), title
        assert ("hidden" in screen_text(app).splitlines()[-1]) is bool(gone)


async def test_name_equity_and_return_remain_at_forty_columns() -> None:
    async with arena(size=(40, 12)) as (app, _, _):
        assert "$21,610.74" in line_of(app, "DeepSeek")
        assert "+116.1%" in line_of(app, "DeepSeek")
        assert "LIVE 3s" in screen_text(app).splitlines()[0]


async def test_the_highlight_follows_its_trader_when_ranks_change() -> None:
    async with arena() as (app, pilot, engine):
        await pilot.press("down")
        chosen = app.arena.table.highlighted
        assert chosen is not None
        assert chosen.slug == "qwen3-max"
        engine.publish(with_rows(board(), row("qwen3-max", equity_usd=40_000.0)))
        await until(pilot, lambda: names_in_order(app)[0] == "Qwen3 Max")
        after = app.arena.table.highlighted
        assert after is not None
        assert after.slug == "qwen3-max"


async def test_the_status_corner_goes_from_live_to_stale_to_down_with_a_growing_age() -> None:
    clock = Clock()
    async with arena(clock=clock) as (app, pilot, engine):
        assert corner(app) == "● LIVE 3s"
        clock.go(minutes=14)
        app.tick()
        assert corner(app) == "◐ STALE 14m"
        failure = FeedFailure(
            Feed.ACCOUNTS, clock(), "the arena refuses: 429", 429, clock() + timedelta(minutes=2)
        )
        engine.publish(apply_failure(board(), failure))
        await until(pilot, lambda: "DOWN" in corner(app))
        assert corner(app) == "○ DOWN 429 · retry 2m · data 14m"
        assert "the arena refuses: 429" in screen_text(app)
        assert "$21,610.74" in screen_text(app)
        clock.go(hours=1)
        app.tick()
        assert corner(app).endswith("data 1h")


async def test_recovery_removes_the_notice() -> None:
    async with arena(apply_failure(board(), FeedFailure(Feed.ACCOUNTS, NOW, "no route to host"))) as (
        app,
        pilot,
        engine,
    ):
        assert "no route to host" in screen_text(app)
        engine.publish(with_rows(board(), row("gpt-5")))
        await until(pilot, lambda: "LIVE" in corner(app))
        assert "no route to host" not in screen_text(app)


async def test_the_corner_shows_records_queued_for_the_store() -> None:
    behind = replace(
        board().health, store=StoreHealth("embedded", pending=1_204, failure="connection refused")
    )
    async with arena(replace(board(), health=behind)) as (app, _, _):
        assert corner(app) == "● LIVE 3s db! 1,204"
        assert "store: connection refused" in screen_text(app)


async def test_a_past_time_is_never_called_live() -> None:
    async with arena(replace(board(), as_of=NOW - timedelta(hours=17))) as (app, _, _):
        assert corner(app).startswith("◀ 2025-10-27 14:04Z")


async def test_the_filter_narrows_the_table_while_typing() -> None:
    async with arena() as (app, pilot, _):
        await pilot.press("slash", *"qwen|gpt", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "Qwen3 Max" in text
        assert "GPT 5" in text
        assert "Grok 4 " not in "\n".join(text.splitlines()[1:6])
        assert "/qwen|gpt 2 rows" in text.splitlines()[-1]
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.arena.table.shown) == 7


@pytest.mark.parametrize(("typed", "left"), [("!alibaba", 6), ("[", 0), ("deepseek", 1), ("!", 7), ("", 7)])
async def test_the_filter_accepts_inverses_makers_and_invalid_patterns(typed: str, left: int) -> None:
    async with arena() as (app, pilot, _):
        app.arena.filter.open()
        app.arena.filter.value = typed
        await until(pilot, lambda: len(app.arena.table.shown) == left)


async def test_t_changes_the_range_of_chart_and_sparklines() -> None:
    async with arena(size=(140, 42)) as (app, pilot, _):
        assert "[ALL]" in screen_text(app)
        before = line_of(app, "Qwen3 Max")
        await pilot.press("t")
        await pilot.pause()
        assert "[24H]" in screen_text(app)
        assert "24 h" in screen_text(app).splitlines()[1]
        assert line_of(app, "Qwen3 Max") != before


async def test_percent_x_and_only_change_the_chart() -> None:
    async with arena() as (app, pilot, _):
        await pilot.press("percent_sign")
        await pilot.pause()
        assert "[%]" in screen_text(app)
        await pilot.press("x")
        await pilot.pause()
        assert [row.hidden for row in app.arena.table.shown] == [True] + 6 * [False]
        await pilot.press("X")
        await pilot.pause()
        assert [row.hidden for row in app.arena.table.shown] == [False] + 6 * [True]
        await pilot.press("escape", "x")
        await pilot.pause()
        assert not any(row.hidden for row in app.arena.table.shown)


async def test_v_cycles_the_tabs_of_the_side_pane() -> None:
    async with arena() as (app, pilot, _):
        assert "takes the lead from Qwen3" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "DOGE  LONG  ▌DeepSeek" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "28 Oct 06:04" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "▼ SELL DOGE 10x  ■ CLOSE XRP" in screen_text(app)


async def test_the_side_pane_keeps_its_tab_while_hidden() -> None:
    async with arena(size=SMALL) as (app, pilot, _):
        assert not app.arena.activity_pane.display
        await pilot.press("v", "v", "c")
        await pilot.pause()
        assert app.arena.equity.display
        assert not app.arena.activity_pane.display
        await pilot.press("v")
        await pilot.pause()
        assert app.arena.activity_pane.display
        assert app.arena.activity_pane.tab == 1


async def test_a_low_screen_shows_the_table_and_c_shows_the_chart() -> None:
    async with arena(size=(80, 14)) as (app, pilot, _):
        assert not app.arena.equity.display
        assert "BTC Buy & Hold" in screen_text(app)
        await pilot.press("c")
        await pilot.pause()
        assert app.arena.equity.display
        await pilot.press("escape")
        await pilot.pause()
        assert not app.arena.equity.display


async def test_prices_alone_repaint_neither_table_nor_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    async with arena() as (app, pilot, engine):
        assert app.board is not None
        fed: list[str] = []
        monkeypatch.setattr(app.arena.table, "show_rows", lambda rows: fed.append("table"))
        monkeypatch.setattr(app.arena.equity._chart, "show", lambda *args, **options: fed.append("chart"))
        later = Batch(
            Feed.PRICES, "crypto-prices", NOW, prices=tuple(prices(NOW + timedelta(seconds=5), 0.01))
        )
        engine.publish(apply_batch(app.board, later))
        await until(pilot, lambda: "115,647.5" in screen_text(app))
        assert fed == []


async def test_a_board_with_a_new_row_feeds_table_and_chart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with arena() as (app, pilot, engine):
        assert app.board is not None
        fed: list[str] = []
        show_rows, show = app.arena.table.show_rows, app.arena.equity._chart.show
        monkeypatch.setattr(app.arena.table, "show_rows", lambda rows: (fed.append("table"), show_rows(rows)))
        monkeypatch.setattr(
            app.arena.equity._chart,
            "show",
            lambda *args, **options: (fed.append("chart"), show(*args, **options)),
        )
        engine.publish(with_rows(app.board, row("gpt-5", at=NOW + timedelta(seconds=60), equity_usd=3_999.0)))
        await until(pilot, lambda: "$3,999.00" in screen_text(app))
        await pilot.pause()
        assert sorted(fed) == ["chart", "table"]


async def test_resizes_in_any_order_never_break_the_screen() -> None:
    sizes = random.Random(7)
    async with arena() as (app, pilot, engine):
        for step in range(16):
            width, height = sizes.randint(20, 250), sizes.randint(6, 70)
            await pilot.resize_terminal(width, height)
            if step % 5 == 0:
                await pilot.press(sizes.choice(["v", "c", "t", "enter", "escape", "tab", "slash", "escape"]))
                engine.publish(with_rows(board(), row("gpt-5", equity_usd=3_000.0 + step)))
            await pilot.pause()
        await pilot.resize_terminal(*WIDE)
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: "DeepSeek V3.1" in screen_text(app))


@pytest.mark.parametrize("size", [(20, 6), (1, 1), (40, 3), (300, 5), (12, 80)])
async def test_every_size_is_accepted(size: tuple[int, int]) -> None:
    async with arena(size=size) as (app, pilot, _):
        await pilot.press("v", "c", "enter", "escape")
        await pilot.pause()
        assert app.is_running


HOSTILE = "\x1b[31mred\x1b]52;c;ZXZpbA==\x07 \u202eturned\u2066 [bold red]loud[/] [/] \x9b2J \x1b]8;;http://x\x07link"


def hostile_board() -> Board:
    roster = Roster(
        seasons=(Season("s1", HOSTILE),), traders=(TraderInfo("bad", HOSTILE, HOSTILE, color="[red]"),)
    )
    key = AccountKey("s1", "bad", HOSTILE)
    strange = row("gpt-5")
    positions = tuple(replace(position, coin=HOSTILE) for position in strange.positions)
    hostile = replace(decision("gpt-5", 1, HOSTILE), account=key)
    return build_board(
        roster,
        roster.seasons[0],
        rows=[replace(strange, account=key, positions=positions)],
        curves={key: curve_of("gpt-5", 3_810.02)},
        decisions=[hostile],
        prices=[replace(price, coin=HOSTILE + price.coin) for price in prices(NOW)],
    )


async def test_hostile_text_is_shown_as_text() -> None:
    shown = apply_failure(hostile_board(), FeedFailure(Feed.ACCOUNTS, NOW, HOSTILE))
    async with arena(shown) as (app, pilot, _):
        seen = ""
        for keys in ([], ["v"], ["v"], ["v"], ["enter"], ["enter"], ["escape"], ["v", "tab", "enter"]):
            await pilot.press(*keys)
            await pilot.pause()
            seen += screen_text(app)
        assert "[bold red]loud[/]" in seen
        assert not set(seen) & set("\x1b\x9b\x07\u202e\u2066")


async def test_y_copies_the_row_as_plain_text() -> None:
    async with arena() as (app, pilot, _):
        await pilot.press("y")
        assert app.clipboard.split("\t")[2:5] == ["▌DeepSeek V3.1", "$21,610.74", "+116.1%"]


async def test_thirty_two_accounts_of_eight_models_are_distinct() -> None:
    keys = [AccountKey("s1", f"model-{n % 8}", f"round-{n // 8}") for n in range(32)]
    many = build_board(
        Roster(),
        Season("s1", "Season"),
        rows=[replace(row("grok-4", equity_usd=10_000.0 + n), account=key) for n, key in enumerate(keys)],
        curves={key: curve_of("grok-4", 10_000.0 + n, step_s=7_200) for n, key in enumerate(keys)},
    )
    async with arena(many, size=(140, 60)) as (app, pilot, _):
        assert len(app.arena.table.shown) == 32
        assert "model-7 @round-3" in screen_text(app)
        await pilot.press("G", "enter")
        await pilot.pause()
        assert app.trader.account == AccountKey("s1", "model-0", "round-0")
