"""The chat screen: one line per decision, searched on the board and in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.board import Board
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.columns.chat import ChatRow
from nof1tui.tui.screens import chat
from nof1tui.tui.screens.detail import DetailScreen
from nof1tui.tui.table.live_table import LiveTable
from tests.support.archive import Archive, ArchiveEngine
from tests.support.scenes import board, decision, decisions, make_app, screen_text, until


@asynccontextmanager
async def shown(
    history: Archive | None, *boards: Board, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], LiveTable[ChatRow]]]:
    """The app on its chat screen."""
    app = make_app(ArchiveEngine(*(boards or (board(),)), history=history))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("4")
        screen = app.numbered["chat"]
        await until(pilot, lambda: screen.is_current and len(screen.table.shown) > 0)
        yield app, pilot, screen.table


async def test_decisions_are_newest_first_with_their_signals_in_front() -> None:
    async with shown(None) as (app, _, table):
        moments = [line.decision.at for line in table.shown]
        assert moments == sorted(moments, reverse=True)
        line = next(line for line in screen_text(app).splitlines() if "GPT 5" in line)
        assert "28 Oct 06:58" in line
        assert "▼ SELL DOGE 10x" in line
        assert "■ CLOSE XRP" in line
        assert "Taking a small short" in line
        assert "hold BTC" not in screen_text(app).lower()
        assert "6 decisions · 2 acted" in screen_text(app)


async def test_older_decisions_are_loaded_near_the_end_of_the_list() -> None:
    older = [decision("grok-4", 100 + place, f"older {place}") for place in range(120)]
    history = Archive(decisions=older, page=60)
    async with shown(history, size=(120, 20)) as (app, pilot, table):
        await until(pilot, lambda: len(table.shown) == 66)
        assert "66+ decisions" in screen_text(app)
        assert len(history.asked) == 1
        await pilot.press("G")
        await until(pilot, lambda: len(table.shown) == 126)
        assert table.cursor_index == 65
        await pilot.press("G")
        await until(pilot, lambda: "126 decisions" in screen_text(app))


async def test_the_filter_searches_reasons() -> None:
    async with shown(None) as (app, pilot, table):
        app.numbered["chat"].filter.value = "thin volume"
        await until(pilot, lambda: len(table.shown) == 1)
        assert table.shown[0].decision.account.trader == "gpt-5"


async def test_the_store_is_searched_while_typing_and_its_results_are_added(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat, "_SEARCH_DEBOUNCE_S", 0.01)
    history = Archive(found=[decision("grok-4", 9_000, "Said long ago."), decisions()[3]])
    async with shown(history) as (app, pilot, table):
        history.answering.clear()
        app.numbered["chat"].filter.value = "funding"
        await until(pilot, lambda: "searching …" in screen_text(app))
        await until(pilot, lambda: any(wanted.text == "funding" for wanted in history.asked))
        assert len(table.shown) == 0
        history.answering.set()
        await until(pilot, lambda: len(table.shown) == 2)
        assert "2 in the store" in screen_text(app)
        assert "searching" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(table.shown) == len(decisions()))


async def test_a_failed_search_is_reported_and_the_filter_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat, "_SEARCH_DEBOUNCE_S", 0.01)
    history = Archive()
    history.away = True
    async with shown(history) as (app, pilot, table):
        app.numbered["chat"].filter.value = "breakout"
        await until(pilot, lambda: "store search unavailable" in screen_text(app))
        assert len(table.shown) == 1


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        ("liquidity", "liquidity"),
        ("  thin volume ", "thin volume"),
        ('"stop loss" -moved', '"stop loss" -moved'),
        ("ab", None),
        ("!hold", None),
        ("a|b.*c", None),
        ("", None),
        ("- -", None),
    ],
)
def test_only_words_are_searched_in_the_store(pattern: str, asked: str | None) -> None:
    assert chat.store_search_text(pattern) == asked


async def test_enter_opens_the_decision_with_its_reasoning() -> None:
    async with shown(Archive()) as (app, pilot, table):
        chosen = table.shown[0].decision
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await until(pilot, lambda: f"reasons of {chosen.id}" in app.detail.text)
        await pilot.press("o")
        await until(pilot, lambda: app.screen is app.trader)
        assert app.trader.account == chosen.account


async def test_a_summary_has_no_control_characters() -> None:
    hostile = replace(decision("grok-4", 1, "up\x1b[2J\x1b]52;c;aGk=\x07 \u202edown [red]mark[/red]"), id="x")
    async with shown(None, replace(board(), decisions=(hostile,))) as (app, _, _):
        text = screen_text(app)
        assert "up down [red]mark[/red]" in text
        assert not set(text) & {"\x1b", "\x07", "\u202e"}


async def test_an_empty_chat_shows_a_message() -> None:
    app = make_app(ArchiveEngine(replace(board(), decisions=()), history=None))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("4")
        await until(pilot, lambda: "No decisions yet." in screen_text(app))
