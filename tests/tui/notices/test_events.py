"""Toasts for new events: few, combined, and none for old events."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.tui.notices.events import MAX_NOTICE_BURST, MIN_NOTICE_PAUSE_S, EventNotices
from nof1tui.tui.style.identities import TraderIdentities
from tests.support.hostile import EVIL, unsafe_characters
from tests.support.scenes import NOW, ROSTER, ScriptedEngine, account, board, make_app, until
from tests.support.textual_internals import notifications

QUIET = replace(board(), events=())


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def event(name: str, kind: str = "lead", minutes: float = 0.0, **fields: object) -> Event:
    other = account("gpt-5") if kind == "lead" else None
    given: dict[str, object] = {"account": account("qwen3-max"), "other": other, **fields}
    return Event(name, NOW - timedelta(minutes=minutes), kind, **given)  # type: ignore[arg-type]


def with_events(*events: Event) -> Board:
    return replace(QUIET, events=events)


def after_first_board() -> tuple[EventNotices, Monotonic, TraderIdentities]:
    """Notices after a first board without events."""
    monotonic, identities = Monotonic(), TraderIdentities(ROSTER)
    notices = EventNotices(monotonic)
    assert notices.next_notice(QUIET, NOW, identities) == ""
    return notices, monotonic, identities


def test_a_new_lead_a_closed_trade_and_a_flip_are_one_notice() -> None:
    notices, _, identities = after_first_board()
    closed = event("b", "closed", coin="ETH", side="long", quantity=2.0, price=4_100.0, net_usd=185.86)
    now = with_events(event("a"), closed, event("c", "flipped", coin="SOL", side="short"))
    notice = notices.next_notice(now, NOW, identities)
    assert "Qwen3 Max takes the lead from GPT 5" in notice
    assert "closed LONG 2 ETH @ 4,100.00  +$185.86" in notice
    assert "flipped SHORT" in notice
    assert notices.next_notice(now, NOW, identities) == ""


def test_events_of_the_first_board_give_no_notice() -> None:
    assert EventNotices(Monotonic()).next_notice(with_events(event("a")), NOW, TraderIdentities(ROSTER)) == ""


def test_events_soon_after_a_notice_are_combined_in_the_next_one() -> None:
    notices, monotonic, identities = after_first_board()
    assert notices.next_notice(with_events(event("a")), NOW, identities)
    assert notices.next_notice(with_events(event("b"), event("a")), NOW, identities) == ""
    monotonic.now += MIN_NOTICE_PAUSE_S
    five = [event(str(number)) for number in range(4)]
    notice = notices.next_notice(with_events(*five, event("b"), event("a")), NOW, identities)
    assert len(notice.splitlines()) == 4
    assert notice.endswith("… 2 more (7)")


def test_many_events_old_events_and_small_ones_give_no_notice() -> None:
    notices, _, identities = after_first_board()
    flood = (event(str(n)) for n in range(MAX_NOTICE_BURST + 1))
    assert notices.next_notice(with_events(*flood), NOW, identities) == ""
    assert notices.next_notice(with_events(event("old", minutes=11)), NOW, identities) == ""
    assert notices.next_notice(with_events(event("small", "increased", coin="ETH")), NOW, identities) == ""


def test_a_feed_that_fails_gives_a_plain_notice() -> None:
    notices, _, identities = after_first_board()
    notice = notices.next_notice(
        with_events(event("d", "down", account=None, feed="accounts", reason=EVIL)), NOW, identities
    )
    assert notice.startswith("○ down: accounts")
    assert unsafe_characters(notice) == []


async def test_the_monitor_shows_notices_unless_it_is_paused() -> None:
    engine = ScriptedEngine(QUIET)
    app = make_app(engine, toasts=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        engine.publish(with_events(event("a")))
        await until(pilot, lambda: bool(notifications(app)))
        app.clear_notifications()
        app._event_notices = EventNotices(lambda: 1_000.0)
        app._event_notices.next_notice(QUIET, NOW, app.identities)
        await pilot.press("space")
        engine.publish(with_events(event("b"), event("a")))
        await pilot.pause()
        assert not notifications(app)
