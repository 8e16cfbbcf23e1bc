"""The status of an arena as the JSON document of `status --json`."""

from __future__ import annotations

from typing import Any

from nof1tui.domain.export.documents import FEEDS, STATUS
from nof1tui.domain.export.rows import row_of
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.figures.views import FeedView


def feed_views(arena: ArenaView) -> tuple[FeedView, ...]:
    """The arena's feeds, in the order in which they were first polled."""
    upstream_now = arena.health.upstream_time(arena.now)
    return tuple(FeedView(health, arena.now, upstream_now) for health in arena.health.feeds.values())


def status_document(arena: ArenaView) -> dict[str, Any]:
    """The document; its keys are stable."""
    feeds = {view.health.feed.value: row_of(FEEDS, view) for view in feed_views(arena)}
    return {**row_of(STATUS, arena), "feeds": feeds}
