"""The words for an event that `show`, `export` and `serve` share with the screens."""

from __future__ import annotations

from nof1tui.domain.events.event import Event
from nof1tui.domain.export.record_views import DescribeEvent
from nof1tui.domain.roster import Roster
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.style.identities import TraderIdentities


def event_describer(roster: Roster) -> DescribeEvent:
    """A function that returns the description of an event as on the screen."""
    identities = TraderIdentities(roster)

    def describe(event: Event) -> str:
        return describe_event(event, identities).detail

    return describe
