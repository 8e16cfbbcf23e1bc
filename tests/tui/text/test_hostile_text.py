"""Hostile text everywhere on the screens, checked in the bytes that are sent."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nof1tui.domain.records import DecisionTexts
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.ports.history import StoreInventory
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.style.theme import DARK
from tests.support.emulated import Terminal, settled, terminal_of
from tests.support.hostile import EVIL, FRAME_SEQUENCES, KEY, NOW, hostile_board, roster, unsafe_characters
from tests.support.scenes import Clock, ScriptedEngine, Texts
from tests.support.textual_internals import rendered_lines, use_truecolor

TOUR = (
    *("v", "v", "v", "tab", "enter", "escape"),
    *("2", "enter", "escape", "g", "3", "enter", "escape", "4", "enter", "escape"),
    *("5", "6", "7", "enter", "escape", "8"),
    *("1", "enter", "v", "tab", "enter", "escape", "escape"),
    *("question_mark", "escape", "ctrl+p", "escape", "at", "x", "enter", "escape"),
)
"""Every screen, tab, detail and overlay."""
POINTER = re.compile(r"\x1b\]22;default\x07")
"""Textual requests the default mouse pointer."""
COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


class HostileTexts(Texts):
    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        return DecisionTexts(prompt=EVIL, reasoning=EVIL * 2, answer=EVIL)

    async def inventory(self) -> StoreInventory:
        return StoreInventory({EVIL: 1}, 2)


class HostileEngine(ScriptedEngine):
    @property
    def history(self) -> HostileTexts:
        return HostileTexts()


def hostile_app(engine: ScriptedEngine) -> ArenaApp:
    app = ArenaApp(
        engine,
        roster=roster(),
        clock=Clock(NOW),
        badge=EVIL,
        source=EVIL,
        waiting_text=EVIL,
        theme=DARK,
    )
    app.driver_class = Terminal
    use_truecolor(app)
    return app


async def written(app: ArenaApp, steps: Any, size: tuple[int, int]) -> str:
    """Everything sent to the terminal during these steps."""
    sent = []

    async def drive(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await steps(pilot)
        sent.append(terminal_of(app).written)
        app.exit()

    await asyncio.wait_for(app.run_async(size=size, auto_pilot=drive), 60)
    return sent[0]


def frames(sent: str) -> str:
    """The output without the sequences that a frame may contain."""
    return POINTER.sub("", FRAME_SEQUENCES.sub("", sent))


@pytest.mark.parametrize("size", [(120, 40)])
async def test_no_screen_tab_detail_or_overlay_sends_unsafe_characters(
    size: tuple[int, int],
) -> None:
    app = hostile_app(HostileEngine(hostile_board()))
    seen = set()

    async def tour(pilot: Pilot[Any]) -> None:
        for key in TOUR:
            await pilot.press(key)
            await settled(pilot)
            text = "\n".join(strip.text for strip in rendered_lines(app.screen))
            seen.add("[bold]B[/]" in text)
            assert {strip.cell_length for strip in rendered_lines(app.screen)} == {size[0]}, key

    sent = await written(app, tour, size)
    assert unsafe_characters(frames(sent)) == []
    assert seen == {True, False}


async def test_toasts_notices_and_engine_errors_are_plain() -> None:
    app = hostile_app(HostileEngine(hostile_board(), fault=RuntimeError(EVIL)))

    async def steps(pilot: Pilot[Any]) -> None:
        app.show_message(EVIL)
        app.open_trader(KEY.__class__("s1", EVIL + "?"))
        await settled(pilot)

    sent = await written(app, steps, (120, 30))
    assert unsafe_characters(frames(sent)) == []
    assert "[bold]B" in "".join(sent)


async def test_copied_text_is_plain_and_exports_are_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = hostile_app(HostileEngine(hostile_board()))

    async def steps(pilot: Pilot[Any]) -> None:
        for screen in "1234567":
            await pilot.press(screen, "y", "Y", "e")
            await settled(pilot)
            exporting = [worker for worker in app.workers if worker.group == "export"]
            if exporting:
                await app.workers.wait_for_complete(exporting)

    sent = await written(app, steps, (160, 40))
    copied = [base64.b64decode(code).decode() for code in COPIED.findall(sent)]
    assert len(copied) >= 10
    for text in copied:
        assert all(cell == sanitise(cell) for cell in text.split("\t"))
    assert unsafe_characters(frames(COPIED.sub("", sent))) == []
    files = sorted(tmp_path.iterdir())
    assert len(files) >= 10
    for file in files:
        assert unsafe_characters(file.read_text("utf-8")) == [], file.name
    assert any(EVIL.encode("unicode_escape").decode()[:8] in file.read_text() for file in files)
    assert sanitise_line(EVIL).startswith("[bold]B[/]")
