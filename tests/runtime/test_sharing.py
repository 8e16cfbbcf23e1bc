"""Two instances on one store: one collects, the other shows the same and takes over."""

from __future__ import annotations

import asyncio

import psycopg

from nof1tui.domain.roster import Roster
from nof1tui.store.coordination.leadership import ELECTION_RETRY_S
from tests.support.sharing import Instance, instance, running


async def test_one_instance_collects_and_the_other_shows_the_same_board(
    database_url: str, roster: Roster
) -> None:
    first, second = instance(database_url, roster, "1@host"), instance(database_url, roster, "2@host")
    async with running(first, second):
        assert (first.role, second.role) == ("collector", "follower")
        assert second.board.health.store.collector == "1@host"
        first.market.minute = 7
        await first.until(lambda: first.board.prices["BTC"].price.price == 107.0)
        await first.until(lambda: first.board.leaderboard[0].equity_usd == 10_007.0)
        await second.until(lambda: second.board.leaderboard == first.board.leaderboard)
        await second.until(lambda: second.board.prices == first.board.prices, timeout_s=3)
        assert second.board.accounts == first.board.accounts
        assert second.board.events == first.board.events
        assert second.market.asked == 0


def _best(item: Instance) -> float | None:
    """Equity of the first in the ranking; None before there is one."""
    return next((row.equity_usd for row in item.board.leaderboard), None)


async def test_a_follower_sees_a_commit_within_a_quarter_of_a_second(
    database_url: str, roster: Roster
) -> None:
    first, second = instance(database_url, roster, "1@host"), instance(database_url, roster, "2@host")
    async with running(first, second):
        lags = []
        for minute in range(3, 9):
            first.market.minute = minute
            await first.until(lambda: _best(first) == 10_000.0 + minute)  # noqa: B023
            lags.append(await second.until(lambda: _best(second) == 10_000.0 + minute))  # noqa: B023
        assert sorted(lags)[len(lags) // 2] < 0.25


async def test_the_follower_takes_over_when_the_collector_leaves(database_url: str, roster: Roster) -> None:
    first, second = instance(database_url, roster, "1@host"), instance(database_url, roster, "2@host")
    async with running(first, second):
        assert first.task is not None
        first.task.cancel()
        assert await second.until(lambda: second.role == "collector") < 3.0
        await second.until(lambda: second.market.asked > 2)


async def test_a_disconnected_collector_steps_down_when_another_leads(
    database_url: str, roster: Roster
) -> None:
    first, second = instance(database_url, roster, "1@host"), instance(database_url, roster, "2@host")
    async with running(first, second):

        def cut() -> None:
            """Disconnect the leader unless it is the second instance."""
            with psycopg.connect(database_url, autocommit=True) as db:
                db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                    "AND (SELECT holder FROM nof1.collector_state) = '1@host'"
                )

        async with asyncio.timeout(20):
            while second.role != "collector":
                await asyncio.to_thread(cut)
                await asyncio.sleep(ELECTION_RETRY_S / 4)
        await first.until(lambda: first.role == "follower", timeout_s=20)
        assert first.board.health.store.collector == "2@host"
        with psycopg.connect(database_url) as db:
            doubled = db.execute(
                "SELECT count(*) - count(DISTINCT (ts, account_id)) FROM nof1.account_snapshots"
            ).fetchone()
        assert doubled == (0,)
