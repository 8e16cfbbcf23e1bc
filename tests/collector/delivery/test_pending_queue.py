"""The queue of the outbox: one order over disk and memory, the same item until it is done."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from nof1tui.collector.delivery.pending_queue import PendingQueue
from nof1tui.collector.delivery.spool import Spool
from tests.support.envelopes import prices


def with_spool(folder: Path) -> PendingQueue:
    return PendingQueue(Spool(folder), 1_000_000)


async def test_without_a_spool_items_are_in_memory_and_in_order() -> None:
    queue = PendingQueue(None, 1_000_000)
    assert queue.is_empty
    assert await queue.next() is None
    for number in range(3):
        queue.backlog.put(prices(number))
    assert (queue.record_count, queue.has_spooled, queue.is_empty) == (3, False, False)
    first = await queue.next()
    assert first is not None
    assert first.envelope == prices(0)
    second = await queue.next([first])
    assert second is not None
    assert second.envelope == prices(1)
    assert (queue.has(first), queue.has(second)) == (True, True)
    await queue.done(first)
    assert (queue.has(first), queue.has(second), queue.record_count) == (False, True, 2)
    assert await queue.next() is second


async def test_an_item_stays_the_same_when_it_moves_to_the_spool(tmp_path: Path) -> None:
    queue = with_spool(tmp_path)
    for number in range(2):
        queue.backlog.put(prices(number))
    item = await queue.next()
    assert item is not None
    await queue.flush()
    assert (queue.has_spooled, queue.record_count, bool(queue.backlog)) == (True, 2, False)
    assert await queue.next() is item
    assert queue.has(item)
    await queue.done(item)
    assert (queue.has(item), queue.record_count) == (False, 1)
    left = await queue.next()
    assert left is not None
    assert left.envelope == prices(1)


async def test_what_is_spooled_comes_before_what_is_in_memory(tmp_path: Path) -> None:
    queue = with_spool(tmp_path)
    queue.backlog.put(prices(0))
    await queue.flush()
    queue.backlog.put(prices(1))
    first = await queue.next()
    assert first is not None
    assert first.envelope == prices(0)
    second = await queue.next([first])
    assert second is not None
    assert second.envelope == prices(1)
    assert queue.record_count == 2


async def test_an_added_item_is_spooled_and_without_a_spool_kept_in_memory(tmp_path: Path) -> None:
    queue = with_spool(tmp_path)
    item = await queue.add(prices(0))
    assert (item.spooled is not None, queue.record_count, bool(queue.backlog)) == (True, 1, False)
    assert await queue.next() is item
    memory = PendingQueue(None, 1_000_000)
    item = await memory.add(prices(0))
    assert (item.spooled, memory.record_count) == (None, 1)
    assert await memory.next() is item


async def test_an_unusable_spool_is_logged_once_and_its_return_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder = tmp_path / "spool"
    folder.write_text("a file in its place")
    queue = with_spool(folder)
    for number in range(3):
        queue.backlog.put(prices(number))
        await queue.flush()
    assert (queue.record_count, queue.spool_error) == (3, "File exists")
    folder.unlink()
    await queue.flush()
    assert (queue.has_spooled, queue.record_count, queue.spool_error) == (True, 3, None)
    assert [record.getMessage() for record in caplog.records] == [
        "the spool is unusable, records wait in memory: File exists",
        "the spool is usable again",
    ]


async def test_records_of_killed_processes_are_counted_when_they_are_adopted(tmp_path: Path) -> None:
    left = Spool(tmp_path)
    left.append(prices(0), prices(1))
    left.close()
    queue = with_spool(tmp_path)
    assert await queue.adopt() == 2
    assert await queue.adopt() == 0
    assert await PendingQueue(None, 1).adopt() == 0
