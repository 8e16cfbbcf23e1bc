"""Who may ask what: tokens and their scopes, rate limits, host names."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

from nof1tui.api.problems import ApiProblem
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.tokens import SCOPES, Scope, Token, TokenBook

TOKEN_FORM = re.compile(r"nof1_([0-9A-Za-z]{8})_([0-9A-Za-z]{49})")
_TOKEN_CACHE_S = 30.0
_AWAY_CACHE_S = 60.0
"""While the store is away, tokens that were valid stay so for this long."""
_FAILURES_PER_MINUTE = 10
_MOST_CLIENTS = 10_000
_PUBLIC_SCOPES: frozenset[Scope] = frozenset(("read", "stream"))
_CHALLENGE = (b"www-authenticate", b'Bearer realm="nof1-tui"')
_RATE = re.compile(r"(\d{1,6})/(s|m)")


class RateLimit(Struct, frozen=True):
    """Requests per second, and how many may come in one burst."""

    per_s: float
    burst: float


def parse_rate(text: str) -> RateLimit | None:
    """The limit that a text like `100/s` or `30/m` names, with a burst of ten seconds; None for `off`.

    Raises ValueError.
    """
    if text.strip().lower() == "off":
        return None
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError("must be a rate such as 100/s or 30/m, or off")
    per_s = int(found[1]) / (60 if found[2] == "m" else 1)
    return RateLimit(per_s, max(10 * per_s, 1.0))


class Grant(Struct, frozen=True):
    """What one client may do."""

    client: str
    """Token id or address: what rate limits and logs count by."""
    scopes: frozenset[Scope]
    rate: RateLimit | None
    token: Token | None = None


_OWNER = Grant("owner", frozenset(SCOPES), None)


class ClientBuckets:
    """Token buckets by client; the longest idle client is forgotten beyond 10,000."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, client: str, rate: RateLimit) -> float:
        """Count one request: 0 if it may pass, else the seconds until one may."""
        now = self._monotonic()
        left, then = self._buckets.get(client, (rate.burst, now))
        left = min(rate.burst, left + (now - then) * rate.per_s)
        passes = left >= 1
        self._buckets[client] = (left - 1 if passes else left, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - left) / rate.per_s


class Access:
    """Grants by token, by peer of the Unix socket, or to the public."""

    def __init__(
        self,
        book: TokenBook | None,
        *,
        public: bool,
        rate: RateLimit | None,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        """Without a book no token is valid."""
        self._book = book
        self._public_scopes = _PUBLIC_SCOPES if public else frozenset[Scope]()
        self._rate = rate
        self._clock, self._monotonic = clock, monotonic
        self._found: OrderedDict[str, tuple[float, Token | None]] = OrderedDict()
        self._buckets = ClientBuckets(monotonic)
        self._failures = ClientBuckets(monotonic)
        self.failures = 0
        """Requests with a token that is not valid."""

    async def grant(self, peer: str | None, authorization: bytes | None) -> Grant:
        """The grant of a request. `peer` is its address; None: the owner, over the Unix socket.

        Raises ApiProblem `token-unknown`, `too-many-requests` and `store-away`.
        """
        if authorization is not None:
            return await self.token_grant(peer, _secret_of(authorization))
        return self.open_grant(peer)

    def open_grant(self, peer: str | None) -> Grant:
        """The grant of a request without a token."""
        if peer is None:
            return _OWNER
        return Grant(client_of(peer), self._public_scopes, self._rate)

    async def token_grant(self, peer: str | None, secret: str) -> Grant:
        """The grant of a token. Raises ApiProblem."""
        found = TOKEN_FORM.fullmatch(secret)
        if found is None:
            raise ApiProblem("token-unknown", "it does not have the form of a token", headers=(_CHALLENGE,))
        token = await self._find(found[1])
        expected = token.hash if token is not None else bytes(32)
        matches = hmac.compare_digest(sha256(found[2].encode()).digest(), expected)
        if token is None or not matches or not token.is_valid(self._clock()):
            self._count_failure(peer)
            raise ApiProblem("token-unknown", "it is unknown, expired or revoked", headers=(_CHALLENGE,))
        rate = parse_rate(token.rate) if token.rate else self._rate
        return Grant(token.id, token.scopes, rate, token)

    def forget_tokens(self) -> None:
        """Look tokens up again, for one may have been revoked."""
        self._found.clear()

    def check(self, grant: Grant, scope: Scope | None) -> None:
        """Count the request. Raises ApiProblem where its rate is exceeded or its scope missing."""
        if grant.rate is not None:
            wait_s = self._buckets.wait_s(grant.client, grant.rate)
            if wait_s > 0:
                seconds = b"%d" % (int(wait_s) + 1)
                headers = ((b"retry-after", seconds), (b"ratelimit", b'"requests";r=0;t=' + seconds))
                raise ApiProblem(
                    "too-many-requests", f"at most {grant.rate.per_s:g} a second", headers=headers
                )
        if scope is not None and scope not in grant.scopes:
            if grant.token is None:
                raise ApiProblem("token-needed", f"it needs the scope {scope}", headers=(_CHALLENGE,))
            raise ApiProblem("scope-missing", f"this token lacks the scope {scope}")

    async def _find(self, token_id: str) -> Token | None:
        now = self._monotonic()
        cached = self._found.get(token_id)
        if cached is not None and now - cached[0] < _TOKEN_CACHE_S:
            return cached[1]
        if self._book is None:
            return None
        try:
            token = await self._book.find(token_id)
        except StoreUnavailable as error:
            if cached is not None and now - cached[0] < _AWAY_CACHE_S:
                return cached[1]
            raise ApiProblem(
                "store-away", "tokens cannot be checked", headers=((b"retry-after", b"1"),)
            ) from error
        self._found[token_id] = (now, token)
        if len(self._found) > _MOST_CLIENTS:
            self._found.popitem(last=False)
        return token

    def _count_failure(self, peer: str | None) -> None:
        """Raises ApiProblem `too-many-requests` for an address that guesses."""
        self.failures += 1
        limit = RateLimit(_FAILURES_PER_MINUTE / 60, _FAILURES_PER_MINUTE)
        if self._failures.wait_s(client_of(peer or ""), limit) > 0:
            raise ApiProblem("too-many-requests", "too many wrong tokens", headers=((b"retry-after", b"60"),))


@lru_cache(maxsize=4_096)
def client_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _secret_of(authorization: bytes) -> str:
    """The token of an Authorization header: Bearer, or the password of Basic."""
    scheme, _, value = authorization.decode("latin-1").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            try:
                pair = base64.b64decode(value.strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
            return pair.partition(":")[2]
        case _:
            return ""
