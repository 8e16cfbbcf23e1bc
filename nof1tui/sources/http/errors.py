"""Messages for failed requests: status codes, connection errors, TLS, DNS."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.sources.http.routing import DIRECT, Route

_MEANINGS = {
    401: "the server requires a login",
    403: "the server refuses the request",
    404: "the server does not know this address",
    407: "the proxy requires a login (http://user:password@host:port)",
    410: "the server no longer offers this address",
    429: "the server asks to slow down",
}
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def describe_status(status: int, content_type: str) -> str:
    """What the status of an answer without data means."""
    meaning = _MEANINGS.get(status, "the server failed" if status >= 500 else "unexpected answer")
    page = " (a web page, perhaps a bot check)" if content_type.startswith("text/html") else ""
    return f"{status}: {meaning}{page}"


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds, from either of its forms (RFC 9110, 10.2.3); `now` is the server's."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:12])
    at = parse_http_date(value)
    return None if at is None else max(0.0, (at - now).total_seconds())


def parse_http_date(value: str | None) -> datetime | None:
    """A date of an HTTP header; None where it is missing or malformed."""
    if value is None:
        return None
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def describe_transport_error(
    error: httpx.HTTPError, place: str, limit_s: float, route: Route = DIRECT
) -> str:
    """Why the server at `place` (host and port) did not answer, or the proxy on the route to it."""
    detail = sanitise_line(str(error), 120)
    through = place + route.through
    match error:
        case httpx.ConnectTimeout():
            return f"no connection to {route.proxy or place}: timed out"
        case httpx.ProxyError():
            return f"{route.proxy or 'the proxy'} refuses the connection to {place}: {detail}"
        case httpx.ConnectError():
            known = _describe_connect_error(error, place, route)
            return known or f"no connection to {route.proxy or place}: {detail or 'refused'}"
        case httpx.PoolTimeout():
            return f"all connections to {through} are in use"
        case httpx.TimeoutException():
            return f"{through} took too long to answer: nothing received within the limit of {limit_s:g} s"
        case httpx.DecodingError():
            return f"{through} sent a body that cannot be decompressed"
        case _:
            return f"{through} broke the connection: {detail or type(error).__name__}"


def _describe_connect_error(error: BaseException, place: str, route: Route) -> str | None:
    """The message for the first cause that is more specific than "no connection"; None without one.

    TCP connects to the proxy of the route, where there is one; TLS is the server's.
    """
    peer, server = route.proxy or place, place + route.through
    trust = f"; {route.trust} replaces the usual CA certificates" if route.trust else ""
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return f"no connection to {peer}: its name cannot be found (DNS)"
            case ssl.SSLCertVerificationError():
                why = sanitise_line(str(getattr(cause, "verify_message", cause)), 100)
                return f"no connection to {server}: its certificate is not trusted ({why}{trust})"
            case ssl.SSLError():
                why = sanitise_line(str(getattr(cause, "reason", cause)), 100)
                return f"no connection to {server}: TLS failed ({why})"
            case ConnectionRefusedError():
                return f"no connection to {peer}: refused, nothing is listening there"
            case ConnectionResetError():
                return f"no connection to {peer}: connection reset"
            case OSError(errno=code) if code in _UNREACHABLE:
                return f"no connection to {peer}: the network is unreachable"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, its causes and contexts, breadth first."""
    pending, seen = [error], set[int]()
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            pending.extend(cause.exceptions)
        pending.extend(inner for inner in (cause.__cause__, cause.__context__) if inner is not None)
