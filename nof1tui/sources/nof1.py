"""The nof1 API as a source: which URL for which feed, bytes to records (contract section 1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from nof1tui.domain.board import Board
from nof1tui.domain.model import Batch, Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.text import plain_line
from nof1tui.ports import SourceMalformed
from nof1tui.sources.cursor import AccountCursor
from nof1tui.sources.http import Asking, Limits
from nof1tui.sources.nof1_wire import FEEDS, open_body

ENDPOINTS = {feed: endpoint for endpoint, feed in FEEDS.items()}
PATIENCE = {Feed.PRICES: 0.5}
"""A feed's share of the time limit where it is not all of it: a late price is worth little."""


class Nof1Source:
    """`ports.Source` over the nof1 API, or any transport that speaks it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        roster: Roster,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        limits: Limits | None = None,
        name: str = "nof1",
    ) -> None:
        self._asking = Asking(client, limits=limits, clock=clock, monotonic=monotonic)
        self._roster = roster
        self._clock = clock
        self._monotonic = monotonic
        self._cursor = AccountCursor()
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(ENDPOINTS)

    async def aclose(self) -> None:
        await self._asking.aclose()

    async def fetch(self, feed: Feed, board: Board) -> Batch:
        """Raises SourceUnavailable or SourceMalformed; their text is fit for the screen."""
        endpoint = path = ENDPOINTS[feed]
        if feed is Feed.ACCOUNTS:
            marker = self._cursor.next_marker(board, self._monotonic())
            path = endpoint if marker is None else f"{endpoint}?lastHourlyMarker={marker}"
        body = bytearray()
        answer = await self._asking.get(path, body.extend, patience=PATIENCE.get(feed, 1.0))
        fetched_at = self._clock()
        if answer.status == 304:
            batch = Batch(feed, endpoint, fetched_at, not_modified=True)
        else:
            try:
                decoding = open_body(endpoint, bytes(body), fetched_at=fetched_at, roster=self._roster)
            except SourceMalformed as error:
                raise SourceMalformed(plain_line(str(error), 200), status=answer.status) from error
            for _ in decoding.slices():
                await asyncio.sleep(0)
            self._asking.keep(answer)
            batch = decoding.batch()
        return replace(batch, status=answer.status, body_bytes=answer.body_bytes, latency_s=answer.latency_s)
