"""Leader election: one leader at a time; a leader that hangs or is disconnected is replaced soon."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

from nof1tui.ports.errors import StoreUnavailable
from nof1tui.store.connection.connect import Database
from nof1tui.store.coordination.leadership import Leadership, LeadershipLost, acquire_leadership, open_session
from nof1tui.store.reading.reader import Reader


def end_sessions(url: str, purpose: str) -> int:
    """Terminate the connections of a purpose, as a crash or a network failure does; returns how many."""
    with psycopg.connect(url, autocommit=True) as db:
        terminated = db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            (f"nof1-tui {purpose}",),
        )
        return terminated.rowcount


async def test_a_second_instance_is_not_elected(database_url: str) -> None:
    async with open_session(database_url, "one") as one, open_session(database_url, "two") as two:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        await lead.send_heartbeat()
        assert await acquire_leadership(two, "2@host", wait=False) is None


async def test_a_candidate_is_elected_when_the_leader_leaves(database_url: str) -> None:
    async with open_session(database_url, "two") as two:
        async with open_session(database_url, "one") as one:
            await acquire_leadership(one, "1@host", wait=False)
            waiting = asyncio.create_task(acquire_leadership(two, "2@host", wait=True))
            await asyncio.sleep(0.05)
            assert not waiting.done()
        began = time.monotonic()
        async with asyncio.timeout(5):
            lead = await waiting
        assert isinstance(lead, Leadership)
        assert time.monotonic() - began < 1.0


async def test_a_leader_whose_session_was_terminated_notices_at_its_next_heartbeat(database_url: str) -> None:
    async with open_session(database_url, "one") as one:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        assert await asyncio.to_thread(end_sessions, database_url, "one") == 1
        with pytest.raises(LeadershipLost):
            await lead.send_heartbeat()


async def test_a_leader_without_heartbeats_is_replaced(database_url: str) -> None:
    async with open_session(database_url, "one", idle_s=1) as one, open_session(database_url, "two") as two:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        async with asyncio.timeout(5):
            await acquire_leadership(two, "2@host", wait=True)
        with pytest.raises(LeadershipLost):
            await lead.send_heartbeat()


async def test_a_candidate_does_not_run_into_the_idle_timeout(database_url: str) -> None:
    async with open_session(database_url, "one") as one, open_session(database_url, "two", idle_s=1) as two:
        await acquire_leadership(one, "1@host", wait=False)
        waiting = asyncio.create_task(acquire_leadership(two, "2@host", wait=True))
        await asyncio.sleep(1.5)
        assert not waiting.done()
        await one.close()
        async with asyncio.timeout(5):
            lead = await waiting
        assert lead is not None
        await lead.send_heartbeat()


async def test_a_candidate_does_not_block_vacuum(database_url: str) -> None:
    async with open_session(database_url, "one") as one, open_session(database_url, "two") as two:
        await acquire_leadership(one, "1@host", wait=False)
        waiting = asyncio.create_task(acquire_leadership(two, "2@host", wait=True))
        query = b"SELECT state, backend_xmin FROM pg_stat_activity WHERE pid = %s"
        seen = []
        for _ in range(5):
            await asyncio.sleep(0.1)
            seen.append(await (await one.execute(query, (two.info.backend_pid,))).fetchone())
        assert ("idle", None) in seen
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_elections_are_counted_and_the_holder_is_recorded(
    database_url: str, database: Database
) -> None:
    reader = Reader(database, None)  # type: ignore[arg-type]  # no record is read
    for number in (1, 2):
        async with open_session(database_url, "one") as one:
            await acquire_leadership(one, f"{number}@host", wait=False)
            state = await reader.collector_state()
            assert state is not None
            assert (state.holder, state.leads) == (f"{number}@host", True)
    with psycopg.connect(database_url) as db:
        assert db.execute("SELECT epoch FROM nof1.collector_state").fetchone() == (2,)
    state = await reader.collector_state()
    assert state is not None
    assert not state.leads


async def test_an_unreachable_server_raises_store_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        async with open_session("postgresql://user@127.0.0.1:1/nof1", "one"):
            pass


async def test_a_candidate_notices_a_server_that_does_not_respond(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nof1tui.store.coordination.leadership.LEADER_TIMEOUT_S", 0.2)
    async with open_session(database_url, "two") as two:
        with psycopg.connect(database_url) as other:
            other.execute("SELECT pg_advisory_lock(1)")
            monkeypatch.setattr("nof1tui.store.coordination.leadership.LEADER_LOCK_KEY", 1)
            real = two.execute

            async def silent(query: object, values: object = None) -> object:
                return await real("SELECT pg_advisory_lock(1)")

            monkeypatch.setattr(two, "execute", silent)
            with pytest.raises(StoreUnavailable, match="no response"):
                await acquire_leadership(two, "2@host", wait=True)
