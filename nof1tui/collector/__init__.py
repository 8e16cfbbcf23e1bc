"""Which feed to poll when, what a failure means, and the hand-over to the store."""

from nof1tui.collector.collector import Collector
from nof1tui.collector.delivery.outbox import Outbox

__all__ = ["Collector", "Outbox"]
