"""The transport of all requests: direct or through the proxy of each URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from nof1tui.sources.http.proxies import Proxy, check_proxy, select_proxy
from nof1tui.sources.http.trust import describe_trust, make_ssl_context

_KEEPALIVE_S = 120.0
"""Keep-alive time: longer than most poll intervals, so that connections are reused."""
_LIMITS = httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=_KEEPALIVE_S)
_ROUTE = "nof1_route"


@dataclass(frozen=True, slots=True)
class Route:
    """How a request travels, for the message of its failure."""

    proxy: str | None = None
    """`the proxy HTTPS_PROXY=http://host:port`; None for a direct connection."""
    trust: str | None = None
    """`SSL_CERT_FILE=path` where it replaces the usual certificates."""

    @property
    def through(self) -> str:
        """` (through the proxy …)` to follow the name of a server; empty for a direct connection."""
        return f" (through {self.proxy})" if self.proxy else ""


DIRECT = Route()


def route_of(request: httpx.Request) -> Route:
    """The route that the request took; DIRECT for one of an in-process transport."""
    route = request.extensions.get(_ROUTE)
    return route if isinstance(route, Route) else DIRECT


class RoutedTransport(httpx.AsyncBaseTransport):
    """Sends each request on the route that NOF1_PROXY or the environment gives its URL."""

    def __init__(self, base_url: str, *, environ: Mapping[str, str], proxy: str | None = None) -> None:
        """Raises SourceUnavailable where the proxy of `base_url` or the CA certificates cannot be used."""
        self._environ = environ
        self._proxy_setting = proxy
        self._ssl_context = make_ssl_context(environ)
        self._trust = describe_trust(environ)
        self._transports: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}
        self._transport(select_proxy(httpx.URL(base_url), environ, proxy))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = select_proxy(request.url, self._environ, self._proxy_setting)
        request.extensions[_ROUTE] = Route(None if proxy is None else str(proxy), self._trust)
        return await self._transport(proxy).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    def _transport(self, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
        if proxy not in self._transports:
            self._transports[proxy] = httpx.AsyncHTTPTransport(
                verify=self._ssl_context,
                trust_env=False,
                limits=_LIMITS,
                proxy=None if proxy is None else check_proxy(proxy),
            )
        return self._transports[proxy]
