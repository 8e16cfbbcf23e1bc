"""A few whole screens, looked at by people before they were kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scenes import ScriptedEngine, board, make_app, until
from textual.pilot import Pilot


@pytest.mark.parametrize(
    ("size", "keys", "options"),
    [
        pytest.param((140, 42), [], {}, id="arena-140x42"),
        pytest.param((120, 40), [], {}, id="arena-120x40"),
        pytest.param((80, 24), [], {}, id="arena-80x24"),
        pytest.param(
            (120, 40), ["v", "v", "v"], {"theme": "nof1-light", "badge": "DEMO"}, id="arena-light-chat"
        ),
        pytest.param((120, 40), ["enter"], {}, id="trader-120x40"),
        pytest.param((120, 40), ["2"], {}, id="positions-120x40"),
        pytest.param((120, 40), ["3"], {}, id="trades-120x40"),
        pytest.param((120, 40), ["4"], {}, id="chat-120x40"),
        pytest.param((120, 40), ["7"], {}, id="events-120x40"),
        pytest.param((120, 40), ["question_mark"], {}, id="help-120x40"),
    ],
)
def test_a_screen_looks_as_it_did_when_it_was_approved(
    snap_compare: Callable[..., bool], size: tuple[int, int], keys: list[str], options: dict[str, Any]
) -> None:
    app = make_app(ScriptedEngine(board()), **options)

    async def go_there(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.board is not None)
        await pilot.press(*keys)
        await until(pilot, lambda: all(it.group != "older" or it.is_finished for it in app.workers))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=go_there)
