"""The simulated chain has the figures of the simulated arena at every moment, and counts weights."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from nof1tui.domain.roster import parse_roster
from nof1tui.sources.simulated.arena.strategies import BENCHMARK_TRADER
from nof1tui.sources.simulated.chain.transport import SimulatedChain, SimulatedChainTransport
from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet
from tests.support.simulated_season import START, Json, ask, make, newest

LATER = START + timedelta(hours=3, seconds=71)


class Clock:
    """A clock that is set by the test."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def query(chain: SimulatedChain, kind: str, user: str, now: datetime = START, **rest: object) -> Any:
    for _ in chain.slices(now):
        pass
    return json.loads(json.dumps(chain.answer({"type": kind, "user": user, **rest}, now)))


def client(chain: SimulatedChain, clock: Clock) -> tuple[httpx.AsyncClient, SimulatedChainTransport]:
    transport = SimulatedChainTransport(chain, clock)
    return httpx.AsyncClient(transport=transport, base_url="https://chain.example"), transport


def equity_at_mids(row: Json, prices: Json) -> float:
    """A row's equity at the prices of this very moment; rows are marked up to ten seconds earlier."""
    moved = sum(
        held["quantity"] * (float(prices[coin]) - held["current_price"])
        for coin, held in row["positions"].items()
    )
    return float(row["dollar_equity"] + moved)


