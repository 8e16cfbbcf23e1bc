"""Options of the API, all with their defaults."""

from __future__ import annotations

from msgspec import Struct


class ApiOptions(Struct, frozen=True):
    """How the API answers."""

    public: bool = False
    hosts: frozenset[str] | None = None
    """Host names of loopback requests; None accepts any."""
    origins: frozenset[str] = frozenset()
    """Origins whose pages may read `/v1`."""
    max_streams: int = 500
    heartbeat_s: float = 15.0
