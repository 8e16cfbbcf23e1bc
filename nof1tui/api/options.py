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
    compat: bool = True
    """Whether nof1's own API is answered under `/api`."""
    strict_marker: bool = False
    """Whether accounts that have no row of the wanted hour are left out of `account-totals`."""
    heartbeat_s: float = 15.0
