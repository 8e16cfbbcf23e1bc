"""Finds the endpoint of a request line, and reads its parameters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from nof1tui.api.endpoints import BodyFormat, Endpoint
from nof1tui.api.parameters import read_parameters
from nof1tui.api.problems import ApiProblem
from nof1tui.api.reply import AsgiScope
from nof1tui.api.requests import wanted_format
from nof1tui.domain.sanitisation import sanitise_line

_MOST_RESOLVED = 4_096
_RELATIVE = ("-", "now", "today", "yesterday")


class Resolved(Struct, frozen=True):
    """What a request line and its `Accept` mean."""

    endpoint: Endpoint
    values: Mapping[str, Any]
    form: BodyFormat
    key: Hashable | None
    """None where the body depends on the time of the request."""


class Router:
    """The endpoints by their paths; what request lines mean is remembered."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._by_path = {endpoint.path: endpoint for endpoint in endpoints}
        self._resolved: OrderedDict[tuple[str, bytes, bytes], Resolved] = OrderedDict()

    def resolve(self, path: str, query: bytes, accept: bytes) -> Resolved:
        """The endpoint and the values of a request. Raises ApiProblem."""
        line = (path, query, accept)
        known = self._resolved.get(line)
        if known is not None:
            return known
        endpoint, id_values = self._find(path, query)
        try:
            values = read_parameters(endpoint, query.decode("ascii")) | id_values
        except UnicodeDecodeError as error:
            raise ApiProblem("bad-parameter", "the query string must be percent-encoded ASCII") from error
        form = wanted_format(endpoint, accept, values.get("format"))
        moments = [
            values[its.name] for its in endpoint.parameters if its.kind == "moment" and its.name in values
        ]
        is_relative = any(
            text.strip().lower().startswith(_RELATIVE) for text in (*moments, values.get("where", ""))
        )
        is_relative = is_relative or (
            "where" in values and ("-" in values["where"] or "day" in values["where"])
        )
        kept = sorted((name, value) for name, value in values.items() if name != "format")
        key = None if is_relative else (endpoint.name, tuple(kept), form)
        resolved = Resolved(endpoint, values, form, key)
        self._resolved[line] = resolved
        if len(self._resolved) > _MOST_RESOLVED:
            self._resolved.popitem(last=False)
        return resolved

    def _find(self, path: str, query: bytes) -> tuple[Endpoint, dict[str, str]]:
        endpoint = self._by_path.get(path)
        if endpoint is not None:
            return endpoint, {}
        parent, _, last = path.rpartition("/")
        if last == "" and parent in self._by_path:
            location = parent.encode() + (b"?" + query if query else b"")
            raise ApiProblem(
                "not-found", "without the slash at the end", status=308, headers=((b"location", location),)
            )
        endpoint = self._by_path.get(f"{parent}/{{id}}")
        if endpoint is None or not last or len(last) > 300 or not last.isprintable() or "\ufffd" in last:
            raise ApiProblem("not-found", "no such route; /docs lists all")
        return endpoint, {"id": last}


def peer_of(scope: AsgiScope) -> str:
    """The address of the client."""
    return str((scope["client"] or ("unknown",))[0])


def split_token(path: str) -> tuple[str | None, str]:
    """The token of `/t/<token>/api/…`, or None, and the path without it."""
    if not path.startswith("/t/"):
        return None, path
    secret, _, rest = path.removeprefix("/t/").partition("/")
    return secret, f"/{rest}"


def masked_path(path: str) -> str:
    """The path for the log: cut, on one line, a token in it masked."""
    secret, rest = split_token(path)
    return sanitise_line(rest if secret is None else f"/t/***{rest}", 200)
