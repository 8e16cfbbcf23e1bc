"""The chain for reconciliation: complete states of wallets or an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.http.client import make_client
from nof1tui.sources.hyperliquid.chain import HyperliquidChain

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WALLET = "0x" + "1" * 40
HELD = {"type": "oneWay", "position": {"coin": "BTC", "szi": "-0.5", "entryPx": "90", "positionValue": "50"}}
FILL = {
    "coin": "BTC", "px": "100", "sz": "0.5", "side": "A", "time": 1_772_452_700_000, "startPosition": "0",
    "dir": "Open Short", "closedPnl": "0", "hash": "0x1", "oid": 1, "crossed": True, "fee": "0.02",
}  # fmt: skip


def chain(state: list[Any], fills: list[Any]) -> HyperliquidChain:
    def answer(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["type"] == "userFillsByTime":
            return httpx.Response(200, json=fills)
        summary = {"accountValue": "1000"}
        return httpx.Response(200, json={"marginSummary": summary, "assetPositions": state})

    client = make_client("https://chain.example", transport=httpx.MockTransport(answer))
    return HyperliquidChain(client, clock=lambda: NOW)


async def test_a_state_has_value_and_positions() -> None:
    witness = chain([HELD], [FILL])
    state = await witness.fetch_state(WALLET)
    assert (state.at, float(state.account_value_usd)) == (NOW, 1_000.0)
    assert [(its.coin, float(its.quantity), float(its.mark)) for its in state.positions] == [
        ("BTC", -0.5, 100.0)
    ]
    assert [float(fill.signed_size) for fill in await witness.fetch_fills(WALLET, NOW)] == [-0.5]
    await witness.aclose()


async def test_an_undecodable_record_makes_the_answer_malformed() -> None:
    """Left out, it would look like a position that the arena has invented."""
    witness = chain([HELD, {"position": {"coin": "ETH", "szi": "many"}}], [FILL, {**FILL, "px": None}])
    with pytest.raises(SourceMalformed, match="a record that cannot be decoded"):
        await witness.fetch_state(WALLET)
    with pytest.raises(SourceMalformed, match="a record that cannot be decoded"):
        await witness.fetch_fills(WALLET, NOW)
    await witness.aclose()
