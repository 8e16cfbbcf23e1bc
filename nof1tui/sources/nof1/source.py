"""The nof1 API as a source: URL of each feed, conditional requests, decoding (contract section 1)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx
from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.health import LoadProgress
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.sources.decoding.schema_drift import KnownDrift
from nof1tui.sources.http.body_limits import ChunkHandler
from nof1tui.sources.http.client import HttpClient, Limits
from nof1tui.sources.nof1.cursor import AccountCursor
from nof1tui.sources.nof1.decoder import BodyDecoder
from nof1tui.sources.nof1.endpoints import FEED_BY_ENDPOINT
from nof1tui.sources.nof1.identities import IdentityRegister

ENDPOINT_BY_FEED = {feed: endpoint for endpoint, feed in FEED_BY_ENDPOINT.items()}
_TIMEOUT_SHARE = {Feed.PRICES: 0.5}
"""Share of the time limit that a feed may use where it is less than all: late prices are worth little."""
_LARGE_BODY_BYTES = 2**18
"""Body size from which progress is reported."""
_PROGRESS_EVERY_S = 0.25
_QUARANTINE_EVERY_S = 3600.0
"""Minimum time between two malformed bodies of one feed that are quarantined."""


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
        self._plausibility = PlausibilityFilter(roster.capital)
        self._identities = IdentityRegister()
        self._seeded_season: Season | None = None
        self._quarantined_s: dict[Feed, float] = {}
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(ENDPOINT_BY_FEED)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """The feed's new records. Raises SourceUnavailable or SourceMalformed with a text for the screen."""
        endpoint = path = ENDPOINT_BY_FEED[feed]
        if feed is Feed.ACCOUNTS:
            marker = self._cursor.next_marker(board, self._monotonic())
            path = endpoint if marker is None else f"{endpoint}?lastHourlyMarker={marker}"
        decoder = self._make_decoder(feed, board)
        handle_chunk = self._progress_handler(decoder, progress)
        has_records = board.health.feed(feed).last_ok_at is not None
        try:
            answer = await self._client.get(
                path, handle_chunk, timeout_share=_TIMEOUT_SHARE.get(feed, 1.0), conditional=has_records
            )
            unchanged = Batch(feed, endpoint, self._clock(), not_modified=True)
            batch = unchanged if answer.status == 304 else decoder.finish()
        except SourceMalformed as error:
            raise self._malformed(feed, error) from error
        self._client.remember_validators(answer)
        return replace(batch, status=answer.status, latency_s=answer.latency_s, skew_s=answer.skew_s)

    def _make_decoder(self, feed: Feed, board: Board) -> BodyDecoder:
        plausibility = None
        if feed is Feed.ACCOUNTS:
            plausibility = self._plausibility
            plausibility.capital = board.ranking_basis.capital
            plausibility.seed(board.accounts)
        if board.season != self._seeded_season:
            self._seeded_season = board.season
            self._identities.seed_from(board)
        return BodyDecoder(
            ENDPOINT_BY_FEED[feed],
            self._clock(),
            self._roster,
            self._known_drift,
            plausibility,
            clock_ahead=timedelta(seconds=board.health.skew_s),
            identities=self._identities,
        )

    def _malformed(self, feed: Feed, error: SourceMalformed) -> SourceMalformed:
        """The error to raise; its body is quarantined once an hour, as error pages differ at each poll."""
        reason, now_s = str(error), self._monotonic()
        malformed = SourceMalformed(sanitise_line(f"{ENDPOINT_BY_FEED[feed]}: {reason}", 200), status=200)
        if now_s - self._quarantined_s.get(feed, -_QUARANTINE_EVERY_S) >= _QUARANTINE_EVERY_S:
            self._quarantined_s[feed] = now_s
            malformed.reject = error.reject
        return malformed

    def _progress_handler(self, decoder: BodyDecoder, progress: ProgressCallback) -> ChunkHandler:
        """Decodes chunks and reports the progress of a large body."""
        reported_s = -math.inf

        def handle_chunk(chunk: bytes) -> None:
            nonlocal reported_s
            decoder.feed(chunk)
            now_s = self._monotonic()
            if decoder.body_bytes >= _LARGE_BODY_BYTES and now_s - reported_s >= _PROGRESS_EVERY_S:
                reported_s = now_s
                progress(LoadProgress(decoder.body_bytes, decoder.record_count))

        return handle_chunk
