"""The live stream: events made once for all clients, kept for those that come back, bounded per client."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

from msgspec import Struct

from nof1tui.api.bodies import encode_json
from nof1tui.api.rows import ApiContext, envelope
from nof1tui.domain.board import Board, coin_order
from nof1tui.domain.export import record_views
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.rows import row_of, rows_of
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.stats.stats_cache import StatsCache

Topic = Literal["board", "prices", "trades", "events", "decisions", "status"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
_EVENT_NAMES = {"trades": "trade", "events": "event", "decisions": "decision"}
_LAST_EVENT_ID = re.compile(rb"([0-9a-f]{8})-(\d{1,15})")

MAX_RING_RECORDS, MAX_RING_BYTES = 10_000, 16 * 1024 * 1024
MAX_QUEUE_RECORDS, MAX_QUEUE_BYTES = 64, 256 * 1024

_T = TypeVar("_T")


class StreamEvent(Struct, frozen=True):
    """One event as it is sent."""

    number: int
    topic: Topic
    data: bytes


class StreamClient:
    """The events that one client has not received. States are replaced by newer ones, records are kept."""

    def __init__(self, topics: frozenset[Topic], token_id: str | None) -> None:
        self.topics, self.token_id = topics, token_id
        self.is_dropped = self.is_ended = False
        self.wake = asyncio.Event()
        self._records: deque[bytes] = deque()
        self._bytes = 0
        self._states: dict[Topic, bytes] = {}

    def put_state(self, topic: Topic, data: bytes) -> None:
        self._states[topic] = data
        self.wake.set()

    def put_record(self, data: bytes) -> None:
        """Queue a record; a client that does not keep up is dropped."""
        if len(self._records) >= MAX_QUEUE_RECORDS or self._bytes + len(data) > MAX_QUEUE_BYTES:
            self.is_dropped = True
        else:
            self._records.append(data)
            self._bytes += len(data)
        self.wake.set()

    def replay(self, events: Iterable[bytes]) -> None:
        """Queue what the client missed; it counts for no limit, as the ring bounds it."""
        self._records.extend(events)
        self.wake.set()

    def take(self) -> bytes:
        """Everything that waits, records before states."""
        self.wake.clear()
        chunk = b"".join((*self._records, *self._states.values()))
        self._records.clear()
        self._states.clear()
        self._bytes = 0
        return chunk

    def end(self) -> None:
        """Ask the client's connection to say good-bye and close."""
        self.is_ended = True
        self.wake.set()


