"""Links of decisions to orders and trades, on their page and on the trader's."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.records import Signal
from nof1tui.tui.app import ArenaApp
from tests.support.archive import Archive, ArchiveEngine
from tests.support.scenes import NOW, account, board, decision, make_app, trade, until

WHO = account("deepseek-chat-v3.1")
ENTERED_AT = NOW - timedelta(hours=2)
SIGNAL = Signal("BTC", "buy_to_enter", confidence=0.65, stop_loss=100.0, profit_target=120.0)
ENTRY = replace(decision("deepseek-chat-v3.1", 120, "I enter.", SIGNAL), id="entry")
CLOSED = replace(
    trade("deepseek-chat-v3.1", 0, "BTC", -12.5),
    id="closed",
    side="long",
    quantity=1.0,
    entry_at=ENTERED_AT + timedelta(seconds=8),
    exit_at=NOW - timedelta(hours=1),
    exit_price=95.0,
    entry_oid=4711,
)


def scene() -> Board:
    made = board()
    logs = {**made.trades, WHO: TradeLog.of((CLOSED,))}
    return replace(made, decisions=(ENTRY, *made.decisions), trades=MappingProxyType(logs))


async def opened(pilot: Pilot[None], app: ArenaApp, key: str, text: str) -> str:
    await until(pilot, lambda: app.board is not None)
    await pilot.press(key)
    await pilot.pause()
    await pilot.pause()
    if key == "4":
        app.numbered["chat"].table.highlight("entry")
    await pilot.press("enter")
    await until(pilot, lambda: app.screen is app.detail and text in app.detail.text)
    return app.detail.text


async def test_a_decision_shows_its_orders() -> None:
    app = make_app(ArchiveEngine(scene(), history=Archive(decisions=[ENTRY])))
    async with app.run_test(size=(120, 40)) as pilot:
        text = await opened(pilot, app, "4", "opened LONG BTC")
        assert "8s later, order 4711" in text
        assert "since closed: -$12.50" in text


async def test_a_signal_without_an_order_is_marked() -> None:
    lone = replace(ENTRY, signals=(replace(SIGNAL, coin="SOL"),))
    app = make_app(ArchiveEngine(replace(scene(), decisions=(lone,)), history=Archive(decisions=[lone])))
    async with app.run_test(size=(120, 40)) as pilot:
        assert "no matching order" in await opened(pilot, app, "4", "no matching order")


async def test_a_trader_has_statistics_of_its_entries() -> None:
    app = make_app(ArchiveEngine(scene(), history=Archive(decisions=[ENTRY])))
    async with app.run_test(size=(120, 40)) as pilot:
        text = await opened(pilot, app, "6", "Calibration")
        assert "Stop overrun" in text
        assert "1 of 30 entries that were closed" in text
        bucket = next(line for line in text.splitlines() if line.startswith("0.6 to 0.7"))
        assert bucket.split()[3:] == ["65%", "0%", "-$13", "1"] or bucket.split()[3:] == [
            "65%",
            "0%",
            "-$12",
            "1",
        ]
