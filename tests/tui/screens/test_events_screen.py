"""The events screen: text of every kind, older events from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.columns.events import EventDescription, describe_event
from nof1tui.tui.screens.detail import DetailScreen
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.table.live_table import LiveTable
from tests.support.archive import Archive, ArchiveEngine
from tests.support.scenes import NOW, ROSTER, account, board, make_app, screen_text, until


@asynccontextmanager
async def shown(
    history: Archive | None, *boards: Board, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[ArenaApp, Pilot[None], LiveTable[EventDescription]]]:
    """The app on its events screen."""
    app = make_app(ArchiveEngine(*(boards or (board(),)), history=history))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("7")
        screen = app.numbered["events"]
        await until(pilot, lambda: screen.is_current and len(screen.table.shown) > 0)
        yield app, pilot, screen.table


def happened(kind: Any, minutes: int = 1, **fields: Any) -> Event:
    return Event(f"{kind}-{minutes}", NOW - timedelta(minutes=minutes), kind, account("qwen3-max"), **fields)


FIGURES: dict[str, Any] = {"coin": "BTC", "side": "short", "quantity": 0.18, "price": 112_800.0}


@pytest.mark.parametrize(
    ("event", "verb", "detail"),
    [
        (happened("opened", leverage=20.0, **FIGURES), "opened", "SHORT 0.18 BTC @ 112,800.0 · 20x"),
        (happened("closed", **FIGURES), "closed", "SHORT 0.18 BTC @ 112,800.0"),
        (happened("trade", net_usd=-12.0, **FIGURES), "closed", "SHORT 0.18 BTC @ 112,800.0"),
        (happened("increased", **FIGURES), "increased", "SHORT 0.18 BTC @ 112,800.0"),
        (happened("reduced", **FIGURES), "reduced", "SHORT 0.18 BTC @ 112,800.0"),
        (happened("flipped", **FIGURES), "flipped", "SHORT 0.18 BTC @ 112,800.0"),
        (happened("lead", other=account("grok-4")), "takes the lead", "from Grok 4"),
        (happened("joined"), "new trader", ""),
        (happened("never_heard_of", coin="SOL"), "never heard of", "SOL"),
    ],
)
def test_every_kind_has_its_text_and_unknown_ones_a_plain_one(event: Event, verb: str, detail: str) -> None:
    line = describe_event(event, TraderIdentities(ROSTER))
    assert (line.verb.text, line.detail) == (verb, detail)


async def test_events_are_newest_first_and_counted_by_kind() -> None:
    async with shown(None) as (app, _, table):
        moments = [line.event.at for line in table.shown]
        assert moments == sorted(moments, reverse=True)
        assert f"{len(moments)} events" in screen_text(app)
        first = screen_text(app).splitlines()[2]
        assert all(words in first for words in ("28 Oct 07:03", "Qwen3 Max", "opened", "SHORT 0.18 BTC"))


async def test_the_filter_accepts_kinds_traders_and_coins() -> None:
    async with shown(None) as (app, pilot, table):
        app.numbered["events"].filter.value = "lead"
        await until(pilot, lambda: [line.event.kind for line in table.shown] == ["lead"])
        app.numbered["events"].filter.value = "!closed|opened"
        await until(pilot, lambda: {line.event.kind for line in table.shown} == {"lead", "flipped"})


async def test_older_events_are_loaded_from_the_store_even_for_a_narrow_filter() -> None:
    older = [happened("opened", 10_000 + place, **FIGURES) for place in range(30)]
    rare = happened("joined", 20_000)
    history = Archive(events=[*older, rare], page=16)
    async with shown(history, size=(100, 20)) as (app, pilot, table):
        known = len(board().events)
        assert len(table.shown) == known
        app.numbered["events"].filter.value = "new trader"
        await until(pilot, lambda: [line.event for line in table.shown] == [rare])
        await pilot.press("escape")
        await until(pilot, lambda: len(table.shown) == known + 31)


async def test_enter_on_a_closing_opens_its_trade() -> None:
    async with shown(None) as (app, pilot, table):
        event = next(line.event for line in table.shown if line.event.kind == "trade")
        table.highlight(event.id)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        assert "Gross" in app.detail.text
        assert "Fees" in app.detail.text


@pytest.mark.parametrize(("coin", "words"), [("BTC", "Current position"), ("DOGE", "Position closed.")])
async def test_enter_on_an_opening_shows_its_outcome(coin: str, words: str) -> None:
    event = happened("opened", **{**FIGURES, "coin": coin})
    async with shown(None, replace(board(), events=(event,))) as (app, pilot, _):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        assert words in app.detail.text
        await pilot.press("o")
        await until(pilot, lambda: app.screen is app.trader)


async def test_an_empty_list_shows_a_message() -> None:
    app = make_app(ArchiveEngine(replace(board(), events=()), history=Archive()))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("7")
        await until(pilot, lambda: "No events yet." in screen_text(app))
