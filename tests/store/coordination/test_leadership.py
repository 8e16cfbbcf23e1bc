"""The election: one leader, at once when the lead is free, soon when its holder hangs or is cut off."""

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
    """Cut the connections of a purpose, as a crash or a broken network does."""
    with psycopg.connect(url, autocommit=True) as db:
        cut = db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            (f"nof1-tui {purpose}",),
        )
        return cut.rowcount


async def test_the_second_does_not_get_what_the_first_has(database_url: str) -> None:
    async with open_session(database_url, "one") as one, open_session(database_url, "two") as two:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        await lead.send_heartbeat()
        assert await acquire_leadership(two, "2@host", wait=False) is None


async def test_who_waits_is_woken_when_the_lead_is_free(database_url: str) -> None:
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


async def test_a_leader_whose_session_was_cut_notices_at_its_next_sign_of_life(database_url: str) -> None:
    async with open_session(database_url, "one") as one:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        assert await asyncio.to_thread(end_sessions, database_url, "one") == 1
        with pytest.raises(LeadershipLost):
            await lead.send_heartbeat()


async def test_a_leader_that_gives_no_sign_of_life_loses_the_lead(database_url: str) -> None:
    async with open_session(database_url, "one", idle_s=1) as one, open_session(database_url, "two") as two:
        lead = await acquire_leadership(one, "1@host", wait=False)
        assert lead is not None
        async with asyncio.timeout(5):
            await acquire_leadership(two, "2@host", wait=True)
        with pytest.raises(LeadershipLost):
            await lead.send_heartbeat()


async def test_who_waits_is_not_idle(database_url: str) -> None:
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


async def test_who_waits_does_not_hold_back_vacuum(database_url: str) -> None:
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


async def test_elections_are_counted_and_the_holder_is_told(database_url: str, database: Database) -> None:
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


async def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(StoreUnavailable):
        async with open_session("postgresql://nobody@127.0.0.1:1/nof1", "one"):
            pass


async def test_who_waits_notices_a_server_that_has_fallen_silent(
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
            with pytest.raises(StoreUnavailable, match="no answer"):
                await acquire_leadership(two, "2@host", wait=True)
