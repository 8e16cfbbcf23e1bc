"""Entries of the ledger as flows, by type and scope; flows by the portfolio; both through the source."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from nof1tui.domain.records import Feed
from nof1tui.sources.hyperliquid.ledger import LedgerEntry, ledger_flows
from tests.support.info_server import START, millis, state
from tests.support.return_facts import exact
from tests.support.wallet_source import ALL_FEEDS, SourceRun, account, portfolio, wallets

WALLET = "0xAnn"
OTHER, VAULT = "0xbob", "0xvault"
IN = {"user": OTHER, "destination": "0xann"}
OUT = {"user": "0xANN", "destination": OTHER}
SELF = {"user": "0xann", "destination": "0xANN"}

DELTAS: list[tuple[dict[str, Any], float | None, float | None]] = [
    ({"type": "deposit", "usdc": "100.5"}, 100.5, 100.5),
    ({"type": "deposit", "usdc": 100.5}, 100.5, 100.5),
    ({"type": "withdraw", "usdc": "50.0", "fee": "1.0", "nonce": 1}, -50.0, -50.0),
    ({"type": "accountClassTransfer", "usdc": "20", "toPerp": True}, 20.0, 0.0),
    ({"type": "accountClassTransfer", "usdc": "20", "toPerp": False}, -20.0, 0.0),
    ({"type": "internalTransfer", "usdc": "10", "fee": "1", **IN}, 10.0, 10.0),
    ({"type": "internalTransfer", "usdc": "10", "fee": "1", **OUT}, -11.0, -11.0),
    ({"type": "internalTransfer", "usdc": "10", "fee": "1", **SELF}, 0.0, 0.0),
    ({"type": "subAccountTransfer", "usdc": "10", **IN}, 10.0, 10.0),
    ({"type": "subAccountTransfer", "usdc": "10", **OUT}, -10.0, -10.0),
    ({"type": "send", "usdcValue": "10", "sourceDex": "", "destinationDex": "", **IN}, 10.0, 10.0),
    ({"type": "send", "usdcValue": "10", "sourceDex": "", "destinationDex": "spot", **IN}, 0.0, 10.0),
    ({"type": "send", "usdcValue": "10", "sourceDex": "", "destinationDex": "spot", **SELF}, -10.0, 0.0),
    ({"type": "send", "usdcValue": "10", "sourceDex": "spot", "destinationDex": "xyz", **SELF}, 10.0, 0.0),
    ({"type": "send", "usdcValue": "10", "sourceDex": "xyz", "destinationDex": "", **SELF}, 0.0, 0.0),
    (
        {"type": "send", "usdcValue": "10", "fee": "1", "feeToken": "USDC", "sourceDex": "", **OUT},
        -11.0,
        -11.0,
    ),
    ({"type": "spotTransfer", "token": "USDC", "amount": "12", "usdcValue": "12", **IN}, 0.0, 12.0),
    ({"type": "spotTransfer", "token": "USDC", "usdcValue": "10.5", "fee": "1.0", **OUT}, 0.0, -11.5),
    ({"type": "activateDexAbstraction", "dex": "xyz", "token": "USDC", "amount": "5"}, 0.0, 0.0),
    ({"type": "vaultCreate", "vault": VAULT, "usdc": "100", "fee": "10"}, -110.0, -10.0),
    ({"type": "vaultDeposit", "vault": VAULT, "usdc": "30"}, -30.0, 0.0),
    ({"type": "vaultDeposit", "vault": "0xann", "usdc": "30"}, 30.0, 30.0),
    ({"type": "vaultWithdraw", "vault": VAULT, "netWithdrawnUsd": "29", "commission": "1"}, 29.0, 0.0),
    ({"type": "vaultWithdraw", "vault": "0xann", "netWithdrawnUsd": "29", "commission": "1"}, -30.0, -30.0),
    ({"type": "vaultDistribution", "vault": VAULT, "usdc": "7"}, 7.0, 0.0),
    ({"type": "vaultDistribution", "vault": "0xann", "usdc": "7"}, -7.0, -7.0),
    ({"type": "vaultLeaderCommission", "user": "0xann", "usdc": "3"}, 3.0, 3.0),
    ({"type": "rewardsClaim", "token": "USDC", "amount": "4"}, 4.0, 4.0),
    ({"type": "rewardsClaim", "token": "HYPE", "amount": "4"}, 0.0, None),
    ({"type": "spotGenesis", "token": "USDH", "amount": "-2"}, 0.0, -2.0),
    ({"type": "cStakingTransfer", "token": "HYPE", "amount": "1", "isDeposit": True}, 0.0, None),
    ({"type": "borrowLend", "token": "USDC", "operation": "supply", "amount": "9"}, 0.0, 0.0),
    ({"type": "liquidation", "liquidatedNtlPos": "900", "accountValue": "5"}, 0.0, 0.0),
    ({"type": "somethingNew", "usdc": "5"}, None, None),
    ({"usdc": "5"}, None, None),
    ({"type": "deposit"}, None, None),
    ({"type": "deposit", "usdc": "NaN"}, None, None),
    ({"type": "deposit", "usdc": "much"}, None, None),
    ({"type": "internalTransfer", "usdc": "5", "user": OTHER, "destination": VAULT}, None, None),
]


@pytest.mark.parametrize(("delta", "perps", "total"), DELTAS)
def test_the_sign_of_an_entry_follows_from_type_scope_and_addresses(
    delta: dict[str, Any], perps: float | None, total: float | None
) -> None:
    entry = LedgerEntry(START, "0x1", json.dumps(delta))
    flows, uncounted = ledger_flows([entry], account("ann"), WALLET, "perps", START)
    assert (sum(flow.usd for flow in flows), uncounted) == (perps or 0.0, int(perps is None))
    flows, uncounted = ledger_flows([entry], account("ann"), WALLET, "total", START)
    assert (sum(flow.usd for flow in flows), uncounted) == (total or 0.0, int(total is None))


def test_updates_of_one_transaction_are_different_flows() -> None:
    deltas = [json.dumps({"type": "deposit", "usdc": usd}) for usd in ("1", "2", "2")]
    entries = [LedgerEntry(START, "0x1", delta) for delta in deltas]
    flows, _ = ledger_flows(entries, account("ann"), WALLET, "perps", START)
    assert len({flow.id for flow in flows}) == 2


def deposits(*items: tuple[float, str]) -> list[dict[str, Any]]:
    """Ledger entries: seconds after the start, amount."""
    return [
        {
            "time": millis(START + timedelta(seconds=at_s)),
            "hash": f"0x{number}",
            "delta": {"type": "deposit", "usdc": usd},
        }
        for number, (at_s, usd) in enumerate(items)
    ]


async def test_a_deposit_while_watching_does_not_count_as_a_gain() -> None:
    equity, ledger = ["1000.0"], deposits((-9e6, "1000.0"))
    run = SourceRun(
        wallets("ann", capital_usd=1_000.0),
        clearinghouseState=lambda question: state(equity[0]),
        userNonFundingLedgerUpdates=lambda question: ledger,
        portfolio=portfolio((1, "1000.0", "0"), (0.5, "1000.0", "0")),
    )
    await run.poll(*ALL_FEEDS)
    await run.time.sleep(15)
    equity[0] = "3000.0"
    ledger.extend(deposits((10, "2000.0")))
    board = await run.poll(Feed.ACCOUNTS, Feed.TRADES)
    (standing,) = board.leaderboard
    assert (standing.equity_usd, standing.return_pct) == (3000.0, exact(0.0))
    assert [flow.usd for flow in board.flows[account("ann")]] == [1000.0, 2000.0]


@pytest.mark.parametrize("ledger", [[], httpx.Response(422, text="unknown type")])
async def test_the_portfolio_shows_flows_that_no_ledger_lists(ledger: Any) -> None:
    run = SourceRun(
        wallets("ann"),
        clearinghouseState=lambda question: state("30000.0"),
        userNonFundingLedgerUpdates=lambda question: ledger,
        portfolio=portfolio((10, "10000.0", "0"), (5, "30000.0", "0"), (0.01, "30000.0", "0")),
    )
    board = await run.poll(*ALL_FEEDS)
    (standing,) = board.leaderboard
    assert standing.equity_usd == 30_000.0
    assert (standing.return_pct, standing.max_drawdown_pct) == (exact(0.0), exact(0.0))
    assert standing.sharpe.value is None
    assert [(flow.usd, flow.since) for flow in board.flows[account("ann")]] == [
        (20_000.0, START - timedelta(days=10))
    ]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_ledger_longer_than_a_page_is_read_whole(newest_first: bool) -> None:
    listed = deposits(*((-60.0 * n, f"{n + 1}.0") for n in range(1_203)))
    run = SourceRun(wallets("ann"), userNonFundingLedgerUpdates=lambda question: listed)
    run.server.page, run.server.newest_first = 500, newest_first
    board = await run.poll(Feed.ACCOUNTS, Feed.TRADES)
    assert sorted(flow.usd for flow in board.flows[account("ann")]) == [n + 1.0 for n in range(1_203)]
    assert run.server.heaviest_minute() <= 1_200
