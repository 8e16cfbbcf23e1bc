"""The writer: every record exactly once, despite repeats, overlaps, concurrency and failures."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountRow, Analytics, DecisionTexts, Feed, Inception
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import BatchRejected, StoreUnavailable
from nof1tui.ports.sink import WriteCounts
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, decision, key, position, price, trade


@pytest.fixture
def writer(database: Database, roster: Roster) -> Writer:
    return Writer(database, arena="nof1", roster=roster)


@pytest.fixture
def reader(database: Database, roster: Roster) -> Reader:
    return Reader(database, roster)


def poll() -> Batch:
    """A batch with records of every kind."""
    return batch(
        accounts=(
            account_row("gpt-5", 0, positions=(position("ETH"), position("XRP", -1_476.0, exit_plan=None))),
            account_row("qwen3-max", 1),
        ),
        trades=(trade(1), trade(2, "qwen3-max", 5)),
        decisions=(decision(1), decision(2, "qwen3-max", 3)),
        prices=(price("BTC"), price("ETH", 4_119.7)),
        analytics=(Analytics(key(), at(2), at(3), '{"a": {"win_rate": 33.3}}'),),
        inceptions=(Inception(key(), at(-12_000), 10_000.0, at(0)),),
        rejects=(Reject("trades", '{"id": 5}', "id: expected str", at(1)),),
    )


async def test_a_poll_written_twice_is_stored_once(writer: Writer, reader: Reader) -> None:
    first = await writer.write(poll())
    assert {kind: count.new for kind, count in first.counts.items()} == {
        "accounts": 2,
        "trades": 2,
        "decisions": 2,
        "prices": 2,
        "analytics": 1,
        "inceptions": 1,
        "quarantine": 1,
        "events": 7,
    }
    before = (await reader.inventory()).rows
    again = await writer.write(poll())
    assert {count.new + count.revised for count in again.counts.values()} == {0}
    assert (await reader.inventory()).rows == before
    assert before["positions"] == 2


async def test_values_read_back_are_bitwise_equal_to_those_written(writer: Writer, reader: Reader) -> None:
    odd = account_row(
        "gpt-5",
        0,
        equity=13274.550869,
        realized_usd=-14.469999999999999,
        sharpe_reported=None,
        positions=(position("BTC", 15.479999999999999, mark_price=None, liquidation_price=5e-324),),
    )
    await writer.write(batch(accounts=(odd,), trades=(trade(1, net=-76.61359),)))
    board = await reader.board()
    assert board.accounts[key()] == odd
    assert board.trades[key()].trades == (trade(1, net=-76.61359),)


async def test_decisions_are_read_back_with_all_texts(writer: Writer, reader: Reader) -> None:
    await writer.write(batch(Feed.DECISIONS, decisions=(decision(1),)))
    assert await reader.decisions(with_texts=True) == [decision(1)]
    assert await reader.decision_texts(decision(1).id) == decision(1).texts
    assert await reader.decision_texts("unknown") is None


async def test_a_changed_row_of_the_current_hour_is_a_new_observation(writer: Writer, reader: Reader) -> None:
    await writer.write(batch(accounts=(account_row(minutes=0, equity=1.0),)))
    moved = await writer.write(batch(accounts=(account_row(minutes=2, equity=2.0),)))
    assert moved.counts["accounts"] == WriteCounts(1, 1, 0)
    assert (await reader.inventory()).rows["account_snapshots"] == 2
    assert (await reader.board(as_of=at(1))).accounts[key()].equity_usd == 1.0
    assert (await reader.board()).accounts[key()].equity_usd == 2.0


async def test_an_observation_with_other_content_is_a_revision_and_the_newest_fetch_wins(
    writer: Writer, reader: Reader
) -> None:
    first = account_row(equity=1.0)
    corrected = replace(first, equity_usd=2.0, fetched_at=at(10))
    await writer.write(batch(accounts=(first,)))
    assert (await writer.write(batch(accounts=(corrected,)))).counts["accounts"] == WriteCounts(1, 0, 1)
    assert (await writer.write(batch(accounts=(first,)))).counts["accounts"] == WriteCounts(1, 0, 0)
    assert (await reader.board()).accounts[key()].equity_usd == 2.0


async def test_of_two_rows_with_the_same_key_in_a_batch_the_last_wins(writer: Writer, reader: Reader) -> None:
    twice = batch(accounts=(account_row(equity=1.0), account_row(equity=2.0)))
    assert (await writer.write(twice)).counts["accounts"] == WriteCounts(2, 1, 0)
    assert (await reader.board()).accounts[key()].equity_usd == 2.0


async def test_a_trade_without_fields_keeps_the_stored_ones(writer: Writer, reader: Reader) -> None:
    full = trade(1)
    trimmed = replace(full, entry_price=None, fees_usd=None, net_usd=99.0, fetched_at=at(60))
    for order in ((full, trimmed), (trimmed, full)):
        for each in order:
            await writer.write(batch(Feed.TRADES, trades=(each,)))
        (stored,) = await reader.trades()
        assert (stored.entry_price, stored.fees_usd, stored.net_usd) == (
            full.entry_price,
            full.fees_usd,
            99.0,
        )


async def test_a_changed_decision_is_revised_and_an_equal_one_is_not(writer: Writer, reader: Reader) -> None:
    await writer.write(batch(Feed.DECISIONS, decisions=(decision(1),)))
    later = replace(decision(1), fetched_at=at(30))
    assert (await writer.write(batch(Feed.DECISIONS, decisions=(later,)))).counts["decisions"].revised == 0
    changed = replace(later, summary="I sell.", texts=DecisionTexts(reasoning="because"))
    for _ in range(2):
        await writer.write(batch(Feed.DECISIONS, decisions=(changed,)))
    (stored,) = await reader.decisions(with_texts=True)
    assert stored.summary == "I sell."
    assert stored.texts == DecisionTexts("the prompt", "because", decision(1).texts.answer)  # type: ignore[union-attr]


async def test_positions_share_a_version_while_only_market_values_change(
    writer: Writer, reader: Reader
) -> None:
    original = position("ETH")
    market = replace(original, mark_price=4_200.0, unrealized_usd=1.0, margin_usd=2.0, liquidation_price=3.0)
    plan = replace(original, risk_usd=800.0)
    rows = [account_row(minutes=i, positions=(p,)) for i, p in enumerate((original, market, plan, original))]
    for row in rows:
        await writer.write(batch(accounts=(row,)))
    counts = (await reader.inventory()).rows
    assert (counts["position_versions"], counts["positions"]) == (2, 4)
    for index, row in enumerate(rows):
        assert (await reader.board(as_of=at(index))).accounts[key()] == row


async def test_nul_characters_are_stored_as_replacement_characters(writer: Writer, reader: Reader) -> None:
    odd = decision(
        1,
        summary="nul \x00 here",
        texts=DecisionTexts("p\x00", '{"a":"\\u0000"}', "\\\\u0000 is not nul"),
        extra='{"x":"\\u0000","y":"\\\\u0000"}',
    )
    await writer.write(batch(Feed.DECISIONS, decisions=(odd,)))
    (stored,) = await reader.decisions(with_texts=True)
    assert stored.summary == "nul \ufffd here"
    assert stored.texts == DecisionTexts("p\ufffd", '{"a":"\\u0000"}', "\\\\u0000 is not nul")
    assert stored.extra == '{"x":"\ufffd","y":"\\\\u0000"}'


async def test_two_concurrent_writers_neither_deadlock_nor_write_duplicates(
    database: Database, roster: Roster, reader: Reader
) -> None:
    rows = [
        account_row(trader, minute, equity=minute + 1.0, positions=(position("ETH", minute + 1.0),))
        for trader in ("gpt-5", "qwen3-max", "grok-4")
        for minute in range(40)
    ]
    chance = random.Random(3)

    async def write_all(seed: int) -> None:
        writer = Writer(database, arena="nof1", roster=roster)
        for _ in range(4):
            shuffled = rows[:]
            chance.shuffle(shuffled)
            await writer.write(batch(accounts=tuple(shuffled), trades=(trade(seed), trade(99))))

    await asyncio.gather(write_all(1), write_all(2))
    counts = (await reader.inventory()).rows
    assert (counts["account_snapshots"], counts["position_versions"], counts["trades"]) == (120, 120, 3)


async def test_a_repeated_poll_writes_no_wal(writer: Writer, database: Database) -> None:
    async def wal() -> int:
        async with database.transaction() as db:
            cursor = await db.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    known = replace(poll(), rejects=())
    for _ in range(2):
        await writer.write(known)
    before = await wal()
    await writer.write(known)
    assert await wal() - before < 200


MOMENTS = st.integers(0, 30)
ROWS = st.builds(
    lambda trader, minute, equity, coins, fetched: account_row(
        trader,
        minute,
        equity=equity,
        fetched_at=at(60 + fetched),
        positions=tuple(position(coin, mark_price=equity) for coin in sorted(coins)),
    ),
    st.sampled_from(["gpt-5", "qwen3-max"]),
    MOMENTS,
    st.floats(-1e12, 1e12),
    st.sets(st.sampled_from(["BTC", "ETH"])),
    st.integers(0, 3),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ROWS, max_size=6), max_size=6))
def test_any_sequence_of_batches_gives_the_content_of_a_plain_dictionary(
    database_url: str, roster: Roster, batches: list[list[AccountRow]]
) -> None:
    async def written() -> dict[Any, Any]:
        database = open_pool(database_url)
        try:
            async with database.transaction() as db:
                await db.execute("TRUNCATE nof1.account_snapshots")
            writer = Writer(database, arena="nof1", roster=roster)
            for rows in batches:
                await writer.write(batch(accounts=tuple(rows)))
            async with database.transaction() as db:
                cursor = await db.execute(
                    "SELECT t.slug, s.ts, s.equity, s.marks FROM nof1.account_snapshots s "
                    "JOIN nof1.accounts a ON a.id = s.account_id JOIN nof1.traders t ON t.id = a.trader_id"
                )
                return {(row[0], row[1]): (row[2], row[3]) async for row in cursor}
        finally:
            await database.close()

    expected: dict[Any, AccountRow] = {}
    for rows in batches:
        unique = {(row.account.trader, row.observed_at): row for row in rows}
        for name, row in unique.items():
            known = expected.get(name)
            if known is None or row.fetched_at >= known.fetched_at:
                expected[name] = row
    plain = {name: (row.equity_usd, [p.mark_price for p in row.positions]) for name, row in expected.items()}
    assert asyncio.run(written()) == plain


async def test_the_last_health_of_a_feed_is_stored(writer: Writer, reader: Reader) -> None:
    health = FeedHealth(Feed.TRADES, 30.0, at(1), at(1), at(0), None, 200, None, 5, 1, 2, 3, 0.2, 1000)
    await writer.write_health(replace(health, requests=4))
    await writer.write_health(health)
    assert await reader.feed_states() == [health]
    assert await reader.collector_state() is None


async def test_an_unreachable_database_raises_store_unavailable_without_the_password(roster: Roster) -> None:
    database = open_pool("postgresql://user:very-secret@127.0.0.1:1/nowhere")
    try:
        with pytest.raises(StoreUnavailable) as caught:
            await Writer(database, arena="nof1", roster=roster).write(poll())
    finally:
        await database.close()
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in database.label


async def test_a_batch_that_violates_a_constraint_is_rejected_and_rolled_back(
    writer: Writer, reader: Reader
) -> None:
    broken = batch(accounts=(account_row(positions=(position(quantity=0.0),)),), trades=(trade(1),))
    with pytest.raises(BatchRejected, match="quantity_not_zero"):
        await writer.write(broken)
    assert (await reader.inventory()).rows["trades"] == 0
    assert (await writer.write(poll())).counts["accounts"].new == 2


async def test_ids_of_a_failed_transaction_are_not_cached(writer: Writer, reader: Reader) -> None:
    with pytest.raises(BatchRejected):
        await writer.write(batch(accounts=(account_row("new-one", positions=(position(quantity=0.0),)),)))
    await writer.write(batch(accounts=(account_row("new-one"),)))
    assert [row.account.trader for row in (await reader.board()).accounts.values()] == ["new-one"]
