"""A simulated arena that lies or lags, over a simulated chain that does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
from nof1tui.sources.simulated.chain.transport import PageOrder, SimulatedChain, SimulatedChainTransport

Json = dict[str, Any]
Clock = Callable[[], datetime]
Lie = Callable[[Json], None]
"""Changes an account row in place."""


def inflated(percent: float) -> Lie:
    """Equity changed by this percentage."""

    def lie(row: Json) -> None:
        row["dollar_equity"] *= 1.0 + percent / 100.0

    return lie


def hidden(coin: str | None = None) -> Lie:
    """A position left out, the largest unless a coin is given; equity is unchanged."""

    def lie(row: Json) -> None:
        name = coin or _largest(row)
        row["positions"].pop(name, None)

    return lie


def resized(factor: float, coin: str | None = None) -> Lie:
    """A position (the largest unless a coin is given) with its quantity multiplied; -1 flips it."""

    def lie(row: Json) -> None:
        position = row["positions"].get(coin or _largest(row))
        if position:
            position["quantity"] *= factor

    return lie


def invented(coin: str, quantity: float, price: float) -> Lie:
    """A position that does not exist."""

    def lie(row: Json) -> None:
        row["positions"][coin] = {
            "symbol": coin, "quantity": quantity, "entry_price": price, "current_price": price,
            "entry_time": row["timestamp"], "leverage": 10, "margin": abs(quantity) * price / 10,
            "liquidation_price": 0, "unrealized_pnl": 0, "closed_pnl": 0, "commission": 0, "risk_usd": 0,
            "confidence": 0.5, "exit_plan": "N/A", "entry_oid": 1, "oid": 1, "tp_oid": -1, "sl_oid": -1,
            "index_col": None, "slippage": 0, "wait_for_fill": False,
        }  # fmt: skip

    return lie


def _largest(row: Json) -> str:
    positions = row["positions"].values()
    return str(
        max(positions, key=lambda p: abs(p["quantity"] * p["current_price"]), default={"symbol": ""})[
            "symbol"
        ]
    )


class LyingTransport(httpx.AsyncBaseTransport):
    """Passes the arena's answers on, with rows changed by the lies that were added."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._lies: list[tuple[str, float, Lie]] = []

    def add_lie(self, trader: str, lie: Lie, since: datetime) -> None:
        self._lies.append((trader, since.timestamp(), lie))

    def be_honest(self) -> None:
        self._lies.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._lies or not request.url.path.endswith("account-totals"):
            return await self._inner.handle_async_request(request)
        request.headers.pop("If-None-Match", None)
        answer = await self._inner.handle_async_request(request)
        body = json.loads(await answer.aread())
        for row in body["accountTotals"]:
            for trader, since, lie in self._lies:
                if row["model_id"] == trader and row["timestamp"] >= since:
                    lie(row)
        return httpx.Response(answer.status_code, json=body, request=request)


@dataclass(frozen=True)
class World:
    """The arena and the chain of one season."""

    arena: LyingTransport
    chain: SimulatedChainTransport
    wallets: dict[str, str]
    traders_toml: str


def world(
    clock: Clock,
    *,
    start: datetime,
    history: timedelta = timedelta(hours=6),
    traders: int = 7,
    seed: int = 7,
    arena_behind: timedelta = timedelta(),
    chain_behind: timedelta = timedelta(),
    pages: PageOrder = "oldest",
) -> World:
    """Arena and chain over two equal seasons, so that each can lag behind the clock on its own."""

    def season() -> SimulatedArena:
        return SimulatedArena(seed=seed, traders=traders, start=start, history=history)

    chain = SimulatedChain(season(), pages=pages)
    return World(
        LyingTransport(SimulatedArenaTransport(season(), lambda: clock() - arena_behind)),
        SimulatedChainTransport(chain, lambda: clock() - chain_behind),
        dict(chain.wallets),
        chain.traders_toml(),
    )


def rows_of(body: Json) -> dict[str, Json]:
    """Each trader's newest row."""
    return {row["model_id"]: row for row in body["accountTotals"]}


LIES: Sequence[tuple[str, Lie]] = (
    ("equity 5 % too high", inflated(5.0)),
    ("equity 5 % too low", inflated(-5.0)),
    ("the largest position hidden", hidden()),
    ("the largest position halved", resized(0.5)),
    ("the largest position turned round", resized(-1.0)),
    ("a position invented", invented("HYPE", 10.0, 40.0)),
)
