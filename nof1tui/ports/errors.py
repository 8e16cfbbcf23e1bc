"""Errors that ports may raise."""

from __future__ import annotations

from nof1tui.domain.batch import Reject

STATEMENT_TIMEOUT_STATE = "57014"
TIMEOUT_STATES = frozenset({STATEMENT_TIMEOUT_STATE, "25P03"})
"""SQLSTATEs of a statement that was cancelled and of a transaction that was idle for too long."""


class SourceUnavailable(Exception):
    """The source gave no valid response; a retry may succeed. `str()` is fit for display."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


class SourceMalformed(SourceUnavailable):
    """A response was received, but its envelope does not match the contract."""

    reject: Reject | None = None
    """The beginning of the response for quarantine, if worth keeping."""


class StoreUnavailable(Exception):
    """The store cannot be reached or does not work; a retry may succeed. No record is at fault."""

    def __init__(self, reason: str = "", *, state: str | None = None) -> None:
        super().__init__(reason)
        self.state = state
        """SQLSTATE of the server's answer; None without an answer."""

    @property
    def timed_out(self) -> bool:
        """Whether the write took too long: a smaller one may succeed."""
        return self.state in TIMEOUT_STATES


class AccessDenied(StoreUnavailable):
    """The store refuses this role: a wrong password, or a missing privilege. `str()` names the fix."""


class BatchRejected(Exception):
    """The store rejects this batch; a retry cannot succeed."""


class StoreUnusable(Exception):
    """The store must not be used (newer schema, another source's data)."""


class DeliveryFailed(Exception):
    """An alert could not be delivered on this channel. `str()` says why, without secrets."""