class TestConsistency:
    def test_equity_and_positions_are_those_of_the_arenas_rows_at_every_moment(self) -> None:
        arena = make(traders=9)
        chain = SimulatedChain(arena)
        now = START
        while now < LATER:
            rows, mids = newest(arena, now), query(chain, "allMids", "", now)
            for name, address in chain.wallets.items():
                state = query(chain, "clearinghouseState", address, now)
                held = {item["position"]["coin"]: item["position"] for item in state["assetPositions"]}
                row = rows[name]
                assert {c: float(p["szi"]) for c, p in held.items()} == {
                    c: p["quantity"] for c, p in row["positions"].items()
                }
                value = float(state["marginSummary"]["accountValue"])
                assert value == pytest.approx(equity_at_mids(row, mids), abs=1e-3)
            now += timedelta(seconds=517)

    def test_every_trade_of_the_arena_is_on_the_chain_with_its_fees_and_its_result(self) -> None:
        arena = make()
        chain = SimulatedChain(arena)
        trades = ask(arena, "trades", LATER)["trades"]
        by_trader: dict[str, list[Json]] = {}
        for trade in trades:
            by_trader.setdefault(trade["model_id"], []).append(trade)
        assert len(by_trader) == 6
        for name, closed in by_trader.items():
            fills = query(chain, "userFillsByTime", chain.wallets[name], LATER, startTime=0)
            by_order = {fill["oid"]: fill for fill in fills}
            for trade in closed:
                last = by_order[trade["exit_oid"]]
                assert abs(float(last["sz"])) == trade["exit_sz"]
                assert float(last["fee"]) == trade["exit_commission_dollars"]
                assert float(last["closedPnl"]) == pytest.approx(trade["realized_gross_pnl"], abs=2e-6)
                assert by_order[trade["entry_oid"]]["coin"] == last["coin"] == trade["symbol"]
                assert 0 <= last["time"] / 1000 - trade["exit_time"] <= 600

    def test_account_value_is_exactly_what_was_paid_in_and_what_fills_and_prices_made_of_it(self) -> None:
        chain = SimulatedChain(make(traders=9))
        for address in chain.wallets.values():
            state = query(chain, "clearinghouseState", address, LATER)
            fills = query(chain, "userFillsByTime", address, LATER, startTime=0)
            unrealised = sum(Decimal(i["position"]["unrealizedPnl"]) for i in state["assetPositions"])
            closed = sum(Decimal(fill["closedPnl"]) - Decimal(fill["fee"]) for fill in fills)
            assert Decimal(state["marginSummary"]["accountValue"]) == 10_000 + closed + unrealised

    def test_each_fill_begins_where_the_one_before_ended(self) -> None:
        chain = SimulatedChain(make())
        for address in chain.wallets.values():
            held: dict[str, Decimal] = {}
            for fill in query(chain, "userFillsByTime", address, LATER, startTime=0):
                assert Decimal(fill["startPosition"]) == held.get(fill["coin"], 0)
                sign = 1 if fill["side"] == "B" else -1
                held[fill["coin"]] = Decimal(fill["startPosition"]) + sign * Decimal(fill["sz"])
            state = query(chain, "clearinghouseState", address, LATER)
            open_now = {i["position"]["coin"]: Decimal(i["position"]["szi"]) for i in state["assetPositions"]}
            assert {coin: size for coin, size in held.items() if size} == open_now

    def test_a_liquidation_is_marked(self) -> None:
        chain = SimulatedChain(make(seed=11, history=timedelta(days=10)))
        fills = query(chain, "userFillsByTime", chain.wallets["qwen3-max"], startTime=0)
        taken = [fill for fill in fills if "liquidation" in fill]
        assert taken
        assert all(fill["dir"] in ("Close Long", "Close Short") for fill in taken)
        assert all(Decimal(fill["closedPnl"]) < 0 for fill in taken)

    def test_targets_and_stops_of_the_arena_are_reduce_only_triggers(self) -> None:
        arena = make()
        chain, found = SimulatedChain(arena), 0
        for name, row in newest(arena).items():
            orders = {o["oid"]: o for o in query(chain, "frontendOpenOrders", chain.wallets[name])}
            for held in row["positions"].values():
                for oid, price in (("tp_oid", "profit_target"), ("sl_oid", "stop_loss")):
                    if held[oid] == -1:
                        continue
                    order = orders.pop(held[oid])
                    found += 1
                    assert float(order["triggerPx"]) == held["exit_plan"][price]
                    assert float(order["sz"]) == abs(held["quantity"])
                    assert (order["reduceOnly"], order["isTrigger"]) == (True, True)
                    above = order["triggerCondition"].startswith("Price above")
                    assert above == (float(order["triggerPx"]) > held["entry_price"]) or price == "stop_loss"
            assert orders == {}
        assert found > 4

    def test_the_curve_of_a_portfolio_is_that_of_the_arenas_hours(self) -> None:
        arena = make()
        chain = SimulatedChain(arena)
        periods = dict(query(chain, "portfolio", chain.wallets["gpt-5"]))
        names = ["day", "week", "month", "allTime"]
        assert list(periods) == [*names, "perpDay", "perpWeek", "perpMonth", "perpAllTime"]
        rows = [row for row in ask(arena, "account-totals")["accountTotals"] if row["model_id"] == "gpt-5"]
        hours = {round(row["timestamp"]): row["dollar_equity"] for row in rows[:-1]}
        curve = periods["allTime"]["accountValueHistory"]
        assert curve[0][1] == "10000.0"
        assert {round(at / 1000) for at, _ in curve[1:-1]} <= set(hours)
        assert len(curve) == len(hours) + 2
        for at, value in curve[1:-1]:
            assert float(value) == pytest.approx(hours[round(at / 1000)], abs=1e-6)
        gains = periods["allTime"]["pnlHistory"]
        assert [Decimal(v) - Decimal(g) for (_, v), (_, g) in zip(curve, gains, strict=True)] == [
            10_000
        ] * len(curve)

    def test_the_chain_must_be_created_before_the_season(self) -> None:
        arena = make()
        newest(arena)
        with pytest.raises(ValueError, match="before the arena's first step"):
            SimulatedChain(arena)

    def test_the_chain_does_not_change_the_arenas_answers(self) -> None:
        alone, watched = make(), make()
        chain = SimulatedChain(watched)
        query(chain, "userFillsByTime", chain.wallets["gpt-5"], START, startTime=0)
        assert alone.answer("trades", LATER).body == watched.answer("trades", LATER).body

    def test_wallets_stay_the_same_and_can_be_watched_by_the_config_file(self) -> None:
        first, second = SimulatedChain(make()), SimulatedChain(make())
        assert first.wallets == second.wallets
        assert first.wallets != SimulatedChain(make(seed=8)).wallets
        traders = parse_roster(first.traders_toml()).traders
        assert {trader.id: trader.wallet for trader in traders} == first.wallets
        assert BENCHMARK_TRADER in first.wallets


