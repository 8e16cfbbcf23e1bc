"""The monitor in a real terminal: live figures, drill-down, faults, endings."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.support.arena_server import (
    ArenaServer,
    ArenaState,
    wire_decision,
    wire_position,
    wire_row,
    wire_trade,
)
from tests.support.program import PROGRAM
from tests.support.pty_terminal import PtyTerminal

HOUR = 3600.0
HOSTILE = "safe\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202etext [bold red]markup[/]"


def live_state(shift: float = 0.0) -> ArenaState:
    """Two traders with a day of history; `shift` moves the second one's equity."""
    now = time.time()
    inception = now - 30 * HOUR
    rows = []
    for trader, slope in (("gpt-5", 50.0), ("qwen3-max", 20.0)):
        rows += [
            wire_row(trader, 10_000 + slope * hour, at=inception + hour * HOUR + 3500, inception=inception)
            for hour in range(29)
        ]
    positions = [wire_position("ETH", 2.0, mark=4_000 + shift / 100)]
    rows.append(wire_row("gpt-5", 11_500.0, at=now, inception=inception))
    rows.append(wire_row("qwen3-max", 10_600.0 + shift, at=now, inception=inception, positions=positions))
    return ArenaState(
        rows=rows,
        trades=[wire_trade("qwen3-max", "ETH", 42.5, exit_at=now - 600, number=1)],
        conversations=[wire_decision("qwen3-max", HOSTILE, at=now - 30)],
        prices={"BTC": 114_000.5 + shift, "ETH": 4_000.25},
    )


@pytest.fixture
def arena(home: dict[str, str]) -> Iterator[ArenaServer]:
    home["NOF1_POLL_ACCOUNTS_S"] = home["NOF1_POLL_PRICES_S"] = home["NOF1_POLL_TRADES_S"] = "1"
    with ArenaServer(live_state()) as served:
        home["NOF1_API_URL"] = served.url
        yield served


@pytest.fixture
def monitor(home: dict[str, str], arena: ArenaServer) -> Iterator[PtyTerminal]:
    terminal = PtyTerminal(PROGRAM, env=home)
    yield terminal
    terminal.close()


def line_of(terminal: PtyTerminal, text: str) -> int:
    return next(i for i, line in enumerate(terminal.screen.display) if text in line)


def test_figures_change_the_highlight_stays_on_its_trader_and_enter_opens_and_closes(
    monitor: PtyTerminal, arena: ArenaServer
) -> None:
    monitor.wait_for("$11,500.00")
    monitor.wait_for("LIVE")
    assert line_of(monitor, "GPT 5") < line_of(monitor, "Qwen3 Max")
    monitor.send("j")
    arena.state = live_state(shift=2_000.0)
    monitor.wait_for("$12,600.00")
    monitor.wait(lambda: line_of(monitor, "Qwen3 Max") < line_of(monitor, "GPT 5"), "the change of ranks")
    monitor.send("\r")
    monitor.wait_for("ETH")
    monitor.wait_for("Alibaba")
    monitor.send("\x1b")
    monitor.wait_for("$11,500.00")


def test_a_server_that_stops_and_comes_back_is_shown_as_down_and_recovers(
    monitor: PtyTerminal, arena: ArenaServer
) -> None:
    monitor.wait_for("LIVE")
    arena.stop()
    monitor.wait_for("DOWN")
    assert "$11,500.00" in monitor.text
    arena.start()
    monitor.wait_for("LIVE", timeout_s=40)


def test_hostile_chat_reaches_the_terminal_without_control_characters(
    monitor: PtyTerminal, arena: ArenaServer
) -> None:
    monitor.wait_for("$11,500.00")
    monitor.send("j\r")
    monitor.wait_for("Alibaba")
    monitor.send("\t")
    for _ in range(4):
        if "safe" in monitor.text:
            break
        monitor.send("v")
        monitor.pump(0.5)
    monitor.wait_for("safetext")
    assert "[bold red]markup[/]" in monitor.text
    assert b"ZXZpbA" not in monitor.output
    assert "\u202e".encode() not in monitor.output


@pytest.mark.parametrize(("ending", "name"), [("q", "key"), ("\x03", "ctrl+c")])
def test_quitting_by_key_leaves_the_terminal_clean(monitor: PtyTerminal, ending: str, name: str) -> None:
    monitor.wait_for("$11,500.00")
    monitor.send(ending)
    assert monitor.wait_exit(3.0) == 0
    tail = bytes(monitor.output)
    assert tail.rfind(b"\x1b[?1049l") > tail.rfind(b"\x1b[?1049h")
    assert b"\x1b[?25h" in tail[tail.rfind(b"\x1b[?1049l") - 200 :]
    assert b"Traceback" not in tail


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_monitor_within_two_seconds(monitor: PtyTerminal, ending: signal.Signals) -> None:
    monitor.wait_for("$11,500.00")
    monitor.process.send_signal(ending)
    asked = time.monotonic()
    monitor.wait_exit(4.0)
    assert time.monotonic() - asked < 2.0
    assert b"Traceback" not in monitor.output


def test_a_closed_terminal_ends_the_monitor(monitor: PtyTerminal) -> None:
    monitor.wait_for("$11,500.00")
    monitor.hang_up()
    monitor.process.wait(timeout=3.0)


def test_the_demo_shows_a_populated_arena(bare_home: dict[str, str]) -> None:
    terminal = PtyTerminal([*PROGRAM, "demo", "--seed", "7"], env=bare_home)
    try:
        terminal.wait_for("DeepSeek V3.1", timeout_s=30)
        terminal.wait(lambda: bool(re.search(r"\$\d+,\d{3}\.\d\d", terminal.text)), "an equity")
        assert "DEMO" in terminal.text
        terminal.send("q")
        assert terminal.wait_exit(3.0) == 0
    finally:
        terminal.close()
