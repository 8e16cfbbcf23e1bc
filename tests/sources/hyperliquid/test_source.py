"""Wallets as an arena: the records that the source makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nof1tui.domain.records import Feed
from tests.support.info_server import START, fill, millis, position, state
from tests.support.wallet_source import ALL_FEEDS, SourceRun, account, portfolio, wallets

DAY_S = 86_400.0


async def test_states_fills_and_portfolio_make_a_board() -> None:
    run = SourceRun(
        wallets("ann", "bob"),
        clearinghouseState=lambda question: state("1250.0", position("BTC", "2.0", value="230.0"), at=START),
        userFillsByTime=lambda question: [
            fill(1, "1", "0", at_s=-9 * DAY_S, coin="ETH", px="10"),
            fill(2, "-1", "1", at_s=-8 * DAY_S, coin="ETH", px="15", closedPnl="5.0"),
            fill(3, "2", "0", at_s=-DAY_S),
        ],
        portfolio=portfolio((10, "1000", "0"), (8.5, "1003", "3"), (0.5, "1240", "240")),
    )
    board = await run.poll(Feed.TRADES, Feed.SEASON, Feed.ACCOUNTS, Feed.PRICES)
    row = board.accounts[account("ann")]
    (held,) = row.positions
    assert (held.quantity, held.mark_price, held.entry_at) == (2, 115, START - timedelta(days=1))
    assert row.equity_usd == 1250
    assert row.realized_usd == pytest.approx(5 - 0.02 - 0.01)
    (trade,) = board.trades[account("bob")].trades
    assert (trade.coin, trade.gross_usd, trade.fees_usd) == ("ETH", 5, 0.02)
    assert board.trades[account("ann")].trades[0].id != trade.id
    assert [row.return_pct for row in board.leaderboard] == [25, 25]
    assert list(board.curves[account("ann")].values) == [1000, 1003, 1240, 1250]
    assert set(board.prices) == {"BTC", "ETH"}
    assert board.health.rate_limit is not None
    assert 0 < board.health.rate_limit.spent <= board.health.rate_limit.most


async def test_a_portfolios_current_value_does_not_replace_the_state() -> None:
    run = SourceRun(
        wallets("ann"),
        clearinghouseState=lambda question: state("1250.0", position("BTC", "2.0", value="230.0")),
        portfolio=portfolio((10, "1000", "0"), (0, "1240", "240")),
    )
    batch = await run.source.fetch(Feed.SEASON, run.board)
    assert [row.equity_usd for row in batch.accounts] == [1000]


async def test_past_rows_have_the_positions_of_the_fills() -> None:
    run = SourceRun(
        wallets("ann"),
        userFillsByTime=lambda question: [
            fill(1, "1", "0", at_s=-9 * DAY_S, px="50"),
            fill(2, "-1", "1", at_s=-5 * DAY_S),
            fill(3, "-3", "4", at_s=-2 * DAY_S, coin="ETH"),
        ],
        portfolio=portfolio((10, "1000", "0"), (7, "1000", "0"), (3, "1000", "0")),
    )
    batch = await run.source.fetch(Feed.SEASON, run.board)
    positions = [
        [(each.coin, each.quantity, each.entry_price) for each in row.positions] for row in batch.accounts
    ]
    assert positions == [
        [("ETH", 4, None)],
        [("BTC", 1, 50), ("ETH", 4, None)],
        [("ETH", 4, None)],
    ]


async def test_capital_is_the_net_deposits_unless_configured() -> None:
    history = portfolio((9, "0", "0"), (8, "400", "0"), (7, "1100", "100"), (1, "300", "-100"))
    for given, capital in ((None, 1000), (250.0, 250)):
        run = SourceRun(wallets("ann", capital_usd=given), portfolio=history)
        (inception,) = (await run.source.fetch(Feed.SEASON, run.board)).inceptions
        assert (inception.capital_usd, inception.inception_at) == (capital, START - timedelta(days=8))


async def test_an_unused_wallet_is_empty_without_past_rows() -> None:
    run = SourceRun(wallets("ann"), clearinghouseState=lambda question: state("0.0"))
    board = await run.poll(*ALL_FEEDS)
    assert board.accounts[account("ann")].equity_usd == 0
    assert board.inceptions == {}


@pytest.mark.parametrize("unseen", [False, True], ids=["all on the board", "one closed unseen"])
async def test_a_restart_during_a_trade_reports_it_correctly(unseen: bool) -> None:
    """The requested fills begin after the entries of the trades that were closed last."""
    fills = [
        fill(1, "4", "0", at_s=-9000, fee="0.5"),
        fill(2, "5", "0", at_s=-8900, coin="ETH", fee="0.5"),
        fill(3, "-1", "4", at_s=-40, closedPnl="1", fee="0.1"),
        fill(4, "-3", "3", at_s=-39, closedPnl="3", fee="0.1"),
        fill(5, "-5", "5", at_s=-20, coin="ETH", closedPnl="2", fee="0.1"),
    ]
    there = fills[:4] if unseen else fills
    run = SourceRun(wallets("ann"))
    run.server.answers["userFillsByTime"] = lambda question: [
        each
        for each in there
        if question["startTime"] <= each["time"] <= question.get("endTime", each["time"])
    ]
    await run.poll(Feed.TRADES, Feed.ACCOUNTS)
    there = fills
    run.source = run.make_source()
    board = await run.poll(Feed.TRADES)
    trades = {
        trade.coin: (trade.gross_usd, trade.fees_usd, trade.quantity)
        for trade in board.trades[account("ann")].trades
    }
    assert trades == {"BTC": (4, 0.7, 4), "ETH": (2, 0.6, 5)}


async def test_a_trade_is_delivered_again_only_when_its_funding_is_late() -> None:
    run = SourceRun(wallets("ann"))
    run.server.answers["userFillsByTime"] = lambda question: [
        fill(1, "1", "0", at_s=-4000),
        fill(2, "-1", "1", at_s=-300),
    ]
    (first,) = (await run.source.fetch(Feed.TRADES, run.board)).trades
    assert (await run.source.fetch(Feed.TRADES, run.board)).trades == ()
    payment = {"time": millis(START - timedelta(hours=1)), "delta": {"coin": "BTC", "usdc": "0.5"}}
    run.server.answers["userFunding"] = lambda question: [payment]
    run.time.passed_s += 61
    (again,) = (await run.source.fetch(Feed.TRADES, run.board)).trades
    assert again.id == first.id
    assert again.net_usd == pytest.approx((first.net_usd or 0) + 0.5)


async def test_stops_and_targets_come_from_reduce_only_triggers() -> None:
    def order(oid: int, side: str, kind: str, px: str, **more: Any) -> dict[str, Any]:
        values = {"coin": "BTC", "oid": oid, "side": side, "orderType": kind, "triggerPx": px}
        return {**values, "isTrigger": True, "reduceOnly": True, **more}

    orders = [
        order(1, "A", "Stop Market", "80"),
        order(2, "A", "Stop Limit", "95"),
        order(3, "A", "Take Profit Market", "150"),
        order(4, "B", "Stop Market", "109"),
        order(5, "A", "Take Profit Market", "111", reduceOnly=False),
        order(6, "A", "Limit", "0.0", isTrigger=False),
        order(7, "A", "Stop Market", "108", coin="ETH"),
    ]
    run = SourceRun(
        wallets("ann"),
        clearinghouseState=lambda question: state("1000", position("BTC", "1", value="110")),
        frontendOpenOrders=lambda question: orders,
    )
    (held,) = (await run.poll(Feed.ACCOUNTS)).accounts[account("ann")].positions
    assert held.exit_plan is not None
    assert (held.exit_plan.stop_loss, held.exit_plan.profit_target) == (95, 150)
    assert (held.sl_oid, held.tp_oid) == (2, 3)
    await run.poll(Feed.ACCOUNTS)
    assert run.server.count("frontendOpenOrders") == 1


async def test_a_builder_market_is_read_once_the_wallet_has_traded_there() -> None:
    def answer(question: dict[str, Any]) -> Any:
        if question.get("dex") == "xyz":
            return state("50.0", position("xyz:NVDA", "1", value="200"))
        return state("1000.0", position("BTC", "1", value="110"))

    run = SourceRun(
        wallets("ann"),
        clearinghouseState=answer,
        allMids=lambda question: {"xyz:NVDA": "200"} if question.get("dex") else {"BTC": "110"},
        userFillsByTime=lambda question: [fill(1, "1", "0", at_s=-50, coin="xyz:NVDA", px="190")],
    )
    board = await run.poll(Feed.TRADES, Feed.ACCOUNTS, Feed.PRICES)
    row = board.accounts[account("ann")]
    assert row.equity_usd == 1050
    assert [each.coin for each in row.positions] == ["BTC", "xyz:NVDA"]
    assert set(board.prices) == {"BTC", "xyz:NVDA"}
