"""Polls feeds, merges their batches into boards, and delivers them to the store."""

from nof1tui.collector.collector import Collector
from nof1tui.collector.delivery.outbox import Outbox

__all__ = ["Collector", "Outbox"]
