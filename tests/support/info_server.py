"""A scripted info endpoint: answers by type and wallet, pages of any length, weights by the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

START = datetime(2026, 2, 3, 12, tzinfo=UTC)
LISTS = ("userFillsByTime", "userFunding")


class FakeTime:
    """A clock that advances by sleeping."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.passed_s += max(seconds, 0.001)


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@dataclass
class InfoServer:
    """An httpx transport: `answers[type](request)`, or a Response unchanged."""

    time: FakeTime
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    page: int = 2_000
    newest_first: bool = False
    asked: list[tuple[float, str, str, int]] = field(default_factory=list)
    """Time, type, wallet and weight of each request."""

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://chain.invalid", transport=httpx.MockTransport(self.respond))

    def heaviest_minute(self) -> int:
        """The most that was spent in any sixty seconds."""
        heaviest = 0
        for at, *_ in self.asked:
            heaviest = max(heaviest, sum(item[3] for item in self.asked if at <= item[0] < at + 60))
        return heaviest

    def count(self, kind: str, wallet: str | None = None) -> int:
        return sum(1 for _, name, owner, _ in self.asked if name == kind and wallet in (None, owner))

    def respond(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/info")
        question = json.loads(request.content)
        kind = question["type"]
        answer = self.answers[kind](question) if kind in self.answers else []
        if kind in LISTS and isinstance(answer, list):
            answer = self._paged(answer, question)
        weight = {"clearinghouseState": 2, "allMids": 2, "userRole": 60}.get(kind, 20)
        if kind in LISTS and isinstance(answer, list):
            weight += -(-len(answer) // 20)
        self.asked.append((self.time.passed_s, kind, question.get("user", ""), weight))
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer)

    def _paged(self, items: list[dict[str, Any]], question: dict[str, Any]) -> list[dict[str, Any]]:
        until = question.get("endTime", float("inf"))
        fitting = [item for item in items if question["startTime"] <= item["time"] <= until]
        fitting.sort(key=lambda item: item["time"], reverse=self.newest_first)
        return fitting[: self.page]


def state(value: str, *positions: dict[str, Any], at: datetime | None = None, **more: Any) -> dict[str, Any]:
    summary = {"accountValue": value, "totalMarginUsed": "0.0", "totalNtlPos": "0.0", "totalRawUsd": "0.0"}
    body = {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "withdrawable": value,
        "assetPositions": [{"type": "oneWay", "position": position} for position in positions],
        **more,
    }
    return body if at is None else {**body, "time": millis(at)}


def position(
    coin: str, size: str, *, entry: str = "100.0", value: str = "110.0", **more: Any
) -> dict[str, Any]:
    return {
        "coin": coin,
        "szi": size,
        "entryPx": entry,
        "positionValue": value,
        "unrealizedPnl": "10.0",
        "leverage": {"type": "cross", "value": 10},
        "liquidationPx": None,
        "marginUsed": "11.0",
        "returnOnEquity": "0.1",
        **more,
    }


def fill(
    number: int, size: str, start: str, *, at_s: float, coin: str = "BTC", px: str = "100", **more: Any
) -> dict[str, Any]:
    """A negative size sells."""
    return {
        "coin": coin,
        "px": px,
        "sz": size.lstrip("-"),
        "side": "A" if size.startswith("-") else "B",
        "time": millis(START + timedelta(seconds=at_s)),
        "startPosition": start,
        "dir": "",
        "closedPnl": "0.0",
        "hash": f"0x{number:x}",
        "oid": number,
        "crossed": True,
        "fee": "0.01",
        "tid": number,
        "feeToken": "USDC",
        **more,
    }
