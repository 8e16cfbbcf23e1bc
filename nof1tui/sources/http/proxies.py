"""Which proxy a request takes: NOF1_PROXY, else the environment's proxies and NO_PROXY, as curl reads them.

httpx reads NO_PROXY as URL patterns: an IPv6 network or `[::1]` there fails as "Invalid port".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.request import getproxies

import httpx

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceUnavailable

SETTING = "NOF1_PROXY"
SCHEMES = ("http", "https", "socks5", "socks5h")
_MAX_PORT = 65_535
_PORT = re.compile(r"(.*[^:]|\[.*\]):(\d+)")
"""An entry of NO_PROXY with a port; an address of IPv6 has one only in brackets."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it."""

    url: str
    """With its password."""
    variable: str

    def __str__(self) -> str:
        """`the proxy HTTPS_PROXY=http://host:port`, without user and password."""
        return f"the proxy {self.variable}={_without_login(self.url)}"


def select_proxy(url: httpx.URL, environ: Mapping[str, str], setting: str | None = None) -> Proxy | None:
    """The proxy for this URL; None for a direct connection.

    `setting` is the value of NOF1_PROXY and applies to every host.
    """
    if setting:
        return Proxy(setting, SETTING)
    proxy = _environment_proxy(url.scheme, environ)
    if proxy is None or is_excluded(url, _read(environ, "no_proxy")[1]):
        return None
    return proxy


def check_proxy(proxy: Proxy) -> httpx.Proxy:
    """The proxy for httpx. Raises SourceUnavailable, with what to do, where it cannot be used."""
    try:
        parsed = httpx.Proxy(proxy.url)
    except (ValueError, httpx.InvalidURL) as error:
        reason = "unknown scheme" if isinstance(error, ValueError) else sanitise_line(str(error), 80)
        raise _unusable(proxy, reason, f"set it to a URL like {_example(proxy)}") from error
    if not parsed.url.host or not 0 < (parsed.url.port or 1) <= _MAX_PORT:
        reason = "it has no host" if not parsed.url.host else f"a port is at most {_MAX_PORT}"
        raise _unusable(proxy, reason, f"set it to a URL like {_example(proxy)}")
    if parsed.url.scheme.startswith("socks") and find_spec("socksio") is None:
        install = "install it (pip install 'httpx[socks]') or use an HTTP proxy"
        raise _unusable(proxy, "SOCKS needs the Python package socksio", install)
    return parsed


def is_excluded(url: httpx.URL, no_proxy: str) -> bool:
    """Whether NO_PROXY names this URL's host: a name, a domain, an address, a network, or `*` for all."""
    return any(_matches(entry, url) for entry in re.split(r"[\s,]+", no_proxy.strip().lower()) if entry)


def _matches(entry: str, url: httpx.URL) -> bool:
    scheme, separator, entry = entry.rpartition("://")
    if separator and scheme not in ("all", url.scheme):
        return False
    if match := _PORT.fullmatch(entry):
        entry, port = match.groups()
        if int(port) != (url.port or {"http": 80, "https": 443}.get(url.scheme)):
            return False
    host, name = url.host.rstrip("."), entry.strip("[]").rstrip(".")
    address = _address(host)
    if name == "*":
        return True
    if address is None:
        name = name.removeprefix("*").removeprefix(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(name.replace("]", ""), strict=False)
    except ValueError:
        return False


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The host as an address, one of IPv4 written as IPv6 as IPv4; None for a name."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _environment_proxy(scheme: str, environ: Mapping[str, str]) -> Proxy | None:
    """The environment's proxy for a scheme, else on macOS that of the system's settings."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        variable, value = _read(environ, name)
        if value:
            return Proxy(value if "://" in value else f"http://{value}", variable)
    if sys.platform == "darwin" and (value := getproxies().get(scheme, "")):
        return Proxy(value, "of the system's settings")
    return None


def _read(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """The variable and its value; the spelling in lower case counts first, as in curl."""
    variable = name if name in environ else name.upper()
    return variable, environ.get(variable, "").strip()


def _unusable(proxy: Proxy, reason: str, do: str) -> SourceUnavailable:
    return SourceUnavailable(f"{proxy} cannot be used: {reason}\n{do}")


def _example(proxy: Proxy) -> str:
    return "http://host:port" + (f" ({', '.join(SCHEMES)})" if "://" in proxy.url else "")


def _without_login(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return sanitise_line(f"{scheme}://{rest.rpartition('@')[2]}", 120)