class StreamHub:
    """Makes the events of each new board and gives them to the clients."""

    def __init__(self, context: ApiContext, boot: str) -> None:
        """`boot` is a new text of eight hexadecimal digits at every start."""
        self._context, self._boot = context, boot
        self.clients: set[StreamClient] = set()
        self.dropped = 0
        self._number = 0
        self._ring: deque[StreamEvent] = deque()
        self._ring_bytes = 0
        self._first_kept = 1
        context.live.listen(self._on_board)

    def add(
        self, topics: frozenset[Topic], token_id: str | None, last_event_id: bytes | None
    ) -> StreamClient:
        """A new client: what it missed since its last event, then the states of now."""
        client = StreamClient(topics, token_id)
        client.replay(self._missed(topics, last_event_id))
        for topic in ("board", "prices", "status"):
            if topic in topics and self._context.live.was_read:
                client.put_state(
                    topic, self._event(topic, topic, self._state(topic, self._context.live.board))
                )
        self.clients.add(client)
        return client

    def remove(self, client: StreamClient) -> None:
        self.clients.discard(client)
        self.dropped += client.is_dropped

    def end_all(self, token_ids: frozenset[str] | None = None) -> None:
        """End all streams, or those of these tokens."""
        for client in self.clients:
            if token_ids is None or client.token_id in token_ids:
                client.end()

    def _missed(self, topics: frozenset[Topic], last_event_id: bytes | None) -> list[bytes]:
        found = _LAST_EVENT_ID.fullmatch(last_event_id) if last_event_id else None
        if last_event_id is None:
            return []
        if found is None or found[1].decode() != self._boot or int(found[2]) + 1 < self._first_kept:
            since = self._context.live.board.newest_at
            return [self._event("reset", None, {"topic": None, "since": since})]
        return [its.data for its in self._ring if its.number > int(found[2]) and its.topic in topics]

    def _on_board(self, before: Board, board: Board) -> None:
        wanted = {topic for client in self.clients for topic in client.topics}
        for topic in ("board", "prices", "status"):
            if topic in wanted and (topic != "prices" or before.prices != board.prices):
                data = self._event(topic, topic, self._state(topic, board))
                for client in self.clients:
                    if topic in client.topics:
                        client.put_state(topic, data)
        if before.accounts and board.health.store.failure is None:
            self._add_records(before, board)

    def _add_records(self, before: Board, board: Board) -> None:
        for topic in ("trades", "events", "decisions"):
            fresh = _new_records(_records(topic, before), _records(topic, board))
            if fresh is None or before.season != board.season:
                self._add_record(topic, "reset", {"topic": topic, "since": before.newest_at})
                continue
            for row in self._rows(topic, fresh, board):
                self._add_record(topic, _EVENT_NAMES[topic], row)

    def _rows(self, topic: Topic, fresh: Sequence[Any], board: Board) -> list[dict[str, Any]]:
        if not fresh:
            return []
        if topic == "trades":
            return rows_of(DOCUMENTS["trades"], record_views.trade_views(fresh, board.roster))
        if topic == "events":
            describe = self._context.describe_events(board.roster)
            return rows_of(DOCUMENTS["events"], record_views.event_views(fresh, board.roster, describe))
        return rows_of(DOCUMENTS["chat"], record_views.decision_views(fresh, board, near=board.decisions))

    def _add_record(self, topic: Topic, name: str, document: dict[str, Any]) -> None:
        data = self._event(name, topic, document)
        self._ring.append(StreamEvent(self._number, topic, data))
        self._ring_bytes += len(data)
        while len(self._ring) > MAX_RING_RECORDS or self._ring_bytes > MAX_RING_BYTES:
            oldest = self._ring.popleft()
            self._ring_bytes -= len(oldest.data)
            self._first_kept = oldest.number + 1
        for client in self.clients:
            if topic in client.topics:
                client.put_record(data)

    def _state(self, topic: Topic, board: Board) -> dict[str, Any]:
        context, now = self._context, self._context.clock()
        head = envelope(topic, context, board, None)
        if topic == "prices":
            prices = sorted(
                (its.price for its in board.prices.values()), key=lambda its: coin_order(its.coin)
            )
            return {**head, "rows": rows_of(DOCUMENTS["prices"], record_views.price_views(prices))}
        views = Views(board, now, StatsCache())
        if topic == "status":
            return {**head, **row_of(DOCUMENTS["status"], views.arena), "source": context.source}
        return {
            **head,
            "leaderboard": rows_of(DOCUMENTS["leaderboard"], views.accounts),
            "positions": rows_of(DOCUMENTS["positions"], views.positions),
        }

    def _event(self, name: str, topic: Topic | None, document: dict[str, Any]) -> bytes:
        self._number += 1
        return b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (
            self._boot.encode(),
            self._number,
            name.encode(),
            encode_json(document),
        )


def _records(topic: Topic, board: Board) -> Sequence[Any]:
    """The board's records of a topic."""
    if topic == "trades":
        return [trade for log in board.trades.values() for trade in log.trades]
    return board.events if topic == "events" else board.decisions


def _new_records(before: Sequence[Any], after: Sequence[Any]) -> list[Any] | None:
    """Records of the later board only, oldest first; None where records may lie between the two boards."""
    known = {record.id for record in before}
    fresh = [record for record in after if record.id not in known]
    if before and after and len(fresh) == len(after):
        return None
    return sorted(fresh, key=_time)


def _time(record: Any) -> tuple[datetime, str]:
    return getattr(record, "exit_at", None) or record.at, record.id
