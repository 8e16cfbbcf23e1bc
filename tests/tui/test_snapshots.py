"""Whole screens, looked at by people before they were kept: each at three sizes, and what looks otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.scenes import ScriptedEngine, board, make_app, until

SIZES = ((80, 24), (120, 40), (160, 50))
SCREENS = {
    "arena": [],
    "trader": ["enter"],
    "position": ["enter", "enter"],
    "positions": ["2"],
    "trades": ["3"],
    "chat": ["4"],
    "coins": ["5", "t"],
    "stats": ["6"],
    "events": ["7"],
    "system": ["8"],
}
READING = ("older", "prices", "texts")


@pytest.mark.parametrize(
    ("size", "keys", "options"),
    [
        *(
            pytest.param(size, keys, {}, id=f"{name}-{size[0]}x{size[1]}")
            for name, keys in SCREENS.items()
            for size in SIZES
        ),
        pytest.param(
            (120, 40), ["v", "v", "v"], {"theme": "nof1-light", "badge": "DEMO"}, id="arena-light-chat"
        ),
        pytest.param((100, 30), [], {"theme": "nof1-contrast", "chart": "ascii"}, id="arena-contrast-ascii"),
        pytest.param((120, 40), ["question_mark"], {}, id="help-120x40"),
    ],
)
def test_a_screen_looks_as_it_did_when_it_was_approved(
    snap_compare: Callable[..., bool], size: tuple[int, int], keys: list[str], options: dict[str, Any]
) -> None:
    app = make_app(ScriptedEngine(board()), **options)

    async def go_there(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.board is not None)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: all(it.is_finished for it in app.workers if it.group in READING))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=go_there)
