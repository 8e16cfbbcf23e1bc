"""Errors that ports may raise."""

from __future__ import annotations

from nof1tui.domain.batch import Reject


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
    """The store cannot be reached; a retry may succeed."""


class BatchRejected(Exception):
    """The store rejects this batch; a retry cannot succeed."""


class StoreUnusable(Exception):
    """The store must not be used (newer schema, wrong credentials, another source's data)."""


class DeliveryFailed(Exception):
    """An alert could not be delivered on this channel. `str()` says why, without secrets."""
