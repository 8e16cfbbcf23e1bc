"""Alert channels and the alert repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from nof1tui.domain.alerts.alert import Alert, Channel
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey


class Notifier(Protocol):
    """One alert channel. It applies its own timeout and retries."""

    async def send(self, alert: Alert) -> None:
        """Deliver the alert. Raises DeliveryFailed."""
        ...


class AlertDelivery(Struct, frozen=True):
    """State of the delivery of an alert on one channel."""

    channel: Channel
    state: Literal["waiting", "sending", "sent", "failed"]
    at: datetime
    reason: str | None = None


class SaveResult(Struct, frozen=True):
    """Result of `AlertRepository.save`."""

    new_ids: frozenset[str] = frozenset()
    """Ids of the alerts that were not stored before; this instance sends them."""
    outdated: bool = False
    """Another instance has evaluated rules meanwhile; the stored state differs from the one given."""


class AlertRepository(Protocol):
    """Stores alerts and the state of rules: each alert once, whichever instance evaluates."""

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        """The state of all rules, and the alerts since then that are not being sent on some channel yet.

        Raises StoreUnavailable.
        """
        ...

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        """Save state and alerts in one transaction, except for subjects that another instance has changed.

        Raises StoreUnavailable; the same call may then be repeated.
        """
        ...

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        """Save the state of a delivery; False if a later state is stored. Raises StoreUnavailable."""
        ...
