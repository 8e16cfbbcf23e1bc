"""Toasts for what just happened: few, together, and none of history."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.tui.notices.events import MAX_NOTICE_BURST, MIN_NOTICE_PAUSE_S, EventNotices
from nof1tui.tui.style.identities import TraderIdentities
from tests.support.hostile import EVIL, said_aloud
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


def listening() -> tuple[EventNotices, Monotonic, TraderIdentities]:
    """Somebody who has heard a board without events."""
    monotonic, lineup = Monotonic(), TraderIdentities(ROSTER)
    news = EventNotices(monotonic)
    assert news.next_notice(QUIET, NOW, lineup) == ""
    return news, monotonic, lineup


def test_a_new_lead_a_closed_trade_and_a_flip_are_told_once_and_together() -> None:
    news, _, lineup = listening()
    closed = event("b", "closed", coin="ETH", side="long", quantity=2.0, price=4_100.0, net_usd=185.86)
    now = with_events(event("a"), closed, event("c", "flipped", coin="SOL", side="short"))
    told = news.next_notice(now, NOW, lineup)
    assert "Qwen3 Max takes the lead from GPT 5" in told
    assert "closed LONG 2 ETH @ 4,100.00  +$185.86" in told
    assert "flipped SHORT" in told
    assert news.next_notice(now, NOW, lineup) == ""


def test_what_stands_on_the_first_board_is_no_news() -> None:
    assert EventNotices(Monotonic()).next_notice(with_events(event("a")), NOW, TraderIdentities(ROSTER)) == ""


def test_what_comes_soon_after_waits_and_is_told_with_the_rest() -> None:
    news, monotonic, lineup = listening()
    assert news.next_notice(with_events(event("a")), NOW, lineup)
    assert news.next_notice(with_events(event("b"), event("a")), NOW, lineup) == ""
    monotonic.now += MIN_NOTICE_PAUSE_S
    five = [event(str(number)) for number in range(4)]
    told = news.next_notice(with_events(*five, event("b"), event("a")), NOW, lineup)
    assert len(told.splitlines()) == 4
    assert told.endswith("… 2 more (7)")


def test_a_flood_old_events_and_small_things_are_not_told() -> None:
    news, _, lineup = listening()
    assert (
        news.next_notice(with_events(*(event(str(n)) for n in range(MAX_NOTICE_BURST + 1))), NOW, lineup)
        == ""
    )
    assert news.next_notice(with_events(event("old", minutes=11)), NOW, lineup) == ""
    assert news.next_notice(with_events(event("small", "increased", coin="ETH")), NOW, lineup) == ""


def test_a_feed_that_went_and_came_back_is_told_in_plain_words() -> None:
    news, _, lineup = listening()
    told = news.next_notice(
        with_events(event("d", "down", account=None, feed="accounts", reason=EVIL)), NOW, lineup
    )
    assert told.startswith("○ down: accounts")
    assert said_aloud(told) == []


async def test_the_monitor_shows_it_unless_one_looks_at_the_past_or_has_paused() -> None:
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
