"""Lines of a list: names and amounts are complete at every width, other parts are dropped first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1tui.domain.events.event import Event, trade_event
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster, TraderInfo
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.text.entries import EntryContext, event_entry
from tests.support.scenes import NOW, ROSTER, account, board, events, trade

LINEUP = TraderIdentities(ROSTER)
MANNER = EntryContext.of(board(), LINEUP)
OPENED, FLIPPED, LED = events()
CLOSED = trade_event(trade("claude-sonnet-4-5", 1, "XRP", -1_122.64))


def line(event: Event, width: int, manner: EntryContext = MANNER) -> str:
    return event_entry(event, manner).content(width).plain.rstrip()


@pytest.mark.parametrize(
    ("event", "width", "expected"),
    [
        (OPENED, 80, "07:03  ▌Qwen3      opened SHORT 0.18 BTC @ 112,800.0 · 20x"),
        (OPENED, 53, "07:03  ▌Qwen3      opened SHORT 0.18 BTC @ 112,800.0"),
        (OPENED, 46, "07:03  ▌Qwen3      opened SHORT 0.18 BTC"),
        (OPENED, 36, "07:03  ▌Qwen3      opened SHORT BTC"),
        (FLIPPED, 46, "06:42  ▌Gemini     flipped SHORT 40 SOL"),
        (LED, 46, "06:12  ▌DeepSeek   ▲ takes the lead from Qwen3"),
        (LED, 40, "06:12  ▌DeepSeek   ▲ takes the lead"),
        (CLOSED, 80, "00:57  ▌Claude     closed LONG 1,560 XRP @ 2.5901  -$1,122.64"),
        (CLOSED, 54, "00:57  ▌Claude     closed LONG 1,560 XRP  -$1,122.64"),
        (CLOSED, 46, "00:57  ▌Claude     closed LONG XRP  -$1,122.64"),
    ],
)
def test_leverage_price_and_size_are_dropped_before_a_name_or_an_amount_is_cut(
    event: Event, width: int, expected: str
) -> None:
    assert line(event, width) == expected


def test_an_entry_of_an_earlier_day_has_its_date() -> None:
    yesterday = Event("x", NOW - timedelta(hours=9), "joined", account("gpt-5"))
    assert line(yesterday, 60).startswith("27 Oct ▌GPT 5")


def test_all_names_have_the_width_of_the_longest() -> None:
    names = ("Claude Sonnet 4.5", "Claude Opus 4.1", "Grok 4")
    roster = Roster(traders=tuple(TraderInfo(name, name) for name in names))
    manner = EntryContext(TraderIdentities(roster), name_width=13)
    made = [line(Event("x", NOW, "joined", account(name)), 60, manner) for name in names]
    assert made == [
        "07:04  ▌Claude Sonnet new trader",
        "07:04  ▌Claude Opus   new trader",
        "07:04  ▌Grok 4        new trader",
    ]


def test_a_long_reason_may_wrap() -> None:
    event = Event("x", NOW, "down", None, feed=Feed.ACCOUNTS, reason="429 Too Many Requests: a pause")
    entry = event_entry(event, MANNER)
    assert entry.content(60).plain.rstrip() == "07:04  ▌feed       ○ down accounts"
    assert entry.body == "429 Too Many Requests: a pause"
