"""The reader: boards of any moment, filters, series that keep their extremes."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from builders import account_row, at, batch, board, decision, key, position, price, trade

from nof1tui.domain.board import Board
from nof1tui.domain.metrics import max_drawdown
from nof1tui.domain.model import Batch, Feed, Inception, Signal
from nof1tui.domain.roster import Roster
from nof1tui.store.engine import Database
from nof1tui.store.reader import CURVE_POINTS, Filter, Reader
from nof1tui.store.writer import Writer


@pytest.fixture
def writer(database: Database, roster: Roster) -> Writer:
    return Writer(database, arena="nof1", roster=roster)


@pytest.fixture
def reader(database: Database, roster: Roster) -> Reader:
    return Reader(database, roster)


def season() -> list[Batch]:
    """A little history that arrives in pieces."""
    return [
        batch(
            accounts=(
                account_row(
                    "gpt-5", 10 * i, equity=10_000.0 + 37.5 * i, positions=(position(quantity=i + 1.0),)
                ),
                account_row("qwen3-max", 10 * i + 3, equity=10_400.0 - 11.25 * i),
            ),
            trades=(trade(i, minutes=10 * i, net=5.0 - i),),
            decisions=(decision(i, minutes=10 * i + 1),),
            prices=(price("BTC", 114_000.0 + i, 10 * i),),
        )
        for i in range(12)
    ]


async def test_an_empty_store_gives_an_empty_board(reader: Reader) -> None:
    found = await reader.board()
    assert found.standings == ()
    assert found.season is None


async def test_the_stored_board_equals_the_one_shown_live_at_every_moment(
    writer: Writer, reader: Reader, roster: Roster
) -> None:
    told = season()
    for count, each in enumerate(told, start=1):
        await writer.write(each)
        live = board(roster, *told[:count])
        for stored in (await reader.board(), await reader.board(as_of=at(10 * count - 4))):
            same_figures(stored, live)
    for count in range(1, len(told)):
        same_figures(await reader.board(as_of=at(10 * count - 4)), board(roster, *told[:count]))


def same_figures(stored: Board, live: Board) -> None:
    assert stored.season == live.season
    assert stored.accounts == live.accounts
    assert stored.standings == live.standings
    assert stored.trades == live.trades
    assert stored.decisions == tuple(replace(each, texts=None) for each in live.decisions)
    assert {coin: quote.price for coin, quote in stored.prices.items()} == {
        coin: quote.price for coin, quote in live.prices.items()
    }


async def test_the_board_is_of_the_newest_season_at_its_moment(writer: Writer, reader: Reader) -> None:
    later = replace(account_row("gpt-5", 60 * 24 * 30), account=key(season="s1.5"))
    await writer.write(batch(accounts=(account_row("gpt-5"), later)))
    now, then = await reader.board(), await reader.board(as_of=at(60))
    assert now.season is not None and now.season.slug == "s1.5"
    assert then.season is not None and then.season.slug == "s1"
    assert list(then.accounts) == [key()]


async def test_capital_comes_from_the_inception_record(writer: Writer, reader: Reader) -> None:
    await writer.write(
        batch(
            accounts=(account_row(equity=30_000.0),), inceptions=(Inception(key(), at(-60), 20_000.0, at(0)),)
        )
    )
    assert (await reader.board()).standings[0].return_pct == pytest.approx(50.0)
    assert (await reader.board(as_of=at(-1))).standings == ()


async def test_trades_are_filtered_by_trader_coin_and_time_and_come_newest_first(
    writer: Writer, reader: Reader
) -> None:
    told = tuple(
        trade(i, ("gpt-5", "grok-4")[i % 2], i, coin=("BTC", "ETH", "SOL")[i % 3]) for i in range(12)
    )
    await writer.write(batch(Feed.TRADES, trades=told))
    newest_first = sorted(told, key=lambda each: each.exit_at, reverse=True)
    assert await reader.trades() == newest_first
    assert await reader.trades(Filter(limit=3)) == newest_first[:3]
    assert await reader.trades(Filter(traders=["grok-4"], coin="ETH")) == [
        each for each in newest_first if each.account.trader == "grok-4" and each.coin == "ETH"
    ]
    assert await reader.trades(Filter(since=at(3), until=at(5))) == newest_first[6:9]
    assert await reader.trades(Filter(traders=["'; DROP TABLE nof1.trades; --"])) == []


async def test_decisions_can_be_asked_by_coin(writer: Writer, reader: Reader) -> None:
    about = decision(2, minutes=1, signals=(Signal("XRP", "close_position"),))
    await writer.write(batch(Feed.DECISIONS, decisions=(decision(1), about)))
    assert [each.id for each in await reader.decisions(Filter(coin="XRP"))] == [about.id]
    assert [each.texts for each in await reader.decisions()] == [None, None]


async def test_a_long_series_is_thinned_but_keeps_peaks_troughs_and_ends(
    writer: Writer, reader: Reader
) -> None:
    chance = random.Random(11)
    count = 3 * CURVE_POINTS
    rows = [account_row(minutes=i / 2, equity=10_000 + chance.uniform(-50, 50)) for i in range(count)]
    rows[1234] = replace(rows[1234], equity_usd=25_000.0)
    rows[4321] = replace(rows[4321], equity_usd=1_000.0)
    await writer.write(batch(accounts=tuple(rows)))
    curve = (await reader.board()).curves[key()]
    assert len(curve) <= CURVE_POINTS + 4
    assert (max(curve.values), min(curve.values)) == (25_000.0, 1_000.0)
    assert (curve.times[0], curve.times[-1]) == (
        rows[0].observed_at.timestamp(),
        rows[-1].observed_at.timestamp(),
    )
    assert curve.max_drawdown == max_drawdown((row.equity_usd for row in rows), 10_000.0)
    window = await reader.equity_series(key(), at(0), at(100), points=10_000)
    assert list(window.values) == [row.equity_usd for row in rows[:201]]
    assert len(await reader.equity_series(key("nobody"), at(0), at(100))) == 0


async def test_counts_and_revision_tell_where_the_store_stands(writer: Writer, reader: Reader) -> None:
    for each in season():
        await writer.write(each)
    counts = await reader.counts()
    assert (counts["account_snapshots"], counts["positions"], counts["trades"]) == (24, 12, 12)
    assert await reader.revision() == "0001"
