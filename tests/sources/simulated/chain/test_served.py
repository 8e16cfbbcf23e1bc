"""The chain over HTTP, as people and whole programs ask it."""

from __future__ import annotations

import httpx
import pytest

from nof1tui.sources.simulated.chain.transport import SimulatedChain
from tests.support.arena_server import ArenaServer
from tests.support.chain_server import ChainState
from tests.support.simulated_season import START, make


def test_arena_and_chain_answer_at_one_address_and_agree() -> None:
    arena = make()
    chain = SimulatedChain(arena)
    state = ChainState(chain, arena, lambda: START)
    with ArenaServer(state) as served, httpx.Client(base_url=f"http://127.0.0.1:{served.port}") as http:
        rows = http.get("/api/account-totals").json()["accountTotals"]
        equity = next(row["dollar_equity"] for row in reversed(rows) if row["model_id"] == "gpt-5")
        question = {"type": "clearinghouseState", "user": chain.wallets["gpt-5"]}
        account = http.post("/info", json=question).json()
        assert float(account["marginSummary"]["accountValue"]) == pytest.approx(equity, rel=0.01)
        assert http.post("/info", content=b"{").status_code == 422
        assert http.post("/exchange", content=b"{}").status_code == 404
        state.limited = True
        refused = http.post("/info", json=question)
    assert (refused.status_code, refused.text) == (429, "Too Many Requests")
    assert (state.meter.weight_by_kind, state.meter.refused_count) == ({"clearinghouseState": 2}, 1)
