"""Alerts on the screen: one toast each, and terminal notifications."""

from __future__ import annotations

import os
import pty
from datetime import timedelta

import pytest
from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_events
from nof1tui.domain.events.event import Event
from nof1tui.tui.notices.alerts import AlertNotices, TerminalAlertChannels
from nof1tui.tui.terminal.notifications import notification_sequence
from tests.support.scenes import NOW, ScriptedEngine, account, board, make_app, until
from tests.support.terminal_program import SIZE, read_until, resize, start
from tests.support.textual_internals import notifications

HOSTILE = "deep: GPT\x1b]52;c;aGk=\x07 5\x07; fell\n\x1b\\ [bold]now"


def alert(number: int = 1, rule: str = "r1", reason: str = "deep: GPT 5: -20.31% < -20.00%") -> Event:
    at = NOW + timedelta(seconds=number)
    return Event(f"alert:{rule}:{number}", at, "alert", account("gpt-5"), reason=reason)


def with_alerts(*alerts: Event) -> Board:
    return with_events(board(), alerts)


@pytest.mark.parametrize(
    ("channel", "sent"),
    [
        ("bell", "\x07"),
        ("osc9", "\x1b]9;deep: GPT 5; fell [bold]now\x07"),
        ("osc777", "\x1b]777;notify;nof1-tui;deep: GPT 5, fell [bold]now\x07"),
        ("toast", ""),
        ("webhook", ""),
    ],
)
def test_any_text_is_sent_in_one_terminal_sequence(channel: object, sent: str) -> None:
    assert notification_sequence(channel, HOSTILE) == sent  # type: ignore[arg-type]


def test_inside_tmux_a_notification_is_wrapped() -> None:
    assert notification_sequence("osc9", "deep", in_tmux=True) == "\x1bPtmux;\x1b\x1b]9;deep\x07\x1b\\"
    assert notification_sequence("bell", "deep", in_tmux=True) == "\x07"


def test_an_alert_is_notified_once_and_none_from_before_the_start() -> None:
    notices = AlertNotices(TerminalAlertChannels(), NOW)
    old = alert(-60)
    assert notices.new_alerts(with_alerts(old)) == []
    assert notices.new_alerts(with_alerts(old, alert(1), alert(2))) == [alert(1), alert(2)]
    assert notices.new_alerts(with_alerts(alert(1), alert(2), alert(3))) == [alert(3)]
    assert notices.new_alerts(board()) == []
    assert notices.new_alerts(with_alerts(alert(1))) == []


def test_a_rule_has_its_own_channels_or_those_of_the_settings() -> None:
    notices = AlertNotices(
        TerminalAlertChannels({"r1": ("toast",), "r2": ("osc9", "webhook")}, ("toast", "bell")), NOW
    )
    one, two, foreign = alert(1), alert(2, "r2", "two"), alert(3, "elsewhere", "three")
    assert (notices.toast_text([one]), notices.terminal_sequences([one])) == (one.reason, "")
    assert (notices.toast_text([two]), notices.terminal_sequences([two])) == ("", "\x1b]9;two\x07")
    assert (notices.toast_text([foreign]), notices.terminal_sequences([foreign])) == ("three", "\x07")
    assert notices.terminal_sequences([one, two, foreign, alert(4, "r2", "four")]) == "\x07\x1b]9;four\x07"


def test_many_alerts_at_once_are_one_toast() -> None:
    toast = AlertNotices(TerminalAlertChannels(), NOW).toast_text(
        [alert(n, reason=f"rule {n}") for n in range(9)]
    )
    assert toast.splitlines() == ["rule 0", "rule 1", "rule 2", "… 6 more (7)"]


async def test_the_screen_shows_a_toast_and_the_event() -> None:
    engine = ScriptedEngine(board())
    app = make_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        engine.publish(with_alerts(alert(reason=HOSTILE)))
        await until(pilot, lambda: bool(notifications(app)))
        (toast,) = notifications(app)
        assert (toast.message, toast.title) == ("deep: GPT 5; fell [bold]now", "Alert")
        engine.publish(replace(with_alerts(alert(reason=HOSTILE))))
        await pilot.press("7")
        await pilot.pause()
        assert len(notifications(app)) == 1


async def test_an_alert_is_notified_while_the_screen_is_paused() -> None:
    engine = ScriptedEngine(board())
    app = make_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("space")
        engine.publish(with_alerts(alert()))
        await until(pilot, lambda: len(notifications(app)) == 1)


PROGRAM = """
from datetime import timedelta
from tests.support.scenes import NOW, ScriptedEngine, account, board, make_app
from nof1tui.domain.board_updates import with_events
from nof1tui.domain.events.event import Event
from nof1tui.tui.notices.alerts import TerminalAlertChannels
event = Event("alert:r:1", NOW + timedelta(seconds=1), "alert", account("gpt-5"), reason="deep; \\x1b[2Jdown")
channels = TerminalAlertChannels({"r": ("bell", "osc9", "osc777")})
make_app(ScriptedEngine(with_events(board(), [event])), alert_channels=channels).run()
"""


def test_a_real_terminal_is_sent_bell_and_notifications_through_the_apps_own_driver() -> None:
    master, slave = pty.openpty()
    resize(master, *SIZE)
    program = start(PROGRAM, slave)
    end = b"\x1b]777;notify;nof1-tui;deep, down\x07"
    seen = read_until(master, end)
    assert b"\x07\x1b]9;deep; down\x07" + end in seen
    program.terminate()
    read_until(master, b"\x1b[?1004l")
    assert program.wait(timeout=5) == 0
    os.close(master)
    os.close(slave)
