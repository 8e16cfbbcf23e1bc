"""The app: boards, errors, signals and keys on any screen."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnusable
from nof1tui.tui import engine_run
from nof1tui.tui.commands import ArenaCommands
from nof1tui.tui.keys import KEY_BINDINGS, footer_keys, key_bindings_in
from nof1tui.tui.messages import BoardUpdated
from nof1tui.tui.panes.notice import Notice
from nof1tui.tui.table.entry_list import EntryList
from nof1tui.tui.table.live_table import LiveTable
from tests.support.scenes import (
    ENDS,
    NOW,
    Clock,
    ScriptedEngine,
    board,
    corner,
    make_app,
    row,
    screen_text,
    until,
    with_rows,
)
from tests.support.textual_internals import merged_bindings

SIZE = (120, 40)


async def test_the_screen_shows_a_loading_text_before_the_first_board() -> None:
    app = make_app(
        ScriptedEngine(), waiting_text="Fetching the arena from nof1.ai; ctrl+p lists the commands."
    )
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "Fetching the arena from nof1.ai" in screen_text(app)
        assert corner(app) == "○ STARTING"


async def test_an_empty_board_keeps_the_loading_text() -> None:
    app = make_app(ScriptedEngine(Board(Roster())), waiting_text="Fetching the arena from nof1.ai.")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        assert "Fetching the arena from nof1.ai" in screen_text(app)
        assert corner(app) == "○ WAITING"


async def test_the_stored_board_is_followed_by_live_ones() -> None:
    engine = ScriptedEngine(board())
    app = make_app(engine)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        assert "$21,610.74" in screen_text(app)
        engine.publish(with_rows(board(), row("deepseek-chat-v3.1", at=NOW, equity_usd=22_000.5)))
        await until(pilot, lambda: "$22,000.50" in screen_text(app))


def test_a_newer_board_replaces_one_that_is_pending() -> None:
    older, newer = BoardUpdated(board()), BoardUpdated(board())
    assert newer.can_replace(older)


async def test_an_engine_error_is_shown_and_the_last_figures_remain() -> None:
    app = make_app(ScriptedEngine(board(), fault=ExceptionGroup("feeds", [ValueError("no such column")])))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "STOPPED" in corner(app))
        assert "no such column" in app.screen.query_one(Notice).text
        assert "$21,610.74" in screen_text(app)


async def test_an_engine_error_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(ScriptedEngine(board(), fault=ValueError("no such column")))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.stopped is not None)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: ExceptionGroup("engine", [error])])
async def test_an_unusable_store_ends_the_program_with_the_reason(
    wrap: Callable[[Exception], Exception],
) -> None:
    refused = StoreUnusable("The store is newer than this program.\nUpdate the program.")
    app = make_app(ScriptedEngine(fault=wrap(refused)))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.refusal is not None)
    assert app.refusal == "The store is newer than this program.\nUpdate the program."
    assert app.return_code == 1


async def test_quitting_waits_for_the_engine_to_clean_up() -> None:
    engine = ScriptedEngine(board())
    engine.clean_up_s = 0.05
    app = make_app(engine)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("q")
    assert engine.closed


async def test_quitting_does_not_wait_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_run, "_CLEAN_UP_S", 0.05)
    engine = ScriptedEngine(board())
    engine.clean_up_s = 3_600.0
    app = make_app(engine)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
    assert not engine.closed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_ends_the_app_cleanly(number: signal.Signals) -> None:
    engine = ScriptedEngine(board())
    app = make_app(engine)
    before = signal.getsignal(number)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        os.kill(os.getpid(), number)
        await until(pilot, lambda: not app.is_running)
    assert engine.closed
    assert signal.getsignal(number) in (before, signal.SIG_DFL, signal.default_int_handler)


@pytest.mark.parametrize(
    "keys", [["ctrl+c"], ["slash", "ctrl+c"], ["question_mark", "ctrl+c"], ["enter", "q"]]
)
async def test_ctrl_c_and_q_quit_from_any_screen(keys: list[str]) -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press(*keys)
        await until(pilot, lambda: not app.is_running)


async def test_pause_stops_painting_but_not_collecting() -> None:
    engine, clock = ScriptedEngine(board()), Clock()
    app = make_app(engine, clock)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("space")
        clock.go(seconds=40)
        engine.publish(with_rows(board(), row("qwen3-max", equity_usd=30_000.0)))
        await pilot.pause()
        app.tick()
        assert corner(app) == "⏸ PAUSED 40s"
        assert "$30,000.00" not in screen_text(app)
        await pilot.press("space")
        await until(pilot, lambda: "$30,000.00" in screen_text(app))


async def test_r_plus_and_minus_reach_the_engine() -> None:
    engine = ScriptedEngine(board())
    app = make_app(engine)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("r", "minus", "minus", "plus")
        assert engine.polls == 1
        assert engine.pace == 2.0


async def test_help_shows_every_key_and_closes_again() -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=(120, 90)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("question_mark")
        await pilot.pause()
        text = screen_text(app)
        assert [key.description for key in KEY_BINDINGS if key.description not in text] == []
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.arena


async def test_the_palette_has_every_action_of_the_screen() -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        found = {hit.text async for hit in ArenaCommands(app.screen).discover()}
        wanted = {
            key.description for key in KEY_BINDINGS if key.scope in ("everywhere", "arena", "table", "chart")
        }
        assert wanted - found == {"Find a command", "Quit from anywhere"}


async def test_a_command_of_the_palette_runs() -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("ctrl+p", *"dark and light", "enter")
        await until(pilot, lambda: app.theme == "nof1-light")


def test_every_key_has_one_action_per_screen() -> None:
    app = make_app(ScriptedEngine())
    owners = [
        (app, key_bindings_in("everywhere")),
        (LiveTable, key_bindings_in("list")),
        (EntryList, key_bindings_in("list")),
        *(
            (screen, key_bindings_in(*screen.key_scopes))
            for screen in (app.arena, app.trader, *app.numbered.values())
        ),
    ]
    for owner, keys in owners:
        for key in keys:
            name = key.action.partition("(")[0]
            assert hasattr(owner, f"action_{name}"), f"{key.id} has no action in {owner}"
        pressed = [name for key in (*keys, *key_bindings_in("everywhere")) for name in key.keys.split(",")]
        if owner is not app:
            assert len(pressed) == len(set(pressed)), owner


def test_tables_have_the_keys_that_help_lists() -> None:
    for table in (LiveTable, EntryList):
        bound = merged_bindings(table).key_to_bindings
        own = {(name, binding.action) for name, bindings in bound.items() for binding in bindings}
        promised = {
            (name, key.action) for key in KEY_BINDINGS if key.scope == "list" for name in key.keys.split(",")
        }
        assert promised - own == set()


def test_the_footer_drops_the_least_needed_keys_first() -> None:
    arena = [key for key in KEY_BINDINGS if key.scope in ("arena", "everywhere")]
    wide, narrow = footer_keys(arena, 200), footer_keys(arena, 40)
    assert [key.id for key in narrow] == [key.id for key in wide][: len(narrow)]
    assert narrow[0].id == "arena.open"


async def test_every_theme_shows_the_same_figures() -> None:
    app = make_app(ScriptedEngine(board()), theme="nof1-light")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        light = screen_text(app)
        for theme in ("nof1-contrast", "nof1-ansi", "nof1-dark"):
            await pilot.press("T")
            await pilot.pause()
            assert app.theme == theme
            assert screen_text(app) == light
        assert all(f"{ENDS[name]:,.2f}" in light for name in ("qwen3-max", "gpt-5"))


async def test_a_hidden_screen_keeps_no_board() -> None:
    """All curves of that moment would stay in memory with it."""
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        for name in (*app.numbered, "arena"):
            app.action_show(name)
            await pilot.pause()
        kept = [
            name
            for name, screen in app.numbered.items()
            if any(isinstance(value, Board) for value in vars(screen).values())
        ]
        assert kept == []
