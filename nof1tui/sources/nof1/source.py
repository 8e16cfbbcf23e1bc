"""The nof1 API as a source: which URL for which feed, bytes to records (contract section 1)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.health import LoadProgress
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.sources.decoding.schema_drift import KnownDrift
from nof1tui.sources.http.body_limits import ChunkHandler
from nof1tui.sources.http.client import HttpClient, Limits
from nof1tui.sources.nof1.cursor import AccountCursor
from nof1tui.sources.nof1.decoder import FEED_BY_ENDPOINT, BodyDecoder

ENDPOINT_BY_FEED = {feed: endpoint for endpoint, feed in FEED_BY_ENDPOINT.items()}
_TIMEOUT_SHARE = {Feed.PRICES: 0.5}
"""A feed's share of the time limit where it is not all of it: a late price is worth little."""
_LARGE_BODY_BYTES = 2**18
"""An answer from this size on tells its progress."""
_PROGRESS_EVERY_S = 0.25
_QUARANTINE_EVERY_S = 3600.0
"""How often the beginning of a malformed body of a feed is kept."""


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
        self._client = HttpClient(client, limits=limits, clock=clock, monotonic=monotonic)
        self._roster = roster
        self._clock = clock
        self._monotonic = monotonic
        self._cursor = AccountCursor()
        self._known_drift = KnownDrift()
        self._judge = PlausibilityFilter(roster.capital)
        self._quarantined_s: dict[Feed, float] = {}
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(ENDPOINT_BY_FEED)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """Raises SourceUnavailable or SourceMalformed; their text is fit for the screen."""
        endpoint = path = ENDPOINT_BY_FEED[feed]
        if feed is Feed.ACCOUNTS:
            marker = self._cursor.next_marker(board, self._monotonic())
            path = endpoint if marker is None else f"{endpoint}?lastHourlyMarker={marker}"
        decoding = self._make_decoder(feed, board)
        take = self._progress_handler(decoding, progress)
        known = board.health.feed(feed).last_ok_at is not None
        try:
            answer = await self._client.get(
                path, take, patience=_TIMEOUT_SHARE.get(feed, 1.0), conditional=known
            )
            unchanged = Batch(feed, endpoint, self._clock(), not_modified=True)
            batch = unchanged if answer.status == 304 else decoding.finish()
        except SourceMalformed as error:
            raise self._malformed(feed, error) from error
        self._client.remember_validators(answer)
        return replace(batch, status=answer.status, latency_s=answer.latency_s, skew_s=answer.skew_s)

    def _make_decoder(self, feed: Feed, board: Board) -> BodyDecoder:
        judge = None
        if feed is Feed.ACCOUNTS:
            judge = self._judge
            judge.capital = board.ranking_basis.capital
            judge.seed(board.accounts)
        ahead = timedelta(seconds=board.health.skew_s)
        return BodyDecoder(
            ENDPOINT_BY_FEED[feed], self._clock(), self._roster, self._known_drift, judge, ahead
        )

    def _malformed(self, feed: Feed, error: SourceMalformed) -> SourceMalformed:
        """The beginning of what came is kept, but not of each try: such pages are never twice the same."""
        reason, now_s = str(error), self._monotonic()
        told = SourceMalformed(sanitise_line(f"{ENDPOINT_BY_FEED[feed]}: {reason}", 200), status=200)
        if now_s - self._quarantined_s.get(feed, -_QUARANTINE_EVERY_S) >= _QUARANTINE_EVERY_S:
            self._quarantined_s[feed] = now_s
            told.reject = error.reject
        return told

    def _progress_handler(self, decoding: BodyDecoder, progress: ProgressCallback) -> ChunkHandler:
        """Decode, and say now and then how far a large answer is."""
        told_s = -math.inf

        def take(piece: bytes) -> None:
            nonlocal told_s
            decoding.feed(piece)
            now_s = self._monotonic()
            if decoding.body_bytes >= _LARGE_BODY_BYTES and now_s - told_s >= _PROGRESS_EVERY_S:
                told_s = now_s
                progress(LoadProgress(decoding.body_bytes, decoding.record_count))

        return take
