"""Tokens of the HTTP API: what a token may do, and where tokens are looked up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

Scope = Literal["read", "texts", "stream", "metrics", "terminal"]
"""`texts`: prompts, reasoning and answers. Nothing can be written with a token."""
SCOPES: tuple[Scope, ...] = ("read", "texts", "stream", "metrics", "terminal")


class Token(Struct, frozen=True):
    """A stored token; its secret is kept as a hash only."""

    id: str
    name: str
    hash: bytes
    """SHA-256 of the secret."""
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    rate: str | None = None
    """Its own rate limit, such as `10/s`; None: that of the server."""

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return (self.revoked_at is None or now < self.revoked_at) and (
            self.expires_at is None or now < self.expires_at
        )


class TokenBook(Protocol):
    """Stored tokens."""

    async def find(self, token_id: str) -> Token | None:
        """The token of this id; None for an unknown one. Raises StoreUnavailable."""
        ...
