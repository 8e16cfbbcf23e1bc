"""Channels for alerts, and the store of alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from nof1tui.domain.alerts.alert import Alert, Channel
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey


class Notifier(Protocol):
    """One way out for alerts. It sees to its own time limit and tries."""

    async def send(self, alert: Alert) -> None:
        """Raises WayFailed."""
        ...


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """What became of an alert on one way out."""

    channel: Channel
    state: Literal["waiting", "sending", "sent", "failed"]
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What `AlertBook.keep` did."""

    new_ids: frozenset[str] = frozenset()
    """Ids of the alerts that nobody had kept before: ours to send."""
    outdated: bool = False
    """Another instance has judged meanwhile: what we knew is not what is kept."""


class AlertRepository(Protocol):
    """Where alerts and what is known of rules are kept: each alert once, whoever judges."""

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        """What is known, and the alerts told since that nobody has begun to send on some way.

        Raises StoreUnavailable.
        """
        ...

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        """Commit all of it at once. Of a subject that another has judged meanwhile neither is kept.

        Raises StoreUnavailable; the same call may then be repeated.
        """
        ...

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        """Write down how far a delivery is; False where it was further already. Raises StoreUnavailable."""
        ...
