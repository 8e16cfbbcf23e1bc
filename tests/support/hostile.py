"""Hostile text, an arena full of it, and the characters that must never reach a terminal."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_failure, build_board
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedFailure, StoreHealth
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    ExitPlan,
    Feed,
    Position,
    Price,
    Signal,
    Trade,
)
from nof1tui.domain.roster import Roster, Season, TraderInfo

FLOOD = "\u0301\u0336" * 40
EVIL = (
    "[bold]B[/] [@click=app.bell]C[/] $error"
    "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[31;5m\x1bc\x9b1mx\x9d0;t\x9c\x1bP1q\x1b\\"
    "\u202etxet\u2066 a\u200bb\ufeff\r\n\ttab\x08\x00\x7f"
    f"e{FLOOD} 👨\u200d👩\u200d👧 東京 🏽 \U000e0041"
)
FRAME_SEQUENCES = re.compile(r"\x1b\[\?(?:2026|25|1049)[hl]|\x1b\[[0-9;]*[mHC]")
"""Sequences that a frame may contain."""
NOW = datetime(2025, 10, 28, 7, 4, tzinfo=UTC)
KEY = AccountKey("s1", EVIL, EVIL)


def unsafe_characters(text: str) -> list[str]:
    """Control and invisible characters in the text."""
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"]


def position() -> Position:
    return Position(
        EVIL,
        2.0,
        entry_price=10.0,
        mark_price=11.0,
        unrealized_usd=2.0,
        leverage=10.0,
        liquidation_price=9.0,
        entry_at=NOW,
        exit_plan=ExitPlan(12.0, 9.5, EVIL),
        risk_usd=1.0,
        confidence=0.5,
        extra=EVIL,
    )


def trade(place: int) -> Trade:
    at = NOW - timedelta(hours=place)
    return Trade(
        f"{EVIL}{place}", KEY, EVIL, at, at, quantity=1.0, side="long", entry_at=at, net_usd=5.0, fees_usd=1.0
    )


def decision() -> Decision:
    signal = Signal(EVIL, "buy_to_enter", 1.0, 2.0, 3.0, 4.0, 5.0, 0.6, EVIL, EVIL)
    return Decision(EVIL, KEY, NOW, NOW, EVIL * 3, (signal,))


def roster() -> Roster:
    season = Season("s1", EVIL, NOW - timedelta(days=3), capital_usd=10_000.0)
    return Roster(seasons=(season,), traders=(TraderInfo(EVIL, EVIL, EVIL, color=EVIL),))


def hostile_board() -> Board:
    made = build_board(
        roster(),
        roster().seasons[0],
        rows=[AccountRow(KEY, NOW, NOW, 10_500.0, positions=(position(),))],
        curves={},
        trades=[trade(place) for place in range(3)],
        decisions=[decision()],
        prices=[Price(EVIL, 11.0, NOW, NOW)],
    )
    made = apply_failure(made, FeedFailure(Feed.ACCOUNTS, NOW, EVIL, 500))
    kinds = ("opened", "closed", "increased", "flipped", "lead", "joined")
    events = tuple(
        Event(f"{EVIL}{kind}", NOW, kind, KEY, EVIL, "long", 1.0, 2.0, 3.0, 4.0, KEY)  # type: ignore[arg-type]
        for kind in kinds
    )
    store = StoreHealth(server=EVIL, pending=3, failure=EVIL, role="follower", collector=EVIL)
    return replace(made, events=events, health=replace(made.health, store=store))
