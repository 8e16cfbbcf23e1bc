"""Wallets as an arena: records, requests and failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, Season
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.hyperliquid.rate_limit import WEIGHT_BUDGET
from nof1tui.sources.hyperliquid.source import HyperliquidSource
from nof1tui.sources.hyperliquid.wallet_records import Wallet
from tests.support.info_server import START, FakeTime, InfoServer, fill, millis, position, state

ROSTER = Roster(open_season=Season("hyperliquid", "Hyperliquid wallets"))
DAY_S = 86_400.0
Answer = Callable[[dict[str, Any]], Any]


def key(trader: str) -> AccountKey:
    return AccountKey("hyperliquid", trader)


def wallets(*traders: str, capital_usd: float | None = None) -> list[Wallet]:
    return [Wallet(key(trader), f"0x{trader}", capital_usd) for trader in traders]


class Scene:
    """A source on a scripted server, and the board that its batches make."""

    def __init__(self, watched: Sequence[Wallet], *, markets: Sequence[str] = (), **answers: Answer) -> None:
        self.time = FakeTime()
        self.server = InfoServer(self.time, {**IDLE, **answers})
        self.wallets = watched
        self.markets = markets
        self.board = Board(ROSTER)
        self.source = self.started()

    def started(self) -> HyperliquidSource:
        return HyperliquidSource(
            self.server.client(),
            wallets=self.wallets,
            markets=self.markets,
            clock=self.time.now,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
        )

    async def poll(self, *feeds: Feed) -> Board:
        for feed in feeds:
            batch = await self.source.fetch(feed, self.board)
            self.board = apply_batch(self.board, batch)
        return self.board


IDLE: dict[str, Answer] = {
    "clearinghouseState": lambda question: state("1000.0"),
    "allMids": lambda question: {"BTC": "100.0", "ETH": "10.0"},
    "portfolio": lambda question: [],
}
ALL = (Feed.ACCOUNTS, Feed.PRICES, Feed.TRADES, Feed.SEASON)


def history(*points: tuple[float, str, str]) -> Answer:
    """A portfolio: days ago, account value, profit."""
    times = [millis(START - timedelta(days=days)) for days, _, _ in points]
    values = [[at, value] for at, (_, value, _) in zip(times, points, strict=True)]
    profits = [[at, pnl] for at, (_, _, pnl) in zip(times, points, strict=True)]
    period = {"accountValueHistory": values, "pnlHistory": profits, "vlm": "0.0"}
    return lambda question: [["day", period], ["perpAllTime", period]]


async def test_states_fills_and_portfolio_make_a_board() -> None:
    scene = Scene(
        wallets("ann", "bob"),
        clearinghouseState=lambda question: state("1250.0", position("BTC", "2.0", value="230.0"), at=START),
        userFillsByTime=lambda question: [
            fill(1, "1", "0", at_s=-9 * DAY_S, coin="ETH", px="10"),
            fill(2, "-1", "1", at_s=-8 * DAY_S, coin="ETH", px="15", closedPnl="5.0"),
            fill(3, "2", "0", at_s=-DAY_S),
        ],
        portfolio=history((10, "1000", "0"), (8.5, "1003", "3"), (0.5, "1240", "240")),
    )
    board = await scene.poll(Feed.TRADES, Feed.SEASON, Feed.ACCOUNTS, Feed.PRICES)
    row = board.accounts[key("ann")]
    (held,) = row.positions
    assert (held.quantity, held.mark_price, held.entry_at) == (2, 115, START - timedelta(days=1))
    assert row.equity_usd == 1250
    assert row.realized_usd == pytest.approx(5 - 0.02 - 0.01)
    (trade,) = board.trades[key("bob")].trades
    assert (trade.coin, trade.gross_usd, trade.fees_usd) == ("ETH", 5, 0.02)
    assert board.trades[key("ann")].trades[0].id != trade.id
    assert [standing.return_pct for standing in board.leaderboard] == [25, 25]
    assert list(board.curves[key("ann")].values) == [1000, 1003, 1240, 1250]
    assert set(board.prices) == {"BTC", "ETH"}
    assert board.health.rate_limit is not None
    assert 0 < board.health.rate_limit.spent <= board.health.rate_limit.most


async def test_a_portfolios_current_value_does_not_replace_the_state() -> None:
    scene = Scene(
        wallets("ann"),
        clearinghouseState=lambda question: state("1250.0", position("BTC", "2.0", value="230.0")),
        portfolio=history((10, "1000", "0"), (0, "1240", "240")),
    )
    batch = await scene.source.fetch(Feed.SEASON, scene.board)
    assert [row.equity_usd for row in batch.accounts] == [1000]


async def test_past_rows_have_the_positions_of_the_fills() -> None:
    scene = Scene(
        wallets("ann"),
        userFillsByTime=lambda question: [
            fill(1, "1", "0", at_s=-9 * DAY_S, px="50"),
            fill(2, "-1", "1", at_s=-5 * DAY_S),
            fill(3, "-3", "4", at_s=-2 * DAY_S, coin="ETH"),
        ],
        portfolio=history((10, "1000", "0"), (7, "1000", "0"), (3, "1000", "0")),
    )
    batch = await scene.source.fetch(Feed.SEASON, scene.board)
    told = [
        [(each.coin, each.quantity, each.entry_price) for each in row.positions] for row in batch.accounts
    ]
    assert told == [
        [("ETH", 4, None)],
        [("BTC", 1, 50), ("ETH", 4, None)],
        [("ETH", 4, None)],
    ]


async def test_capital_is_the_net_deposits_unless_configured() -> None:
    portfolio = history((9, "0", "0"), (8, "400", "0"), (7, "1100", "100"), (1, "300", "-100"))
    for given, capital in ((None, 1000), (250.0, 250)):
        scene = Scene(wallets("ann", capital_usd=given), portfolio=portfolio)
        (inception,) = (await scene.source.fetch(Feed.SEASON, scene.board)).inceptions
        assert (inception.capital_usd, inception.inception_at) == (capital, START - timedelta(days=8))


async def test_an_unused_wallet_is_empty_without_past_rows() -> None:
    scene = Scene(wallets("ann"), clearinghouseState=lambda question: state("0.0"))
    board = await scene.poll(*ALL)
    assert board.accounts[key("ann")].equity_usd == 0
    assert board.inceptions == {}


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("page", [2, 3, 50])
async def test_a_history_is_read_to_its_first_fill_for_any_page_order(page: int, newest_first: bool) -> None:
    fills, held = [], 0
    for number in range(24):
        size = -1 if held else 1
        fills.append(fill(number, str(size), str(held), at_s=-1000 + 10 * (number // 2)))
        held += size
    fills += [fill(100 + number, "1", "0", at_s=-2000 + number, coin="@107") for number in range(6)]
    scene = Scene(wallets("ann"), userFillsByTime=lambda question: fills)
    scene.server.page, scene.server.newest_first = page, newest_first
    batch = await scene.source.fetch(Feed.TRADES, scene.board)
    assert len(batch.trades) == 12
    assert all(trade.entry_at is not None for trade in batch.trades)


async def test_after_a_restart_only_newer_fills_are_requested() -> None:
    closed = [fill(1, "1", "0", at_s=-9000), fill(2, "-1", "1", at_s=-8000)]
    opened = fill(3, "2", "0", at_s=-3000)
    scene = Scene(
        wallets("ann"),
        clearinghouseState=lambda question: state("1000", position("BTC", "2", value="200")),
        userFillsByTime=lambda question: [*closed, opened, fill(4, "-2", "2", at_s=-100)],
    )
    scene.server.answers["userFillsByTime"] = lambda question: [*closed, opened]
    await scene.poll(Feed.TRADES, Feed.ACCOUNTS)
    asked: list[int] = []

    def answer(question: dict[str, Any]) -> Any:
        asked.append(question["startTime"])
        return [*closed, opened, fill(4, "-2", "2", at_s=-100)]

    scene.server.answers["userFillsByTime"] = answer
    scene.source = scene.started()
    batch = await scene.source.fetch(Feed.TRADES, scene.board)
    assert min(asked) == millis(START - timedelta(seconds=8060))
    known = {trade.id for trade in scene.board.trades[key("ann")].trades}
    assert len({trade.id for trade in batch.trades} - known) == 1


@pytest.mark.parametrize("unseen", [False, True], ids=["all on the board", "one closed unseen"])
async def test_a_restart_during_a_trade_reports_it_correctly(unseen: bool) -> None:
    """The fills that are asked again begin behind the openings of what was closed last."""
    fills = [
        fill(1, "4", "0", at_s=-9000, fee="0.5"),
        fill(2, "5", "0", at_s=-8900, coin="ETH", fee="0.5"),
        fill(3, "-1", "4", at_s=-40, closedPnl="1", fee="0.1"),
        fill(4, "-3", "3", at_s=-39, closedPnl="3", fee="0.1"),
        fill(5, "-5", "5", at_s=-20, coin="ETH", closedPnl="2", fee="0.1"),
    ]
    there = fills[:4] if unseen else fills
    scene = Scene(wallets("ann"))
    scene.server.answers["userFillsByTime"] = lambda question: [
        each
        for each in there
        if question["startTime"] <= each["time"] <= question.get("endTime", each["time"])
    ]
    await scene.poll(Feed.TRADES, Feed.ACCOUNTS)
    there = fills
    scene.source = scene.started()
    board = await scene.poll(Feed.TRADES)
    told = {
        trade.coin: (trade.gross_usd, trade.fees_usd, trade.quantity)
        for trade in board.trades[key("ann")].trades
    }
    assert told == {"BTC": (4, 0.7, 4), "ETH": (2, 0.6, 5)}


async def test_a_trade_is_delivered_again_only_when_its_funding_is_late() -> None:
    scene = Scene(wallets("ann"))
    scene.server.answers["userFillsByTime"] = lambda question: [
        fill(1, "1", "0", at_s=-4000),
        fill(2, "-1", "1", at_s=-300),
    ]
    (first,) = (await scene.source.fetch(Feed.TRADES, scene.board)).trades
    assert (await scene.source.fetch(Feed.TRADES, scene.board)).trades == ()
    payment = {"time": millis(START - timedelta(hours=1)), "delta": {"coin": "BTC", "usdc": "0.5"}}
    scene.server.answers["userFunding"] = lambda question: [payment]
    scene.time.passed_s += 61
    (again,) = (await scene.source.fetch(Feed.TRADES, scene.board)).trades
    assert again.id == first.id
    assert again.net_usd == pytest.approx((first.net_usd or 0) + 0.5)


async def test_stops_and_targets_come_from_reduce_only_triggers() -> None:
    def order(oid: int, side: str, kind: str, px: str, **more: Any) -> dict[str, Any]:
        told = {"coin": "BTC", "oid": oid, "side": side, "orderType": kind, "triggerPx": px}
        return {**told, "isTrigger": True, "reduceOnly": True, **more}

    orders = [
        order(1, "A", "Stop Market", "80"),
        order(2, "A", "Stop Limit", "95"),
        order(3, "A", "Take Profit Market", "150"),
        order(4, "B", "Stop Market", "109"),
        order(5, "A", "Take Profit Market", "111", reduceOnly=False),
        order(6, "A", "Limit", "0.0", isTrigger=False),
        order(7, "A", "Stop Market", "108", coin="ETH"),
    ]
    scene = Scene(
        wallets("ann"),
        clearinghouseState=lambda question: state("1000", position("BTC", "1", value="110")),
        frontendOpenOrders=lambda question: orders,
    )
    (held,) = (await scene.poll(Feed.ACCOUNTS)).accounts[key("ann")].positions
    assert held.exit_plan is not None
    assert (held.exit_plan.stop_loss, held.exit_plan.profit_target) == (95, 150)
    assert (held.sl_oid, held.tp_oid) == (2, 3)
    await scene.poll(Feed.ACCOUNTS)
    assert scene.server.count("frontendOpenOrders") == 1


async def test_a_builder_market_is_read_once_the_wallet_has_traded_there() -> None:
    def answer(question: dict[str, Any]) -> Any:
        if question.get("dex") == "xyz":
            return state("50.0", position("xyz:NVDA", "1", value="200"))
        return state("1000.0", position("BTC", "1", value="110"))

    scene = Scene(
        wallets("ann"),
        clearinghouseState=answer,
        allMids=lambda question: {"xyz:NVDA": "200"} if question.get("dex") else {"BTC": "110"},
        userFillsByTime=lambda question: [fill(1, "1", "0", at_s=-50, coin="xyz:NVDA", px="190")],
    )
    board = await scene.poll(Feed.TRADES, Feed.ACCOUNTS, Feed.PRICES)
    row = board.accounts[key("ann")]
    assert row.equity_usd == 1050
    assert [each.coin for each in row.positions] == ["BTC", "xyz:NVDA"]
    assert set(board.prices) == {"BTC", "xyz:NVDA"}


@pytest.mark.parametrize("count", [3, 60])
async def test_weights_stay_within_the_budget_at_the_shortest_interval(count: int) -> None:
    fills = [fill(number, "1", str(number), at_s=-5000 + number) for number in range(300)]
    scene = Scene(
        wallets(*(f"w{number}" for number in range(count))),
        clearinghouseState=lambda question: state("1000", position("BTC", "300", value="110")),
        userFillsByTime=lambda question: fills,
        portfolio=history((9, "1000", "0"), (1, "1100", "100")),
    )
    while scene.time.passed_s < 240:
        await scene.poll(Feed.ACCOUNTS, Feed.PRICES)
        if count == 3 or 60 < scene.time.passed_s < 62:
            await scene.poll(Feed.TRADES, Feed.SEASON)
        scene.time.passed_s += 1
    assert scene.server.heaviest_minute() <= WEIGHT_BUDGET
    each = [scene.server.count("clearinghouseState", wallet.address) for wallet in scene.wallets]
    assert min(each) >= 0.75 * max(each) >= 6
    assert len(scene.board.accounts) == count


async def test_fills_are_read_after_a_change_of_state_and_at_an_interval() -> None:
    raw = {"usd": "900.0"}

    def answer(question: dict[str, Any]) -> Any:
        told = state("1000.0")
        return told | {"marginSummary": told["marginSummary"] | {"totalRawUsd": raw["usd"]}}

    scene = Scene(wallets("ann"), clearinghouseState=answer)
    asked = []
    for usd, pause_s in (*[("900.0", 15)] * 4, *[("899.5", 15)] * 4, ("899.5", 300)):
        raw["usd"] = usd
        scene.time.passed_s += pause_s
        await scene.poll(Feed.ACCOUNTS, Feed.TRADES)
        asked.append(scene.server.count("userFillsByTime"))
    assert asked == [1, 2, 2, 2, 3, 4, 4, 4, 5]


async def test_a_429_blocks_every_feed_until_retry_after() -> None:
    scene = Scene(wallets("ann", "bob"))
    scene.server.answers["clearinghouseState"] = lambda question: httpx.Response(
        429, headers={"Retry-After": "45"}, text="slow down"
    )
    with pytest.raises(SourceUnavailable) as refused:
        await scene.poll(Feed.ACCOUNTS)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 45)
    asked = len(scene.server.asked)
    for feed in ALL:
        with pytest.raises(SourceUnavailable):
            await scene.source.fetch(feed, scene.board)
    assert len(scene.server.asked) == asked
    scene.time.passed_s += 46
    scene.server.answers["clearinghouseState"] = IDLE["clearinghouseState"]
    assert len((await scene.poll(*ALL)).accounts) == 2


async def test_a_refused_wallet_does_not_stop_the_others_and_is_reported_once() -> None:
    def answer(question: dict[str, Any]) -> Any:
        if question["user"] == "0xbad":
            return httpx.Response(422, text="Failed to deserialize the JSON body")
        return state("1000.0")

    scene = Scene(wallets("ann", "bad", "bob"), clearinghouseState=answer)
    batch = await scene.source.fetch(Feed.ACCOUNTS, scene.board)
    assert {row.account.trader for row in batch.accounts} == {"ann", "bob"}
    (reject,) = batch.rejects
    assert "bad" in reject.reason
    assert "422" in reject.reason
    assert (await scene.source.fetch(Feed.ACCOUNTS, scene.board)).rejects == ()


async def test_a_feed_without_any_answered_wallet_has_failed() -> None:
    scene = Scene(wallets("ann", "bob"), clearinghouseState=lambda question: None)
    with pytest.raises(SourceMalformed, match="it is empty"):
        await scene.poll(Feed.ACCOUNTS)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_error_is_reported(status: int) -> None:
    scene = Scene(wallets("ann"), clearinghouseState=lambda question: httpx.Response(status, text="null"))
    with pytest.raises(SourceUnavailable, match=str(status)):
        await scene.poll(Feed.ACCOUNTS)


async def test_records_missing_from_the_board_are_delivered_again() -> None:
    scene = Scene(
        wallets("ann"),
        userFillsByTime=lambda question: [fill(1, "1", "0", at_s=-40), fill(2, "-1", "1", at_s=-30)],
    )
    await scene.poll(Feed.SEASON, Feed.ACCOUNTS, Feed.TRADES)
    again = await scene.source.fetch(Feed.TRADES, Board(ROSTER))
    assert [trade.id for trade in again.trades] == [
        trade.id for trade in scene.board.trades[key("ann")].trades
    ]
