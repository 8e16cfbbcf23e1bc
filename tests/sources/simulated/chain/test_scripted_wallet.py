"""Scripted wallets: whatever happens to one, its figures on the chain add up to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet

BEGIN = datetime(2025, 10, 20, tzinfo=UTC)
COINS = ("BTC", "ETH", "xyz:NVDA")


def hour(count: int) -> datetime:
    return BEGIN + timedelta(hours=count)


def query(wallet: ScriptedWallet, kind: str, now: datetime, **rest: object) -> Any:
    return ScriptedChain([wallet]).answer({"type": kind, "user": wallet.address, **rest}, now)


steps = st.lists(
    st.tuples(
        st.sampled_from(("trade", "trade", "trade", "fund", "liquidate", "deposit")),
        st.sampled_from(COINS),
        st.integers(-500, 500).filter(bool),
        st.integers(1, 60_000),
        st.integers(-200, 900),
    ),
    min_size=1,
    max_size=25,
)


def play(wallet: ScriptedWallet, script: list[tuple[str, str, int, int, int]]) -> None:
    for number, (act, coin, size, price, cents) in enumerate(script):
        at, usd = hour(number), Decimal(cents) / 100
        match act:
            case "trade":
                wallet.trade(coin, Decimal(size) / 100, Decimal(price) / 10, at, fee=usd)
            case "fund" if wallet.position_size(coin):
                wallet.fund(coin, usd, at)
            case "liquidate" if wallet.position_size(coin):
                wallet.liquidate(coin, Decimal(price) / 10, at)
            case "deposit":
                wallet.deposit(abs(usd) + 1, at, exchange="xyz" if ":" in coin else "")


@settings(max_examples=40, deadline=None)
@given(script=steps, seen=st.integers(0, 24), mark=st.integers(1, 60_000))
def test_account_value_equals_deposits_fills_funding_and_open_pnl_exactly(
    script: list[tuple[str, str, int, int, int]], seen: int, mark: int
) -> None:
    wallet = ScriptedWallet("any")
    play(wallet, script)
    chain, now = ScriptedChain([wallet]), hour(seen)
    for coin in COINS:
        chain.set_price(coin, Decimal(mark) / 10, now)
    user: dict[str, object] = {"user": wallet.address, "startTime": 0}
    fills = chain.answer({"type": "userFillsByTime", **user}, now)
    funding = chain.answer({"type": "userFunding", **user}, now)
    value, unrealised, held = Decimal(0), Decimal(0), dict[str, Decimal]()
    for dex in ("", "xyz"):
        state = chain.answer({"type": "clearinghouseState", "dex": dex, **user}, now)
        value += Decimal(state["marginSummary"]["accountValue"])
        for position in (item["position"] for item in state["assetPositions"]):
            unrealised += Decimal(position["unrealizedPnl"])
            held[position["coin"]] = Decimal(position["szi"])
    deposits = sum(
        abs(Decimal(cents) / 100) + 1
        for number, (act, *_, cents) in enumerate(script)
        if act == "deposit" and number <= seen
    )
    closed = sum(Decimal(fill["closedPnl"]) - Decimal(fill["fee"]) for fill in fills)
    paid = sum(Decimal(payment["delta"]["usdc"]) for payment in funding)
    assert value == deposits + closed + paid + unrealised
    for fill in fills:
        sign = 1 if fill["side"] == "B" else -1
        held[fill["coin"]] = held.get(fill["coin"], Decimal(0)) - sign * Decimal(fill["sz"])
    assert not any(held.values())


def test_adds_partial_closes_flips_and_a_liquidation_are_fills_as_on_the_chain() -> None:
    wallet = ScriptedWallet("rich")
    wallet.deposit(10_000, hour(0))
    wallet.trade("ETH", 1, 4_000, hour(1))
    wallet.trade("ETH", 2, "4_030", hour(2))
    wallet.trade("ETH", "-1.5", 4_100, hour(3), fee="-0.5", crossed=False)
    wallet.trade("ETH", -2, 4_050, hour(4))
    wallet.liquidate("ETH", "4_400", hour(5))
    fills = query(wallet, "userFillsByTime", hour(6), startTime=0)
    shown = ("dir", "side", "sz", "px", "startPosition", "closedPnl", "fee", "crossed")
    assert [tuple(fill[key] for key in shown) for fill in fills] == [
        ("Open Long", "B", "1.0", "4000.0", "0.0", "0.0", "1.8", True),
        ("Open Long", "B", "2.0", "4030.0", "1.0", "0.0", "3.627", True),
        ("Close Long", "A", "1.5", "4100.0", "3.0", "120.0", "-0.5", False),
        ("Long > Short", "A", "2.0", "4050.0", "1.5", "45.0", "3.645", True),
        ("Close Short", "B", "0.5", "4400.0", "-0.5", "-175.0", "0.99", True),
    ]
    assert [fill["liquidation"]["method"] for fill in fills if "liquidation" in fill] == ["market"]
    assert len({fill["tid"] for fill in fills}) == 5
    state = query(wallet, "clearinghouseState", hour(6))
    assert state["assetPositions"] == []
    assert state["marginSummary"] == {
        "accountValue": "9980.438",
        "totalNtlPos": "0.0",
        "totalRawUsd": "9980.438",
        "totalMarginUsed": "0.0",
    }


def test_later_steps_are_hidden_and_the_past_can_be_read_again() -> None:
    wallet = ScriptedWallet("steady")
    wallet.deposit(1_000, hour(0))
    wallet.trade("BTC", "0.1", 100_000, hour(1), fee=0)
    wallet.trade("BTC", "-0.1", 101_000, hour(3), fee=0)
    chain = ScriptedChain([wallet])
    chain.set_price("BTC", 100_500, hour(2))
    question: dict[str, object] = {"type": "clearinghouseState", "user": wallet.address}
    for now, value in ((0, "1000.0"), (1, "1000.0"), (2, "1050.0"), (4, "1100.0"), (2, "1050.0")):
        assert chain.answer(question, hour(now))["marginSummary"]["accountValue"] == value
    assert len(query(wallet, "userFillsByTime", hour(2), startTime=0)) == 1


def test_funding_has_its_position_and_is_summed_since_the_opening() -> None:
    wallet = ScriptedWallet("patient")
    wallet.deposit(1_000, hour(0))
    wallet.trade("ETH", "0.5", 4_000, hour(1))
    wallet.fund("ETH", "-0.25", hour(2))
    wallet.trade("ETH", -1, 4_000, hour(3))
    wallet.fund("ETH", "0.1", hour(4))
    position = query(wallet, "clearinghouseState", hour(5))["assetPositions"][0]["position"]
    assert position["cumFunding"] == {"allTime": "0.15", "sinceOpen": "-0.1", "sinceChange": "-0.1"}
    deltas = [record["delta"] for record in query(wallet, "userFunding", hour(5), startTime=0)]
    assert [(delta["usdc"], delta["szi"]) for delta in deltas] == [("-0.25", "0.5"), ("0.1", "-0.5")]


def test_builders_markets_have_their_own_state_and_prices() -> None:
    wallet = ScriptedWallet("broad")
    wallet.deposit(500, hour(0))
    wallet.deposit(300, hour(0), exchange="xyz")
    wallet.trade("xyz:NVDA", 1, 180, hour(1), fee=0)
    main = query(wallet, "clearinghouseState", hour(2))
    own = query(wallet, "clearinghouseState", hour(2), dex="xyz")
    assert (main["marginSummary"]["accountValue"], main["assetPositions"]) == ("500.0", [])
    assert own["marginSummary"]["accountValue"] == "300.0"
    assert [item["position"]["coin"] for item in own["assetPositions"]] == ["xyz:NVDA"]
    assert query(wallet, "allMids", hour(2)) == {}
    assert query(wallet, "allMids", hour(2), dex="xyz") == {"xyz:NVDA": "180.0"}


def test_a_portfolio_counts_profit_without_deposits() -> None:
    wallet = ScriptedWallet("saver")
    wallet.deposit(1_000, hour(0))
    wallet.trade("BTC", "0.01", 100_000, hour(1), fee=0)
    wallet.trade("BTC", "-0.01", 110_000, hour(2), fee=0)
    wallet.deposit(500, hour(3))
    periods = dict(query(wallet, "portfolio", hour(30)))
    assert [value for _, value in periods["allTime"]["accountValueHistory"]] == [
        "1000.0", "1000.0", "1100.0", "1600.0", "1600.0"
    ]  # fmt: skip
    assert periods["allTime"]["pnlHistory"][-1][1] == "100.0"
    assert periods["allTime"]["vlm"] == "2100.0"
    assert (periods["perpDay"]["vlm"], len(periods["perpDay"]["accountValueHistory"])) == ("0.0", 1)


def test_triggers_close_the_position_and_end_with_it() -> None:
    wallet = ScriptedWallet("careful")
    wallet.deposit(1_000, hour(0))
    wallet.trade("ETH", -1, 4_000, hour(1))
    wallet.place_triggers("ETH", hour(2), target=3_500, stop=4_200)
    wallet.trade("ETH", 1, 3_900, hour(5))
    assert query(wallet, "frontendOpenOrders", hour(1)) == []
    orders = query(wallet, "frontendOpenOrders", hour(3))
    assert [(o["orderType"], o["side"], o["sz"], o["triggerCondition"]) for o in orders] == [
        ("Take Profit Market", "B", "1.0", "Price below 3500.0"),
        ("Stop Market", "B", "1.0", "Price above 4200.0"),
    ]
    assert query(wallet, "frontendOpenOrders", hour(6)) == []


@pytest.mark.parametrize(
    ("coin", "size", "price", "back_h", "why"),
    [("ETH", "0", "1", 0, "cannot trade"), ("ETH", "1", "-4", 0, "cannot trade"),
     ("ETH", "0.0000001", "1", 0, "six decimals"), ("ETH", "0.0001", "0.0001", 0, "six decimals"),
     ("ETH", "1", "1", 1, "forward in time")],
)  # fmt: skip
def test_an_impossible_script_is_refused(coin: str, size: str, price: str, back_h: int, why: str) -> None:
    wallet = ScriptedWallet("wrong")
    wallet.deposit(1, hour(1))
    with pytest.raises(ValueError, match=why):
        wallet.trade(coin, size, price, hour(1 - back_h))
