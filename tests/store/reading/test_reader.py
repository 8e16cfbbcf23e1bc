"""The reader: boards as of any time, filters, series that keep their extremes."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import asdict, replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.metrics.basic import max_drawdown, trade_stats
from nof1tui.domain.records import Feed, Inception, Signal
from nof1tui.domain.roster import Roster
from nof1tui.ports.history import PageCursor, RecordFilter
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import series
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, board, decision, key, position, price, trade
from tests.support.equity_lines import read_equity_lines


@pytest.fixture
def writer(database: Database, roster: Roster) -> Writer:
    return Writer(database, arena="nof1", roster=roster)


@pytest.fixture
def reader(database: Database, roster: Roster) -> Reader:
    return Reader(database, roster)


def season() -> list[Batch]:
    """Twelve batches of two accounts, with trades, decisions and prices."""
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
    stored = await reader.board()
    assert stored.leaderboard == ()
    assert stored.season is None


async def test_the_stored_board_equals_the_live_one_at_every_time(
    writer: Writer, reader: Reader, roster: Roster
) -> None:
    batches = season()
    for count, each in enumerate(batches, start=1):
        await writer.write(each)
        live = board(roster, *batches[:count])
        for stored in (await reader.board(), await reader.board(as_of=at(10 * count - 4))):
            assert_same_figures(stored, live)
    for count in range(1, len(batches)):
        assert_same_figures(await reader.board(as_of=at(10 * count - 4)), board(roster, *batches[:count]))


def assert_same_figures(stored: Board, live: Board) -> None:
    assert stored.season == live.season
    assert stored.accounts == live.accounts
    assert stored.leaderboard == live.leaderboard
    assert stored.trades == live.trades
    assert stored.decisions == tuple(replace(each, texts=None) for each in live.decisions)
    assert {coin: quote.price for coin, quote in stored.prices.items()} == {
        coin: quote.price for coin, quote in live.prices.items()
    }


async def test_the_board_is_of_the_newest_season_as_of_its_time(writer: Writer, reader: Reader) -> None:
    later = replace(account_row("gpt-5", 60 * 24 * 30), account=key(season="s1.5"))
    await writer.write(batch(accounts=(account_row("gpt-5"), later)))
    now, then = await reader.board(), await reader.board(as_of=at(60))
    assert now.season is not None and now.season.slug == "s1.5"
    assert then.season is not None and then.season.slug == "s1"
    assert list(then.accounts) == [key()]


async def test_a_season_with_trades_or_decisions_only_has_a_board(writer: Writer, reader: Reader) -> None:
    await writer.write(batch(Feed.TRADES, trades=(trade(1),)))
    await writer.write(batch(Feed.DECISIONS, decisions=(decision(1, minutes=9, account=key(season="s1.5")),)))
    now, then = await reader.board(), await reader.board(as_of=at(5))
    assert now.season is not None and now.season.slug == "s1.5"
    assert [each.id for each in now.decisions] == ["gpt-5_1"] and now.trades == {}
    assert then.season is not None and then.season.slug == "s1"
    assert list(then.trades) == [key()] and then.leaderboard == ()
    assert (await reader.board(as_of=at(-5))).season is None


async def test_capital_comes_from_the_inception_record(writer: Writer, reader: Reader) -> None:
    await writer.write(
        batch(
            accounts=(account_row(equity=30_000.0),), inceptions=(Inception(key(), at(-60), 20_000.0, at(0)),)
        )
    )
    assert (await reader.board()).leaderboard[0].return_pct == pytest.approx(50.0)
    assert (await reader.board(as_of=at(-1))).leaderboard == ()


async def test_trades_are_filtered_by_trader_coin_and_time_and_come_newest_first(
    writer: Writer, reader: Reader
) -> None:
    trades = tuple(
        trade(i, ("gpt-5", "grok-4")[i % 2], i, coin=("BTC", "ETH", "SOL")[i % 3]) for i in range(12)
    )
    await writer.write(batch(Feed.TRADES, trades=trades))
    newest_first = sorted(trades, key=lambda each: each.exit_at, reverse=True)
    assert await reader.trades() == newest_first
    assert await reader.trades(RecordFilter(limit=3)) == newest_first[:3]
    assert await reader.trades(RecordFilter(traders=["grok-4"], coin="ETH")) == [
        each for each in newest_first if each.account.trader == "grok-4" and each.coin == "ETH"
    ]
    assert await reader.trades(RecordFilter(since=at(3), until=at(5))) == newest_first[6:9]
    assert await reader.trades(RecordFilter(traders=["'; DROP TABLE nof1.trades; --"])) == []


async def test_decisions_are_filtered_by_coin(writer: Writer, reader: Reader) -> None:
    about = decision(2, minutes=1, signals=(Signal("XRP", "close_position"),))
    await writer.write(batch(Feed.DECISIONS, decisions=(decision(1), about)))
    assert [each.id for each in await reader.decisions(RecordFilter(coin="XRP"))] == [about.id]
    assert [each.texts for each in await reader.decisions()] == [None, None]


async def test_pages_follow_each_other_without_gap_or_repeat_even_among_equal_times(
    writer: Writer, reader: Reader
) -> None:
    trades = tuple(trade(i, minutes=i // 3) for i in range(11))
    await writer.write(batch(Feed.TRADES, trades=trades, decisions=tuple(decision(i) for i in range(5))))
    read: list[str] = []
    after = None
    while page := await reader.trades(RecordFilter(limit=4), after):
        read += [each.id for each in page]
        after = PageCursor(page[-1].exit_at, page[-1].id)
    assert read == [each.id for each in sorted(trades, key=lambda t: (t.exit_at, t.id), reverse=True)]
    first, *rest = await reader.decisions()
    assert await reader.decisions(after=PageCursor(first.at, first.id)) == rest


@pytest.mark.parametrize(
    "wanted",
    [
        RecordFilter(),
        RecordFilter(traders=["grok-4"]),
        RecordFilter(coin="SOL", won=True),
        RecordFilter(side="short", since=at(3)),
        RecordFilter(season="s1.5"),
    ],
    ids=lambda wanted: str(
        {name: getattr(wanted, name) for name in wanted.__struct_fields__ if getattr(wanted, name)}
    ),
)
async def test_totals_cover_the_matching_trades_regardless_of_the_limit(
    writer: Writer, reader: Reader, wanted: RecordFilter
) -> None:
    chance = random.Random(5)
    trades = tuple(
        trade(
            i,
            chance.choice(("gpt-5", "grok-4")),
            i,
            net=chance.uniform(-50, 50),
            coin=chance.choice(("BTC", "SOL")),
            side=chance.choice(("long", "short")),
        )
        for i in range(40)
    )
    await writer.write(batch(Feed.TRADES, trades=(*trades, trade(99, minutes=1, net_usd=None))))
    plain = trade_stats(await reader.trades(wanted))
    totals = await reader.trade_totals(replace(wanted, limit=1))
    assert asdict(totals) == pytest.approx(asdict(plain))


async def test_decisions_are_searched_with_the_syntax_of_web_search(writer: Writer, reader: Reader) -> None:
    texts = (
        "I hold my long; the plan stands.",
        "Closing the short: funding turned.",
        "Hold. Funding is fine",
    )
    await writer.write(
        batch(Feed.DECISIONS, decisions=tuple(decision(i, summary=text) for i, text in enumerate(texts)))
    )

    async def search(text: str) -> set[str | None]:
        return {each.summary for each in await reader.decisions(RecordFilter(text=text))}

    assert await search("hold") == {texts[0], texts[2]}
    assert await search("hold -funding") == {texts[0]}
    assert await search('"the plan"') == {texts[0]}
    assert await search("it's :*&| <->' nothing") == set()


async def test_events_come_in_pages_by_kind_without_closed_events_that_have_a_trade(
    writer: Writer, reader: Reader, roster: Roster
) -> None:
    opened = account_row(minutes=1, positions=(position("ETH"), position("BTC")))
    shown = board(roster)
    for each in (
        batch(accounts=(account_row(minutes=0),)),
        batch(accounts=(opened,)),
        batch(accounts=(account_row(minutes=2),)),
        batch(Feed.TRADES, trades=(trade(1, minutes=2, coin="ETH"),)),
    ):
        shown = apply_batch(shown, each)
        await writer.write(each)
    assert [(event.kind, event.coin) for event in shown.events] == [
        ("trade", "ETH"),
        ("closed", "BTC"),
        ("opened", "ETH"),
        ("opened", "BTC"),
        ("coin", "ETH"),
        ("coin", "BTC"),
        ("joined", None),
    ]
    assert await reader.events() == list(shown.events)
    assert (await reader.board()).events == shown.events
    assert await reader.events(RecordFilter(kinds=["opened"], coin="BTC")) == [shown.events[3]]
    _, second, *rest = shown.events
    assert await reader.events(after=PageCursor(second.at, second.id)) == rest
    then = await reader.events(RecordFilter(until=at(1), kinds=["opened", "closed"]))
    assert [event.kind for event in then] == ["opened", "opened"]


async def test_observation_times_are_those_of_stored_rows_nearest_first(
    writer: Writer, reader: Reader
) -> None:
    assert await reader.time_range() is None
    assert await reader.observation_times(at(0), "before") == []
    rows = [account_row("gpt-5", i) for i in range(6)] + [account_row("grok-4", i) for i in range(3, 9)]
    await writer.write(batch(accounts=tuple(rows)))
    assert await reader.time_range() == (at(0), at(8))
    assert await reader.observation_times(at(4.5), "before", 3) == [at(4), at(3), at(2)]
    assert await reader.observation_times(at(4), "after", 2) == [at(5), at(6)]
    assert await reader.observation_times(at(7), "after", 9) == [at(8)]


async def test_series_of_few_rows_are_read_from_raw_rows(
    writer: Writer, reader: Reader, database: Database
) -> None:
    rows = tuple(account_row(trader, i, 10_000.0 + i) for i in range(90) for trader in ("gpt-5", "grok-4"))
    quotes = tuple(price("BTC", 100.0 + i, i) for i in range(90))
    await writer.write(batch(accounts=rows, prices=quotes))
    lines = await read_equity_lines(database, at(10), at(19.5))
    assert list(lines) == [key("gpt-5"), key("grok-4")]
    assert list(lines[key()].points()) == [(at(i).timestamp(), 10_000.0 + i) for i in range(10, 20)]
    some = await read_equity_lines(database, at(0), at(9), [key("grok-4"), key("unknown")])
    assert list(some) == [key("grok-4")]
    assert list((await reader.price_series(at(0), at(2)))["BTC"].values) == [100.0, 101.0, 102.0]
    assert await reader.price_series(at(0), at(2), ["ETH"]) == {}


async def test_long_series_come_from_rollups_and_keep_peaks_troughs_and_ends(
    writer: Writer, reader: Reader, database: Database
) -> None:
    chance = random.Random(11)
    count = 2 * series.MAX_RAW_ROWS
    rows = [account_row(minutes=i / 2, equity=10_000 + chance.uniform(-50, 50)) for i in range(count)]
    rows[1234] = replace(rows[1234], equity_usd=25_000.0)
    rows[4321] = replace(rows[4321], equity_usd=1_000.0)
    quotes = tuple(price("BTC", row.equity_usd, i / 2) for i, row in enumerate(rows))
    await writer.write(batch(accounts=tuple(rows), prices=quotes))
    curve = (await reader.board()).curves[key()]
    drawn = (await read_equity_lines(database, at(0), at(count / 2), buckets=100))[key()]
    priced = (await reader.price_series(at(0), at(count / 2), buckets=100))["BTC"]
    assert curve.max_drawdown == max_drawdown((row.equity_usd for row in rows), 10_000.0)
    assert max(len(drawn), len(priced)) <= 4 * 100 + 40
    for line in (curve, drawn, priced):
        assert (max(line.values), min(line.values)) == (25_000.0, 1_000.0)
        assert (line.times[0], line.times[-1]) == (at(0).timestamp(), at((count - 1) / 2).timestamp())
    assert drawn.values[-1] == rows[-1].equity_usd


async def test_the_inventory_counts_rows_and_the_revision_is_the_newest(
    writer: Writer, reader: Reader
) -> None:
    for each in season():
        await writer.write(each)
    counts = (await reader.inventory()).rows
    assert (counts["account_snapshots"], counts["positions"], counts["trades"]) == (24, 12, 12)
    assert await reader.revision() == migrate.HEAD_REVISION
