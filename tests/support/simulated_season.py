"""A simulated season and requests to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from nof1tui.sources.simulated.arena.api import SimulatedArena

START = datetime(2025, 10, 28, 7, 0, 12, 345_678, tzinfo=UTC)
HISTORY = timedelta(hours=30)
ENVELOPES = {
    "account-totals": {"accountTotals", "lastHourlyMarkerRead", "serverTime"},
    "trades": {"trades", "serverTime"},
    "conversations": {"conversations"},
    "leaderboard": {"leaderboard"},
    "analytics": {"analytics", "serverTime"},
    "analytics/gpt-5": {"analytics"},
    "crypto-prices": {"prices", "serverTime"},
    "since-inception-values": {"sinceInceptionValues", "serverTime"},
    "positions": {"message", "positions", "serverTime"},
}
Json = dict[str, Any]


def make(seed: int = 7, traders: int = 7, history: timedelta = HISTORY) -> SimulatedArena:
    return SimulatedArena(seed=seed, traders=traders, start=START, history=history)


def ask(arena: SimulatedArena, endpoint: str, now: datetime = START, marker: int | None = None) -> Json:
    body: Json = json.loads(arena.answer(endpoint, now, marker=marker).body)
    return body


@cache
def ten_days() -> SimulatedArena:
    """A shared season of ten days at `START`; tests must not advance it."""
    return make(history=timedelta(days=10))


def newest(arena: SimulatedArena, now: datetime = START) -> dict[str, Json]:
    return {row["model_id"]: row for row in ask(arena, "account-totals", now)["accountTotals"]}


def talks(arena: SimulatedArena, now: datetime = START) -> list[Json]:
    conversations: list[Json] = ask(arena, "conversations", now)["conversations"]
    return conversations


def answered(talk: Json) -> Json:
    answer: Json = talk["llm_response"]
    return {} if "failed_json_response_raw_text" in answer else answer
