"""Errors of the API as `application/problem+json` (RFC 9457). The slugs are a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec

from nof1tui.domain.sanitisation import sanitise_line

# fmt: off
ProblemSlug = Literal[
    "bad-parameter", "bad-cursor", "not-found", "gone", "method-not-allowed", "token-needed",
    "token-unknown", "scope-missing", "too-many-requests", "too-large", "busy", "store-away",
    "stale-refused", "internal",
]
# fmt: on
PROBLEM_TYPE = b"application/problem+json"
STATUS_OF_PROBLEM: Mapping[ProblemSlug, int] = MappingProxyType(
    {
        "bad-parameter": 400,
        "bad-cursor": 400,
        "not-found": 404,
        "gone": 410,
        "method-not-allowed": 405,
        "token-needed": 401,
        "token-unknown": 401,
        "scope-missing": 403,
        "too-many-requests": 429,
        "too-large": 413,
        "busy": 503,
        "store-away": 503,
        "stale-refused": 503,
        "internal": 500,
    }
)
TITLES: Mapping[ProblemSlug, str] = MappingProxyType(
    {
        "bad-parameter": "A parameter is not valid",
        "bad-cursor": "The cursor is not valid for this request",
        "not-found": "Not found",
        "gone": "Gone",
        "method-not-allowed": "Method not allowed",
        "token-needed": "A token is needed",
        "token-unknown": "The token is not valid",
        "scope-missing": "The token lacks a scope",
        "too-many-requests": "Too many requests",
        "too-large": "The request is too large",
        "busy": "The server is busy",
        "store-away": "The store cannot be reached",
        "stale-refused": "The data are older than was asked for",
        "internal": "Internal error",
    }
)
_LONGEST_DETAIL = 300
_JSON = msgspec.json.Encoder()


class ApiProblem(Exception):
    """A request that is not answered with data."""

    def __init__(
        self,
        slug: ProblemSlug,
        detail: str = "",
        *,
        param: str | None = None,
        status: int | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = sanitise_line(detail, _LONGEST_DETAIL)
        self.param = None if param is None else sanitise_line(param, 60)
        self.status = status or STATUS_OF_PROBLEM[slug]
        self.headers = tuple(headers)

    def body(self, request_id: str) -> bytes:
        """The problem document; of an internal error the request id and nothing else."""
        document = {
            "type": f"/docs/problems#{self.slug}",
            "title": TITLES[self.slug],
            "status": self.status,
            "instance": request_id,
        }
        if self.detail and self.slug != "internal":
            document["detail"] = self.detail
        if self.param is not None:
            document["param"] = self.param
        return _JSON.encode(document)
