"""Polls feeds, folds their batches into the board, and delivers them to the store."""

from nof1tui.collector.collector import Collector
from nof1tui.collector.delivery.outbox import Outbox

__all__ = ["Collector", "Outbox"]
