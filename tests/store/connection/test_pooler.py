"""A pooler that shares server processes between sessions is detected; a proxy that keeps sessions is not."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.coordination.leadership import acquire_leadership, open_session

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SSL_WANTED, CANCEL = 80877103, 80877102
INVENTED_PID = 990_001
"""The process id that poolers report to their clients."""


class Pooler:
    """A proxy; with `shared` all transactions of all clients run on the first client's connection."""

    def __init__(self, url: str, *, shared: bool) -> None:
        options = parse_qs(urlsplit(url).query)
        self._socket = str(Path(options["host"][0]) / ".s.PGSQL.5432")
        self._password = (
            Path(options["passfile"][0]).read_text().strip().rsplit(":", 1)[-1]
            if "passfile" in options
            else ""
        )
        self._user = options["user"][0]
        self._database = urlsplit(url).path
        self._shared = shared
        self._free = asyncio.Lock()
        self._shared_server: Streams | None = None
        self._greeting = b""
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0)

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    @property
    def url(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        return f"postgresql://{self._user}:{self._password}@127.0.0.1:{port}{self._database}"

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            startup = await _startup(reader, writer)
            if startup is None:
                return
            if self._shared and self._shared_server is not None:
                ready = b"R" + struct.pack("!II", 8, 0) + self._greeting + b"Z" + struct.pack("!I", 5) + b"I"
                writer.write(ready)
                server = self._shared_server
            else:
                server = await self._log_in(startup, reader, writer)
            free = self._free if self._shared else asyncio.Lock()
            while await _transaction(reader, writer, server, free):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _log_in(
        self, startup: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Streams:
        server = await asyncio.open_unix_connection(self._socket)
        self._writers.append(server[1])
        self._shared_server = self._shared_server or server
        server[1].write(startup)
        kind = b""
        while kind != b"Z":
            kind, raw = await _message(server[0])
            if kind == b"K":
                raw = b"K" + struct.pack("!III", 12, INVENTED_PID, 7)
            if kind in b"SK":
                self._greeting += raw
            writer.write(raw)
            if kind == b"R" and struct.unpack("!I", raw[5:9])[0] not in (0, 12):
                server[1].write((await _message(reader))[1])
        return server


async def _transaction(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Streams, free: asyncio.Lock
) -> bool:
    """Forward messages until the server is idle again; False when the client disconnects."""
    kind, raw = await _message(reader)
    if kind == b"X":
        return False
    async with free:
        while True:
            server[1].write(raw)
            if kind in b"QS":
                answer, back = b"", b""
                while answer != b"Z":
                    answer, back = await _message(server[0])
                    writer.write(back)
                if back[5:6] == b"I":
                    return True
            kind, raw = await _message(reader)


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    while True:
        size = await reader.readexactly(4)
        body = await reader.readexactly(struct.unpack("!I", size)[0] - 4)
        code = struct.unpack("!I", body[:4])[0]
        if code == CANCEL:
            return None
        if code < SSL_WANTED:
            return size + body
        writer.write(b"N")


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


@pytest.fixture
async def pooler(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Pooler]:
    started = Pooler(database_url, shared=request.param)
    await started.start()
    yield started
    await started.stop()


@pytest.mark.parametrize("pooler", [True], indirect=True)
async def test_shared_sessions_are_refused_and_the_message_names_the_setting(pooler: Pooler) -> None:
    with pytest.raises(StoreUnusable, match="NOF1_DATABASE_DIRECT_URL"):
        async with open_session(pooler.url, "leader"):
            pass


@pytest.mark.parametrize("pooler", [False], indirect=True)
async def test_a_proxy_that_invents_process_ids_but_keeps_sessions_is_accepted(pooler: Pooler) -> None:
    async with open_session(pooler.url, "leader") as one:
        assert one.info.backend_pid == INVENTED_PID
        assert await acquire_leadership(one, "1@host", wait=False) is not None
