"""Capital flows through the store: a board read back is the live one, also of the past and as known then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import AccountKey, AccountRow, CapitalFlow, Feed, Inception
from nof1tui.domain.roster import Roster, Season
from nof1tui.ports.sink import WriteCounts
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.export_cursor import open_export_stream
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.arena_keys import NOF1

ROSTER = Roster(open_season=Season("wallets", "Wallets"))
START = datetime(2026, 4, 1, tzinfo=UTC)
KEYS = tuple(AccountKey("wallets", trader) for trader in ("alice", "bob", "carol"))


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def row(key: AccountKey, hours: float, equity: float) -> AccountRow:
    return AccountRow(key, after(hours), after(hours), equity)


def flow(key: AccountKey, hours: float, usd: float, *, learned: float | None = None) -> CapitalFlow:
    kind = "deposit" if usd > 0 else "withdrawal"
    known = after(hours if learned is None else learned)
    return CapitalFlow(f"{key.trader}-{hours}", key, after(hours), known, usd, kind, label="deposit")


def poll(*rows: AccountRow, flows: tuple[CapitalFlow, ...] = ()) -> Batch:
    at = max((*(item.observed_at for item in rows), *(item.fetched_at for item in flows)))
    return Batch(Feed.ACCOUNTS, "", at, accounts=rows, flows=flows)


def capital(usd: float) -> Batch:
    return Batch(Feed.SEASON, "", START, inceptions=tuple(Inception(key, START, usd, START) for key in KEYS))


def figures(board: Board) -> list[tuple[object, ...]]:
    """What the leaderboard says, to eleven digits."""

    def of(row: LeaderboardRow) -> Iterator[object]:
        yield from (row.account.trader, row.rank, row.equity_usd, row.rank_change)
        for value in (row.return_pct, row.change_24h_pct, row.max_drawdown_pct, row.sharpe.value):
            yield None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)

    return [tuple(of(row)) for row in board.leaderboard]


def season(seed: int, hours: int) -> Iterator[Batch]:
    """Polls of three accounts with random results, and flows listed with the row that shows them."""
    chance = random.Random(seed)
    equity = dict.fromkeys(KEYS, 10_000.0)
    yield capital(10_000.0)
    yield poll(*(row(key, 0.0, usd) for key, usd in equity.items()))
    for step in range(1, hours):
        flows = list[CapitalFlow]()
        for key in KEYS[:2]:
            equity[key] *= 1.0 + chance.gauss(0.0, 0.01)
            if chance.random() < 0.15:
                usd = round(chance.choice((5_000.0, -0.4 * equity[key], 200.0)), 2)
                equity[key] += usd
                flows.append(flow(key, step - chance.choice((0.0, 0.5)), usd, learned=step))
        yield poll(*(row(key, step, usd) for key, usd in equity.items()), flows=tuple(flows))


@pytest.mark.parametrize("seed", range(3))
async def test_the_board_of_the_store_is_the_live_one_and_that_of_the_past(
    database: Database, seed: int
) -> None:
    writer, reader = Writer(database, arena=NOF1, roster=ROSTER), Reader(database, ROSTER, arena=NOF1)
    live, shown = Board(ROSTER), dict[datetime, list[tuple[object, ...]]]()
    for batch in season(seed, 60):
        live = apply_batch(live, batch)
        await writer.write(batch)
        if live.newest_at is not None:
            shown[live.newest_at] = figures(live)
    stored = await reader.board()
    assert figures(stored) == figures(live)
    assert stored.flows == live.flows
    assert len(stored.flows) == 2
    for moment in random.Random(seed).sample(sorted(shown), 12):
        assert figures(await reader.board(moment)) == shown[moment]


async def test_what_happens_later_never_changes_a_past_board(database: Database) -> None:
    writer, reader = Writer(database, arena=NOF1, roster=ROSTER), Reader(database, ROSTER, arena=NOF1)
    await writer.write(capital(1_000.0))
    await writer.write(
        poll(*(row(key, 0, 1_000.0) for key in KEYS), *(row(key, 24, 1_010.0) for key in KEYS))
    )
    before = await reader.board(after(24))
    await writer.write(poll(row(KEYS[0], 48, 3_030.0), flows=(flow(KEYS[0], 36, 2_000.0),)))
    assert figures(await reader.board(after(24))) == figures(before)
    assert (await reader.board(after(24))).leaderboard[0].restated_at is None


async def test_a_flow_learned_late_restates_the_past_with_a_mark_and_not_what_was_known(
    database: Database,
) -> None:
    """The worked example of two times: the flow of 12:00 is learned at 12:10."""
    writer, reader = Writer(database, arena=NOF1, roster=ROSTER), Reader(database, ROSTER, arena=NOF1)
    key = KEYS[0]
    await writer.write(Batch(Feed.SEASON, "", START, inceptions=(Inception(key, START, 1_000.0, START),)))
    await writer.write(poll(row(key, 0, 1_000.0), row(key, 24, 1_000.0)))
    await writer.write(poll(row(key, 36.08, 3_000.0)))
    asked = after(36.12)
    (wrong,) = (await reader.board(asked)).leaderboard
    assert wrong.return_pct == pytest.approx(200.0)
    await writer.write(poll(row(key, 48, 3_030.0), flows=(flow(key, 36, 2_000.0, learned=36.17),)))
    (right,) = (await reader.board(asked)).leaderboard
    assert right.return_pct == pytest.approx(0.0, abs=1e-9)
    assert right.restated_at == after(36.17)
    (known,) = (await reader.board(asked, after(36.12))).leaderboard
    assert (known.return_pct, known.restated_at) == (pytest.approx(200.0), None)
    (now,) = (await reader.board()).leaderboard
    assert (now.return_pct, now.restated_at) == (pytest.approx(1.0), None)


async def test_a_flow_is_stored_once_and_keeps_the_time_it_was_learned(database: Database) -> None:
    writer, reader = Writer(database, arena=NOF1, roster=ROSTER), Reader(database, ROSTER, arena=NOF1)
    first, again = flow(KEYS[0], 1, 50.0, learned=2), flow(KEYS[0], 1, 50.0, learned=9)
    await writer.write(poll(row(KEYS[0], 0, 100.0)))
    written = [(await writer.write(poll(flows=(item,)))).counts["flows"] for item in (first, again)]
    assert written == [WriteCounts(1, 1, 0), WriteCounts(1, 0, 0)]
    assert (await reader.board()).flows[KEYS[0]] == (first,)
    (event,) = [event for event in await reader.events() if event.kind == "deposit"]
    assert (event.at, event.account, event.value, event.reason) == (after(1), KEYS[0], 50.0, "deposit")


async def test_flows_are_exported_oldest_first(database: Database) -> None:
    writer = Writer(database, arena=NOF1, roster=ROSTER)
    flows = tuple(flow(key, hours, 10.0 * hours) for hours in (3, 1, 2) for key in KEYS)
    await writer.write(poll(*(row(key, 0, 100.0) for key in KEYS)))
    await writer.write(poll(flows=flows))
    async with open_export_stream(database, "flows", arena=NOF1) as stream:
        exported = [record async for chunk in stream.record_chunks for record in chunk]
    assert exported == sorted(flows, key=lambda item: (item.at, item.id))


@pytest.mark.slow
async def test_the_24_hour_change_of_a_fast_arena_is_that_of_the_store_at_every_poll(
    database: Database,
) -> None:
    """Thirty hours with a row every 15 s; compared at each poll of the last ten minutes of every hour."""
    writer, reader = Writer(database, arena=NOF1, roster=ROSTER), Reader(database, ROSTER, arena=NOF1)
    chance, live = random.Random(5), apply_batch(Board(ROSTER), capital(10_000.0))
    equity = dict.fromkeys(KEYS, 10_000.0)
    await writer.write(capital(10_000.0))
    waiting = list[AccountRow]()
    for step in range(30 * 240 + 1):
        for key in KEYS:
            equity[key] *= 1.0 + chance.gauss(0.0, 0.0005)
        batch = poll(*(row(key, step / 240, usd) for key, usd in equity.items()))
        live = apply_batch(live, batch)
        waiting += batch.accounts
        compared = step >= 24 * 240 and step % 240 >= 200
        if compared or len(waiting) >= 600:
            await writer.write(poll(*waiting))
            waiting.clear()
        if compared:
            stored = await reader.board()
            for one, other in zip(live.leaderboard, stored.leaderboard, strict=True):
                assert (one.account, one.rank, one.rank_change) == (
                    other.account,
                    other.rank,
                    other.rank_change,
                )
                assert one.change_24h_pct == other.change_24h_pct is not None
