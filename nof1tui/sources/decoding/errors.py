"""Errors of decoding untrusted bytes."""

from __future__ import annotations

import msgspec

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Exceptions that msgspec raises for untrusted bytes."""


class InvalidRecord(ValueError):
    """The record cannot be decoded; `str()` says why."""


def reject_reason(error: Exception) -> str:
    """Why a record is rejected, in one line."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
