"""Counters of the server itself. Labels come from the table of endpoints, never from a request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nof1tui.api.access import Access
from nof1tui.api.body_store import BodyStore
from nof1tui.api.live_board import LiveBoard
from nof1tui.api.stream_hub import StreamHub
from nof1tui.domain.export.metric_families import MetricFamily


class RequestCounts:
    """Answers by route and status."""

    def __init__(self) -> None:
        self._answers = Counter[tuple[str, int]]()

    def add(self, route: str, status: int) -> None:
        self._answers[route, status] += 1

    def families(self) -> Sequence[MetricFamily]:
        samples = [
            ({"route": route, "status": str(status)}, float(count))
            for (route, status), count in sorted(self._answers.items())
        ]
        known = sum(count for (_, status), count in self._answers.items() if status == 304)
        return (
            MetricFamily.of("nof1_serve_requests", "counter", "Answers by route and status.", samples),
            MetricFamily.single("nof1_serve_not_modified", "counter", "Answers without a body.", known),
        )


def server_families(
    counts: RequestCounts, bodies: BodyStore, hub: StreamHub, access: Access, live: LiveBoard
) -> list[MetricFamily]:
    """The metrics of this server."""
    single = MetricFamily.single
    return [
        *counts.families(),
        single("nof1_serve_cache_hits", "counter", "Bodies that were cached.", bodies.hits),
        single("nof1_serve_cache_misses", "counter", "Bodies that had to be made.", bodies.misses),
        single("nof1_serve_cache_bytes", "gauge", "Size of the cached bodies.", bodies.cache.bytes),
        single("nof1_serve_busy", "counter", "Requests refused because too many waited.", bodies.busy),
        single("nof1_serve_streams", "gauge", "Open live streams.", len(hub.clients)),
        single("nof1_serve_streams_dropped", "counter", "Streams whose clients did not read.", hub.dropped),
        single("nof1_serve_auth_failures", "counter", "Requests with a wrong token.", access.failures),
        single("nof1_serve_follower_commits", "counter", "Boards read from the store.", live.generation),
        single("nof1_serve_board_age_seconds", "gauge", "Time since the store was read.", live.read_age_s),
    ]
