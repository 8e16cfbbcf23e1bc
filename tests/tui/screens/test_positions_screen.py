"""The positions of all traders: by trader or in one list, with their sums."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.board import Board
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.columns.positions import PositionTableRow, PositionTotals
from nof1tui.tui.screens.detail import DetailScreen
from nof1tui.tui.table.live_table import LiveTable
from tests.support.scenes import (
    NOW,
    ScriptedEngine,
    account,
    board,
    make_app,
    row,
    screen_text,
    until,
    with_rows,
)


@asynccontextmanager
async def shown(
    *boards: Board, size: tuple[int, int] = (140, 40)
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], LiveTable[PositionTableRow]]]:
    """The app on its positions screen."""
    app = make_app(ScriptedEngine(*(boards or (board(),))))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("2")
        screen = app.numbered["positions"]
        await until(pilot, lambda: app.visible_screen is screen and screen.is_current)
        yield app, pilot, screen.table


def keys(table: LiveTable[PositionTableRow]) -> list[str]:
    return [line.key.removeprefix("s1/") for line in table.shown]


async def test_positions_are_below_their_trader_by_rank_the_largest_first() -> None:
    async with shown() as (app, _, table):
        assert keys(table)[:5] == [
            "deepseek-chat-v3.1",
            "deepseek-chat-v3.1 ETH",
            "deepseek-chat-v3.1 SOL",
            "deepseek-chat-v3.1 BTC",
            "deepseek-chat-v3.1 XRP",
        ]
        head = next(line for line in screen_text(app).splitlines() if "DeepSeek V3.1" in line)
        assert "×6" in head
        assert "LONG" in head


async def test_the_flat_list_has_the_same_positions_and_keeps_the_highlight() -> None:
    async with shown() as (_, pilot, table):
        await pilot.press("j", "j")
        assert table.highlighted_key == "s1/deepseek-chat-v3.1 SOL"
        held = [key for key in keys(table) if " " in key]
        await pilot.press("g")
        assert keys(table) == held
        assert table.highlighted_key == "s1/deepseek-chat-v3.1 SOL"
        await pilot.press("G", "home")
        assert [table.highlighted_key] == ["s1/deepseek-chat-v3.1 ETH"]


async def test_sorting_orders_traders_by_their_sums_and_positions_below_them() -> None:
    async with shown() as (_, pilot, table):
        table.sort_by("notional_usd", reverse=True)
        await pilot.pause()
        heads = [line for line in table.shown if line.view is None]
        gross = [line.totals.gross_usd for line in heads if line.totals]
        assert gross == sorted(gross, reverse=True)
        places = [place for place, line in enumerate(table.shown) if line.view is None]
        for start, end in zip(places, [*places[1:], len(table.shown)], strict=True):
            below = [line.view.position.notional_usd for line in table.shown[start + 1 : end] if line.view]
            assert below == sorted(below, key=lambda size: -(size or 0.0))
            assert {line.account for line in table.shown[start:end]} == {table.shown[start].account}


async def test_a_filter_narrows_the_sums_to_the_matches() -> None:
    async with shown() as (app, pilot, table):
        await pilot.press("slash", *"short", "enter")
        await until(pilot, lambda: "4 positions" in screen_text(app))
        assert {line.view.position.side for line in table.shown if line.view} == {"short"}
        assert "long $0.00" in screen_text(app)
        assert "/short 4 of 12" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: "12 positions" in screen_text(app))


async def test_a_refresh_changes_figures_and_leaves_highlight_and_order() -> None:
    async with shown() as (app, pilot, table):
        await pilot.press("j", "j", "j")
        before, key = keys(table), table.highlighted_key
        old = row("qwen3-max")
        moved = replace(old, positions=tuple(replace(p, unrealized_usd=-9_876.0) for p in old.positions))
        app.board = with_rows(board(), moved)
        await until(pilot, lambda: "-$9,876" in screen_text(app))
        assert (keys(table), table.highlighted_key) == (before, key)


async def test_no_open_positions_show_a_message() -> None:
    without_positions = board(only=("grok-4",))
    async with shown(without_positions) as (app, pilot, _):
        await until(pilot, lambda: "No open positions." in screen_text(app))


async def test_before_the_first_board_no_positions_are_claimed() -> None:
    app = make_app(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "Waiting for the first figures" in screen_text(app))
        assert "No trader holds" not in screen_text(app)


async def test_enter_opens_the_position_and_o_its_trader_from_there() -> None:
    async with shown() as (app, pilot, _):
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        assert "closes the 4h candle" in app.detail.text
        await pilot.press("o")
        await until(pilot, lambda: app.screen is app.trader)
        assert app.trader.account == account("deepseek-chat-v3.1")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.numbered["positions"])


async def test_enter_on_a_traders_line_opens_the_trader() -> None:
    async with shown() as (app, pilot, table):
        table.highlight("s1/qwen3-max")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.trader)
        assert app.trader.account == account("qwen3-max")


async def test_the_row_is_copied_with_its_name_and_the_cell_by_the_chosen_column() -> None:
    async with shown() as (app, pilot, _):
        await pilot.press("j", "y")
        assert app.clipboard.startswith("▌DeepSeek V3.1\tETH\tLONG\t4.87")
        await pilot.press("l", "l", "Y")
        assert app.clipboard == "ETH"
        await pilot.press("l", "Y")
        assert app.clipboard == "LONG"
        await pilot.press("h", "h", "h", "h", "escape", "Y")
        assert "ETH" not in app.clipboard
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.arena)


@pytest.mark.parametrize(("tmux", "hint"), [("/tmp/tmux-0,1,0", True), (None, False)])
async def test_under_tmux_a_copy_names_the_setting_it_needs(
    tmux: str | None, hint: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    if tmux:
        monkeypatch.setenv("TMUX", tmux)
    async with shown(size=(100, 30)) as (app, pilot, _):
        await pilot.press("y")
        await until(pilot, lambda: "Row copied." in screen_text(app))
        assert ("set-clipboard" in screen_text(app)) is hint


async def test_the_export_has_the_matches_with_the_columns_of_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with shown() as (app, pilot, _):
        app.numbered["positions"].filter.value = "qwen"
        await until(pilot, lambda: "1 position " in screen_text(app))
        await pilot.press("e")
        await until(pilot, lambda: len(list(tmp_path.iterdir())) == 2)
        document = json.loads((tmp_path / "nof1-positions-20251028T070400Z.json").read_text())
        assert (document["what"], document["as_of"]) == ("positions", None)
        (position,) = document["rows"]
        assert (position["trader"], position["quantity"], position["side"]) == ("qwen3-max", -0.18, "short")
        (line,) = csv.DictReader((tmp_path / "nof1-positions-20251028T070400Z.csv").read_text().splitlines())
        assert (line["name"], line["stop_loss"]) == ("Qwen3 Max", str(position["stop_loss"]))
        await pilot.press("e")
        await until(pilot, lambda: "already" in screen_text(app))


@pytest.mark.parametrize("size", [(40, 12), (20, 6), (80, 24), (250, 70)])
async def test_every_size_has_its_columns(size: tuple[int, int]) -> None:
    async with shown(size=size) as (app, _, table):
        lines = screen_text(app).splitlines()
        assert all(len(line) <= size[0] for line in lines)
        titles = lines[1]
        assert "Model" in titles
        assert ("Conf" in titles) is (size[0] >= 140)
        assert table.hidden_columns == 0 if size[0] >= 140 else table.hidden_columns > 0


def test_the_sums_separate_long_from_short_and_count_missing_prices() -> None:
    held = row("gemini-2.5-pro", at=NOW).positions
    unpriced = replace(held[0], mark_price=None, entry_price=None, unrealized_usd=None)
    book = PositionTotals.of([*held, *row("claude-sonnet-4-5").positions, unpriced])
    assert (book.positions, book.unpriced) == (5, 1)
    assert book.gross_usd == pytest.approx(book.long_usd + book.short_usd)
    assert book.net_usd == pytest.approx(1_476 * 2.6438 + 0.05 * 114_502.5 - 40 * 199.89 - 1.2 * 4_119.7)
    assert PositionTotals.of([]).unrealized_usd is None
