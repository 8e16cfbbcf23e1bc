"""Errors that ports may raise."""

from __future__ import annotations

from nof1tui.domain.records import Reject


class SourceUnavailable(Exception):
    """The arena did not give a usable answer; the next try may. `str()` is fit for the screen."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


class SourceMalformed(SourceUnavailable):
    """An answer came, but its envelope is not what the contract says."""

    reject: Reject | None = None
    """The beginning of what came, where it is worth keeping."""


class StoreUnavailable(Exception):
    """The store cannot be reached now; trying again makes sense."""


class BatchRejected(Exception):
    """The store is there but will not take this batch: repeating it cannot help."""


class StoreUnusable(Exception):
    """The store must not be used as it is (newer schema, wrong credentials, foreign data)."""


class DeliveryFailed(Exception):
    """An alert did not get out this way. `str()` says why, without secrets."""
