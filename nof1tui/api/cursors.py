"""Cursors of pages: the key of the last row and the moment of the first page, bound to one filter."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from nof1tui.api.problems import ApiProblem
from nof1tui.ports.history import PageCursor

_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FREE = frozenset(("cursor", "limit", "format", "totals"))
"""Parameters that may change between pages."""


class PageStart(Struct, frozen=True, rename={"version": "v", "filter_hash": "f"}, forbid_unknown_fields=True):
    """Where a page begins. Times are microseconds since the epoch."""

    version: int
    what: str
    at: int
    id: str
    now: int
    """When the first page was asked for: relative times count from it on every page."""
    filter_hash: str

    @property
    def after(self) -> PageCursor:
        """The key after which the page begins."""
        return PageCursor(_time(self.at), self.id)

    @property
    def asked_at(self) -> datetime:
        return _time(self.now)


def encode_cursor(what: str, after: PageCursor, asked_at: datetime, values: Mapping[str, Any]) -> str:
    """The cursor of the page after this key."""
    start = PageStart(_VERSION, what, _micros(after.at), after.id, _micros(asked_at), _filter_hash(values))
    return base64.urlsafe_b64encode(msgspec.json.encode(start)).decode().rstrip("=")


def decode_cursor(text: str, what: str, values: Mapping[str, Any]) -> PageStart:
    """Where the page of a cursor begins. Raises ApiProblem `bad-cursor`."""
    try:
        packed = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
        start = msgspec.json.decode(packed, type=PageStart)
        usable = start.after, start.asked_at
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, OverflowError) as error:
        raise ApiProblem("bad-cursor", "it is not a cursor of this server", param="cursor") from error
    if start.version != _VERSION or start.what != what or "\x00" in usable[0].id:
        raise ApiProblem("bad-cursor", "it belongs to another list or version", param="cursor")
    if start.filter_hash != _filter_hash(values):
        raise ApiProblem(
            "bad-cursor", "it belongs to other parameters; begin without a cursor", param="cursor"
        )
    return start


def _filter_hash(values: Mapping[str, Any]) -> str:
    bound = sorted((name, value) for name, value in values.items() if name not in _FREE)
    return blake2b(msgspec.json.encode(bound), digest_size=9).hexdigest()


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _time(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
