"""Wallets as an arena: requests, the weight budget and failures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.hyperliquid.rate_limit import WEIGHT_BUDGET
from tests.support.info_server import START, fill, millis, position, state
from tests.support.wallet_source import (
    ALL_FEEDS,
    DEFAULT_ANSWERS,
    ROSTER,
    SourceRun,
    account,
    portfolio,
    wallets,
)


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("page", [2, 3, 50])
async def test_a_history_is_read_to_its_first_fill_for_any_page_order(page: int, newest_first: bool) -> None:
    fills, held = [], 0
    for number in range(24):
        size = -1 if held else 1
        fills.append(fill(number, str(size), str(held), at_s=-1000 + 10 * (number // 2)))
        held += size
    fills += [fill(100 + number, "1", "0", at_s=-2000 + number, coin="@107") for number in range(6)]
    run = SourceRun(wallets("ann"), userFillsByTime=lambda question: fills)
    run.server.page, run.server.newest_first = page, newest_first
    batch = await run.source.fetch(Feed.TRADES, run.board)
    assert len(batch.trades) == 12
    assert all(trade.entry_at is not None for trade in batch.trades)


async def test_after_a_restart_only_newer_fills_are_requested() -> None:
    closed = [fill(1, "1", "0", at_s=-9000), fill(2, "-1", "1", at_s=-8000)]
    opened = fill(3, "2", "0", at_s=-3000)
    run = SourceRun(
        wallets("ann"),
        clearinghouseState=lambda question: state("1000", position("BTC", "2", value="200")),
        userFillsByTime=lambda question: [*closed, opened, fill(4, "-2", "2", at_s=-100)],
    )
    run.server.answers["userFillsByTime"] = lambda question: [*closed, opened]
    await run.poll(Feed.TRADES, Feed.ACCOUNTS)
    start_times: list[int] = []

    def answer(question: dict[str, Any]) -> Any:
        start_times.append(question["startTime"])
        return [*closed, opened, fill(4, "-2", "2", at_s=-100)]

    run.server.answers["userFillsByTime"] = answer
    run.source = run.make_source()
    batch = await run.source.fetch(Feed.TRADES, run.board)
    assert min(start_times) == millis(START - timedelta(seconds=8060))
    known = {trade.id for trade in run.board.trades[account("ann")].trades}
    assert len({trade.id for trade in batch.trades} - known) == 1


@pytest.mark.parametrize("count", [3, 60])
async def test_weights_stay_within_the_budget_at_the_shortest_interval(count: int) -> None:
    fills = [fill(number, "1", str(number), at_s=-5000 + number) for number in range(300)]
    run = SourceRun(
        wallets(*(f"w{number}" for number in range(count))),
        clearinghouseState=lambda question: state("1000", position("BTC", "300", value="110")),
        userFillsByTime=lambda question: fills,
        portfolio=portfolio((9, "1000", "0"), (1, "1100", "100")),
    )
    while run.time.passed_s < 240:
        await run.poll(Feed.ACCOUNTS, Feed.PRICES)
        if count == 3 or 60 < run.time.passed_s < 62:
            await run.poll(Feed.TRADES, Feed.SEASON)
        run.time.passed_s += 1
    assert run.server.heaviest_minute() <= WEIGHT_BUDGET
    each = [run.server.count("clearinghouseState", wallet.address) for wallet in run.wallets]
    assert min(each) >= 0.75 * max(each) >= 6
    assert len(run.board.accounts) == count


async def test_fills_are_read_after_a_change_of_state_and_at_an_interval() -> None:
    raw = {"usd": "900.0"}

    def answer(question: dict[str, Any]) -> Any:
        body = state("1000.0")
        return body | {"marginSummary": body["marginSummary"] | {"totalRawUsd": raw["usd"]}}

    run = SourceRun(wallets("ann"), clearinghouseState=answer)
    requests = []
    for usd, pause_s in (*[("900.0", 15)] * 4, *[("899.5", 15)] * 4, ("899.5", 300)):
        raw["usd"] = usd
        run.time.passed_s += pause_s
        await run.poll(Feed.ACCOUNTS, Feed.TRADES)
        requests.append(run.server.count("userFillsByTime"))
    assert requests == [1, 2, 2, 2, 3, 4, 4, 4, 5]


async def test_a_429_blocks_every_feed_until_retry_after() -> None:
    run = SourceRun(wallets("ann", "bob"))
    run.server.answers["clearinghouseState"] = lambda question: httpx.Response(
        429, headers={"Retry-After": "45"}, text="slow down"
    )
    with pytest.raises(SourceUnavailable) as refused:
        await run.poll(Feed.ACCOUNTS)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 45)
    count = len(run.server.asked)
    for feed in ALL_FEEDS:
        with pytest.raises(SourceUnavailable):
            await run.source.fetch(feed, run.board)
    assert len(run.server.asked) == count
    run.time.passed_s += 46
    run.server.answers["clearinghouseState"] = DEFAULT_ANSWERS["clearinghouseState"]
    assert len((await run.poll(*ALL_FEEDS)).accounts) == 2


async def test_a_refused_wallet_does_not_stop_the_others_and_is_reported_once() -> None:
    def answer(question: dict[str, Any]) -> Any:
        if question["user"] == "0xbad":
            return httpx.Response(422, text="Failed to deserialize the JSON body")
        return state("1000.0")

    run = SourceRun(wallets("ann", "bad", "bob"), clearinghouseState=answer)
    batch = await run.source.fetch(Feed.ACCOUNTS, run.board)
    assert {row.account.trader for row in batch.accounts} == {"ann", "bob"}
    (reject,) = batch.rejects
    assert "bad" in reject.reason
    assert "422" in reject.reason
    assert (await run.source.fetch(Feed.ACCOUNTS, run.board)).rejects == ()


async def test_a_feed_without_any_answered_wallet_has_failed() -> None:
    run = SourceRun(wallets("ann", "bob"), clearinghouseState=lambda question: None)
    with pytest.raises(SourceMalformed, match="it is empty"):
        await run.poll(Feed.ACCOUNTS)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_error_is_reported(status: int) -> None:
    run = SourceRun(wallets("ann"), clearinghouseState=lambda question: httpx.Response(status, text="null"))
    with pytest.raises(SourceUnavailable, match=str(status)):
        await run.poll(Feed.ACCOUNTS)


async def test_records_missing_from_the_board_are_delivered_again() -> None:
    run = SourceRun(
        wallets("ann"),
        userFillsByTime=lambda question: [fill(1, "1", "0", at_s=-40), fill(2, "-1", "1", at_s=-30)],
    )
    await run.poll(Feed.SEASON, Feed.ACCOUNTS, Feed.TRADES)
    again = await run.source.fetch(Feed.TRADES, Board(ROSTER))
    assert [trade.id for trade in again.trades] == [
        trade.id for trade in run.board.trades[account("ann")].trades
    ]
