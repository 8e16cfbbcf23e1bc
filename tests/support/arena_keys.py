"""Arenas whose records tests store."""

from __future__ import annotations

from nof1tui.domain.arena import ArenaKey

NOF1 = ArenaKey("nof1", "nof1", "nof1.ai/api")
OTHER = ArenaKey("nof1 localhost:8080", "nof1", "localhost:8080/api")
"""A second server with the same API: its traders, trades and coins may have the same ids."""
