"""Account modes: where the money of a wallet is, and what its equity is made of."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountRow, Feed
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.hyperliquid.decoder import InfoDecoder
from nof1tui.sources.hyperliquid.pooled_equity import PooledEquity, equity_tolerance
from nof1tui.sources.hyperliquid.source import HyperliquidSource
from nof1tui.sources.hyperliquid.spot import BalanceWire, parse_mode, value_of_balances
from nof1tui.sources.hyperliquid.wallet_records import Wallet
from nof1tui.sources.simulated.chain.transport import SimulatedChainTransport
from tests.support.info_server import START, fill, millis, position, state
from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet
from tests.support.wallet_source import ROSTER, Answer, SourceRun, account, wallets

UNKNOWN_TYPE = httpx.Response(422, text="Failed to deserialize the JSON body into the target type")
MARGIN = {"totalMarginUsed": "70.0", "totalNtlPos": "700.0", "totalRawUsd": "-529.7"}


def always(answer: Any) -> Answer:
    return lambda question: answer


def balances(**totals: str) -> Answer:
    rows = [
        {"coin": coin, "token": number, "total": total, "hold": "0.0", "entryNtl": "0.0"}
        for number, (coin, total) in enumerate(totals.items())
    ]
    return always({"balances": rows})


def portfolio(value: str, perps: str = "0.0") -> Answer:
    def period(amount: str) -> dict[str, Any]:
        at = millis(START)
        return {"accountValueHistory": [[at, amount]], "pnlHistory": [[at, "0.0"]], "vlm": "0.0"}

    return always([["allTime", period(value)], ["perpAllTime", period(perps)]])


LONG = position("BTC", "0.01", entry="59970.0", value="700.0", unrealizedPnl="100.3")


async def row_of(**answers: Answer) -> AccountRow:
    run = SourceRun(wallets("a"), **answers)
    board = await run.poll(Feed.ACCOUNTS)
    return board.accounts[account("a")]


MODES = ("unifiedAccount", "portfolioMargin")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("perps", "spot", "value", "equity"),
    [
        (state("0.0"), "5100.0", "5100.0", 5_100.0),
        (state("170.3", LONG), "5100.0", "5100.0", 5_100.0),
        (state("170.3", LONG), "4999.7", "5100.0", 5_100.0),
        (state("170.3", LONG), "5100.0", "5102.0", 5_100.0),
        (state("170.3", LONG), "-250.0", "-250.0", -250.0),
    ],
    ids=["no positions", "spot holds all", "spot without unrealised", "within the tolerance", "borrowed"],
)
async def test_pooled_money_is_the_spot_total_and_never_the_slice_in_perpetuals(
    mode: str, perps: dict[str, Any], spot: str, value: str, equity: float
) -> None:
    row = await row_of(
        clearinghouseState=always(perps),
        spotClearinghouseState=balances(USDC=spot),
        userAbstraction=always(mode),
        portfolio=portfolio(value, "170.3"),
    )
    assert row.equity_usd == pytest.approx(equity)
    assert "unreconciled_usd" not in (row.extra or "")


@pytest.mark.parametrize("mode", ["default", "disabled", "dexAbstraction"])
async def test_a_classic_account_has_the_value_of_its_perpetuals(mode: str) -> None:
    row = await row_of(
        clearinghouseState=always(state("5100.0")),
        spotClearinghouseState=balances(USDC="900.0"),
        userAbstraction=always(mode),
    )
    assert row.equity_usd == 5_100.0


@pytest.mark.parametrize("answer", [UNKNOWN_TYPE, "someNewMode", None, {"mode": "unifiedAccount"}])
async def test_an_unknown_mode_with_money_in_spot_has_no_equity(answer: Any) -> None:
    run = SourceRun(
        wallets("a"),
        clearinghouseState=always(state("0.0")),
        spotClearinghouseState=balances(USDC="5100.0"),
        userAbstraction=always(answer),
    )
    with pytest.raises(SourceMalformed, match=r"mode of 0xa is not known, so its equity is n/a"):
        await run.poll(Feed.ACCOUNTS)
    assert not run.board.accounts


@pytest.mark.parametrize("spot", [always(UNKNOWN_TYPE), always(None), balances(), balances(USDC="0.4")])
async def test_a_server_without_modes_is_classic_where_spot_is_dust(spot: Answer) -> None:
    row = await row_of(
        clearinghouseState=always(state("1000.0")),
        spotClearinghouseState=spot,
        userAbstraction=always(UNKNOWN_TYPE),
    )
    assert row.equity_usd == 1_000.0


async def test_one_wallet_of_unknown_mode_does_not_stop_the_others() -> None:
    def mode(question: dict[str, Any]) -> Any:
        return "someNewMode" if question["user"] == "0xa" else "unifiedAccount"

    run = SourceRun(
        wallets("a", "b"),
        clearinghouseState=always(state("0.0")),
        spotClearinghouseState=balances(USDC="5100.0"),
        userAbstraction=mode,
    )
    board = await run.poll(Feed.ACCOUNTS)
    assert {key.trader: row.equity_usd for key, row in board.accounts.items()} == {"b": 5_100.0}


async def test_a_difference_to_the_portfolio_is_stated_with_the_row() -> None:
    row = await row_of(
        clearinghouseState=always(state("0.0")),
        spotClearinghouseState=balances(USDC="5100.0"),
        userAbstraction=always("unifiedAccount"),
        portfolio=portfolio("5000.0"),
    )
    assert row.equity_usd == 5_100.0
    assert json.loads(row.extra or "{}")["unreconciled_usd"] == "100.0"


async def test_money_in_vaults_is_part_of_the_equity() -> None:
    row = await row_of(
        clearinghouseState=always(state("0.0")),
        spotClearinghouseState=balances(USDC="4000.0"),
        userAbstraction=always("unifiedAccount"),
        userVaultEquities=always([{"vaultAddress": "0xd", "equity": "1000.0"}]),
        portfolio=portfolio("5000.0"),
    )
    assert row.equity_usd == 5_000.0
    assert "unreconciled_usd" not in (row.extra or "")


async def test_a_mode_that_changes_is_seen_after_ten_minutes() -> None:
    modes = iter(["default", *["unifiedAccount"] * 9])
    run = SourceRun(
        wallets("a"),
        clearinghouseState=always(state("100.0")),
        spotClearinghouseState=balances(USDC="5100.0"),
        userAbstraction=lambda question: next(modes),
    )
    equities = []
    for _ in range(3):
        board = await run.poll(Feed.ACCOUNTS)
        equities.append(board.accounts[account("a")].equity_usd)
        run.time.passed_s += 301
    assert equities == [100.0, 100.0, 5_100.0]


async def test_a_state_without_value_but_with_positions_has_its_mode_read_again() -> None:
    """The wallet pooled its money between two polls."""
    states = iter([state("5100.0"), state("0.0", LONG), state("0.0", LONG)])
    spots = iter([{"balances": []}] + [{"balances": [{"coin": "USDC", "total": "5100.0"}]}] * 9)
    run = SourceRun(
        wallets("a"),
        clearinghouseState=lambda question: next(states),
        spotClearinghouseState=lambda question: next(spots),
        userAbstraction=always("unifiedAccount"),
    )
    for _ in range(2):
        board = await run.poll(Feed.ACCOUNTS)
        run.time.passed_s += 15
    assert board.accounts[account("a")].equity_usd == 5_100.0


class TestPrices:
    def test_dollar_tokens_count_as_dollars_and_others_by_their_pair(self) -> None:
        held = {"USDC": "100", "USDH": "50", "HYPE": "2", "USDT0": "10", "XYZ": "7", "+120": "30", "o99": "5"}
        rows = [BalanceWire(coin=coin, total=Decimal(total)) for coin, total in held.items()]
        mids = {"@107": Decimal(40), "@230": Decimal("0.999"), "#120": Decimal("0.25")}
        value = value_of_balances(rows, mids, {"HYPE": "@107", "USDH": "@230"})
        assert value.usd == Decimal("100") + Decimal("49.95") + 80 + 10 + Decimal("7.5")
        assert (value.unpriced, value.assumed) == (("XYZ",), ("USDT0",))

    async def test_tokens_are_priced_by_the_pairs_of_the_server(self) -> None:
        meta = {
            "tokens": [{"name": "USDC", "index": 0}, {"name": "HYPE", "index": 150}],
            "universe": [{"name": "@107", "tokens": [150, 0], "index": 107}],
        }
        row = await row_of(
            clearinghouseState=always(state("0.0")),
            spotClearinghouseState=balances(USDC="100.0", HYPE="2.5", ODD="9.0"),
            userAbstraction=always("unifiedAccount"),
            spotMeta=always(meta),
            allMids=always({"BTC": "70000", "@107": "40"}),
        )
        assert row.equity_usd == 200.0
        assert json.loads(row.extra or "{}")["tokens_unpriced"] == "ODD"


class TestRule:
    @given(
        st.decimals(-(10**6), 10**6, places=2),
        st.decimals(-(10**5), 10**5, places=2),
        st.decimals(-(10**6), 10**6, places=2),
    )
    def test_a_confirmed_rule_is_within_the_tolerance(
        self, spot: Decimal, unrealized: Decimal, value: Decimal
    ) -> None:
        found = PooledEquity().reconciled(spot, unrealized, value)
        difference = abs(found.equity_usd(spot, unrealized) - value)
        assert (difference <= equity_tolerance(value)) is (found.unreconciled_usd is None)

    def test_a_decision_changes_only_after_two_contradictions(self) -> None:
        spot, unrealized = Decimal(5_000), Decimal(100)
        decided = PooledEquity().reconciled(spot, unrealized, spot)
        once = decided.reconciled(spot, unrealized, spot + unrealized)
        assert (decided.rule, once.rule) == ("spot", "spot")
        assert once.reconciled(spot, unrealized, spot).contradictions == 0
        assert once.reconciled(spot, unrealized, spot + unrealized).rule == "spot_and_unrealised"

    def test_without_unrealised_profit_nothing_is_decided(self) -> None:
        assert not PooledEquity().reconciled(Decimal(5_000), Decimal(1), Decimal(5_000)).decided


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"new"', b"{", b"1"])
def test_any_other_answer_is_an_unknown_mode(body: bytes) -> None:
    assert parse_mode(body) == "unknown"


@pytest.mark.parametrize(
    ("coin", "size", "token", "fee"),
    [
        ("vntl:SPACEX", "2", "USDH", "0.72"),
        ("BTC", "2", "USDC", "0.72"),
        ("BTC", "2", "USDE", "0.72"),
        ("cash:TSLA", "-2", "USDT0", "0.72"),
        ("@156", "2", "USOL", "288"),
    ],
)
def test_a_fee_in_a_dollar_token_counts_as_dollars_and_of_a_spot_buy_at_its_price(
    coin: str, size: str, token: str, fee: str
) -> None:
    body = json.dumps([fill(1, size, "0", at_s=0, coin=coin, px="400", feeToken=token, fee="0.72")]).encode()
    (paid,) = InfoDecoder("userFillsByTime", body, START).parse_fills()
    assert paid.fee == Decimal(fee)


async def test_a_trade_has_its_fees_in_usdh() -> None:
    fills = [
        fill(1, "2", "0", at_s=0, coin="vntl:SPACEX", px="400", feeToken="USDH", fee="0.72"),
        fill(
            2, "-2", "2", at_s=60, coin="vntl:SPACEX", px="410", feeToken="USDH", fee="0.74", closedPnl="20"
        ),
    ]
    run = SourceRun(wallets("a"), userFillsByTime=always(fills))
    run.time.passed_s += 120
    board = await run.poll(Feed.ACCOUNTS, Feed.TRADES)
    (trade,) = board.trades[account("a")].trades
    assert trade.fees_usd == pytest.approx(1.46)
    assert trade.net_usd == pytest.approx(18.54)


@pytest.mark.parametrize("mode", MODES)
async def test_the_simulated_chain_pools_money_as_the_modes_say(mode: str) -> None:
    """The same wallet has the same equity, whether its money is pooled or not."""
    wallet = ScriptedWallet("a")
    wallet.deposit(5_000, START - timedelta(days=3))
    wallet.trade("SOL", 10, 180, START - timedelta(hours=6))
    equities = []
    for modes in ({}, {"a": mode}):
        chain = ScriptedChain([wallet], modes=modes)
        chain.set_price("SOL", 200, START - timedelta(hours=1))
        client = httpx.AsyncClient(
            base_url="http://chain.invalid", transport=SimulatedChainTransport(chain, lambda: START)
        )
        watched = [Wallet(account("a"), wallet.address)]
        source = HyperliquidSource(client, wallets=watched, clock=lambda: START)
        (row,) = (await source.fetch(Feed.ACCOUNTS, Board(ROSTER))).accounts
        equities.append(row.equity_usd)
        assert ('"mode"' in (row.extra or "")) is bool(modes)
        await source.aclose()
    assert equities == [pytest.approx(5_199.19)] * 2
