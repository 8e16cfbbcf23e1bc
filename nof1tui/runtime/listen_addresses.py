"""Addresses that the API listens on: parsing, what is refused, and open sockets."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import re
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from msgspec import Struct

from nof1tui.errors import UsageError

_PORT = re.compile(
    r"\[(?P<ip6>[0-9A-Fa-f:.%\w]+)\]:(?P<port6>\d{1,5})|(?P<host>[^:\[\]/\s]+):(?P<port>\d{1,5})"
)
_FORMS = "use unix:/path, 127.0.0.1:8420, [::1]:8420, host:port or fd:3"
_OPEN_ADDRESS = (
    "anyone on the network could read {address}: the connection is not encrypted.\n"
    "Listen on 127.0.0.1, give --tls-cert and --tls-key, or put a proxy in front (docs/api.md)."
)
_BACKLOG = 512


class ListenAddress(Struct, frozen=True):
    """One address."""

    kind: Literal["unix", "tcp", "fd"]
    host: str = ""
    """Host of TCP, or path of a Unix socket."""
    number: int = 0
    """Port of TCP, or descriptor."""

    @property
    def is_private(self) -> bool:
        """Whether only processes of this machine can connect; unknown for a descriptor, so False."""
        if self.kind != "tcp":
            return self.kind == "unix"
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> ListenAddress:
    """The address of a text. Raises UsageError with the forms that are possible."""
    if text.startswith("unix:") and text != "unix:":
        path = Path(text.removeprefix("unix:")).expanduser()
        if not path.is_absolute():
            raise UsageError(f"--listen {text!a}: the path of a Unix socket must begin with /")
        return ListenAddress("unix", str(path))
    if re.fullmatch(r"fd:\d{1,4}", text):
        return ListenAddress("fd", number=int(text[3:]))
    found = _PORT.fullmatch(text)
    if found is None or int(found["port6"] or found["port"]) > 65_535:
        raise UsageError(f"--listen {text!a}: {_FORMS}")
    return ListenAddress("tcp", found["ip6"] or found["host"], int(found["port6"] or found["port"]))


def check_addresses(addresses: Sequence[ListenAddress], *, encrypted: bool) -> None:
    """Raises UsageError for an address outside this machine without TLS, whatever else is set."""
    for address in addresses:
        if address.kind == "tcp" and not address.is_private and not encrypted:
            raise UsageError(_OPEN_ADDRESS.format(address=f"{address.host}:{address.number}"))


@contextmanager
def open_sockets(addresses: Sequence[ListenAddress]) -> Iterator[list[socket.socket]]:
    """Listening sockets of these addresses; Unix sockets are removed at the end. Raises UsageError."""
    opened, paths = list[socket.socket](), list[Path]()
    try:
        for address in addresses:
            match address.kind:
                case "unix":
                    opened.append(_unix_socket(Path(address.host)))
                    paths.append(Path(address.host))
                case "fd":
                    opened.append(_inherited_socket(address.number))
                case "tcp":
                    opened.append(_tcp_socket(address))
        yield opened
    finally:
        for each in opened:
            each.close()
        for path in paths:
            path.unlink(missing_ok=True)


def describe_socket(opened: socket.socket, *, encrypted: bool) -> str:
    """The URL of a listening socket, with its real port."""
    if opened.family == socket.AF_UNIX:
        return f"unix:{opened.getsockname()}"
    host, port = opened.getsockname()[:2]
    scheme = "https" if encrypted else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _unix_socket(path: Path) -> socket.socket:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_stale(path)
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            opened.bind(str(path))
        finally:
            os.umask(before)
        opened.listen(_BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on unix:{path}: {error.strerror or error}") from error
    return opened


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that has ended. Raises UsageError for one that lives, OSError."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "a file of this name exists that is not a socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
                return
        raise UsageError(f"another server listens on unix:{path}")


def _inherited_socket(number: int) -> socket.socket:
    try:
        opened = socket.socket(fileno=os.dup(number))
        if opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 1:
            raise OSError(errno.EINVAL, "it is not a listening socket")
    except OSError as error:
        raise UsageError(f"fd:{number} cannot be used: {error.strerror or error}") from error
    return opened


def _tcp_socket(address: ListenAddress) -> socket.socket:
    try:
        family, _, _, _, where = socket.getaddrinfo(
            address.host, address.number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(where[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        where_text = f"{address.host}:{address.number}"
        raise UsageError(f"cannot listen on {where_text}: {error.strerror or error}") from error
