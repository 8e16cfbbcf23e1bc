"""Runs an ASGI application on listening sockets until cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import stat
from collections.abc import Callable, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from nof1tui.errors import UsageError
from nof1tui.runtime.http_protocol import LimitedProtocol

_DATE_EVERY_S = 1.0
_END_WITHIN_S = 1.0
_KEEP_ALIVE_S = 15


async def serve_http(
    application: Callable[..., Any],
    sockets: Sequence[socket.socket],
    *,
    tls: ssl.SSLContext | None,
    on_end: Callable[[], None],
) -> None:
    """Serve until cancelled; then `on_end` is called, answers in progress end, and connections are closed."""
    config = Config(
        application,
        interface="asgi3",
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: LimitedProtocol(config, state), sock=each, ssl=tls)
        for each in sockets
    ]
    try:
        while True:
            state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            await asyncio.sleep(_DATE_EVERY_S)
    finally:
        on_end()
        for server in servers:
            server.close()
        await _close_connections(state)


async def _close_connections(state: ServerState) -> None:
    for connection in list(state.connections):
        connection.shutdown()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_WITHIN_S):
            while state.connections:  # noqa: ASYNC110  (uvicorn announces no end of a connection)
                await asyncio.sleep(0.02)
    for connection in list(state.connections):
        if connection.transport is not None:
            connection.transport.abort()


def tls_context(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    """TLS with this certificate; with a client CA clients need a certificate of it. Raises UsageError."""
    try:
        mode = key.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{key} is readable by other users: chmod 600 {key}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        raise UsageError(f"{certificate} and {key} do not make a usable pair: {reason}") from error
    except OSError as error:
        raise UsageError(f"{error.filename or certificate} cannot be read: {error.strerror}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