class TestEndpoint:
    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"{}", b'{"type":"nonsense"}', b'{"type":"clearinghouseState"}',
         b'{"type":"clearinghouseState","user":"0x12"}', b'{"type":"allMids","dex":7}',
         b'{"type":"userFillsByTime","user":"0x' + b"0" * 40 + b'"}',
         b'{"type":"userFillsByTime","user":"0x' + b"0" * 40 + b'","startTime":"1"}'],
    )  # fmt: skip
    async def test_an_invalid_request_is_answered_422_in_plain_text(self, body: bytes) -> None:
        http, transport = client(SimulatedChain(), Clock())
        async with http:
            answer = await http.post("/info", content=body)
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("text/plain")
        assert transport.meter.spent(0) == 0

    @pytest.mark.parametrize(
        ("method", "path", "status"), [("GET", "/info", 405), ("POST", "/exchange", 404)]
    )
    async def test_other_methods_and_paths_are_refused(self, method: str, path: str, status: int) -> None:
        http, _ = client(SimulatedChain(), Clock())
        async with http:
            assert (await http.request(method, path)).status_code == status

    async def test_an_unknown_wallet_is_empty(self) -> None:
        http, _ = client(SimulatedChain(), Clock())
        async with http:
            user = {"user": "0x" + "0" * 40}
            state = (await http.post("/info", json={"type": "clearinghouseState", **user})).json()
            role = (await http.post("/info", json={"type": "userRole", **user})).json()
        assert (state["marginSummary"]["accountValue"], state["assetPositions"]) == ("0.0", [])
        assert role == {"role": "missing"}

    async def test_weights_are_counted_as_the_contract_says(self) -> None:
        http, transport = client(SimulatedChain(make()), Clock())
        address = SimulatedChain(make()).wallets["gemini-2.5-pro"]
        async with http:
            sizes = {}
            for kind in ("allMids", "clearinghouseState", "userFillsByTime", "portfolio",
                         "frontendOpenOrders", "userFunding", "userRateLimit", "userRole"):  # fmt: skip
                answer = await http.post("/info", json={"type": kind, "user": address, "startTime": 0})
                sizes[kind] = len(answer.json())
        assert sizes["userFillsByTime"] > 20
        assert transport.meter.weight_by_kind == {
            "allMids": 2, "clearinghouseState": 2, "userFillsByTime": 20 + sizes["userFillsByTime"] // 20,
            "portfolio": 20, "frontendOpenOrders": 20, "userFunding": 20, "userRateLimit": 20, "userRole": 60,
        }  # fmt: skip

    async def test_a_weight_above_1200_a_minute_is_refused_until_the_minute_is_over(self) -> None:
        clock = Clock()
        http, transport = client(SimulatedChain(), clock)
        question = {"type": "userRole", "user": "0x" + "0" * 40}
        async with http:
            answers = [(await http.post("/info", json=question)).status_code for _ in range(21)]
            assert answers == [200] * 20 + [429]
            clock.now += timedelta(seconds=59.9)
            assert (await http.post("/info", json={"type": "allMids"})).status_code == 429
            clock.now += timedelta(seconds=0.1)
            assert (await http.post("/info", json={"type": "allMids"})).status_code == 200
        assert (transport.meter.peak_per_minute, transport.meter.refused_count) == (1_200, 2)


class TestPages:
    @pytest.fixture(scope="class")
    def busy(self) -> ScriptedWallet:
        """One fill a second, 10,050 of them."""
        wallet = ScriptedWallet("busy")
        begin = datetime(2025, 10, 1, tzinfo=UTC)
        wallet.deposit(1_000_000, begin)
        for second in range(10_050):
            wallet.trade("ETH", 1 if second % 2 else -1, 4_000, begin + timedelta(seconds=second))
        return wallet

    def test_a_page_has_two_thousand_fills_of_the_newest_ten_thousand(self, busy: ScriptedWallet) -> None:
        chain = ScriptedChain([busy])
        times: list[int] = []
        since = 0
        while page := query(chain, "userFillsByTime", busy.address, startTime=since):
            assert len(page) <= 2_000
            times += [fill["time"] for fill in page]
            since = times[-1] + 1
        assert times == sorted(times)
        assert len(times) == 10_000

    def test_pages_can_begin_with_the_newest(self, busy: ScriptedWallet) -> None:
        chain = ScriptedChain([busy], pages="newest")
        page = query(chain, "userFillsByTime", busy.address, startTime=0)
        older = query(chain, "userFillsByTime", busy.address, startTime=0, endTime=page[-1]["time"] - 1)
        times = [fill["time"] for fill in page + older]
        assert times == sorted(times, reverse=True)
        assert len(times) == len(set(times)) == 4_000
        assert times[0] == int(datetime(2025, 10, 1, 2, 47, 29, tzinfo=UTC).timestamp() * 1000)
