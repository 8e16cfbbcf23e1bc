"""What a request to `serve` costs beside a bare ASGI application on the same server, and what streams cost.

    python benchmarks/serve.py            # half a minute
    python benchmarks/serve.py --smoke    # seconds

Two server processes run the same uvicorn protocol: one with the API over a made-up board, one that sends a
constant body of the same size. The cost is processor time of the server for each request, measured in turns.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import Figure, arguments, middle, rss_mb, show

sys.path.insert(0, str(Path(__file__).parent.parent))

PATH = "/v1/leaderboard"
STREAMS, BOARDS_PER_S = 200, 1.0
MEASURED_S = 10


def bare(size: int) -> Any:
    """The simplest application: a constant body of this size, an empty one where the client has it."""
    content = b"x" * size
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % size)]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if any(name == b"if-none-match" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": 304, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return application


async def run_server(kind: str, path: str) -> None:
    """Serve the API, or the bare application of the given size, on a Unix socket until killed."""
    from nof1tui.runtime.http_server import serve_http
    from nof1tui.runtime.listen_addresses import ListenAddress, open_sockets
    from tests.support.fake_api import FakeApi

    with open_sockets([ListenAddress("unix", path)]) as sockets:
        if kind != "api":
            await serve_http(bare(int(kind)), sockets, tls=None, on_end=lambda: None)
            return
        api = FakeApi()
        serving = asyncio.create_task(
            serve_http(api.application, sockets, tls=None, on_end=api.hub.end_all), name="http"
        )
        while not serving.done():
            await asyncio.sleep(1 / BOARDS_PER_S)
            if api.hub.clients:
                api.live.publish(api.live.board)


class Client:
    """One connection that asks one request after the other."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 20
        while True:
            try:
                self._socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def ask(self, target: str, headers: str = "") -> bytes:
        """The whole response, head and body."""
        self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1 << 20)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")),
            0,
        )
        while len(body) < length:
            body += self._socket.recv(1 << 20)
        return head + b"\r\n\r\n" + body


def cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost_us(client: Client, process: int, requests: int, headers: str = "") -> float:
    """Processor time of the server for one request, in µs."""
    before = cpu_s(process)
    for _ in range(requests):
        client.ask(PATH, headers)
    return (cpu_s(process) - before) / requests * 1e6


def start(kind: str, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, "--server", kind, str(path)])


def stream_cost(path: Path, process: int, seconds: float) -> tuple[float, float]:
    """Share of a core in percent, and memory in MB, with 200 clients that read each board."""

    async def read_all() -> tuple[float, float]:
        async def read() -> None:
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
            writer.write(b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while await reader.read(1 << 20):
                pass

        idle_mb = rss_mb(process)
        tasks = [asyncio.create_task(read()) for _ in range(STREAMS)]
        await asyncio.sleep(3)
        before, began = cpu_s(process), time.monotonic()
        await asyncio.sleep(seconds)
        share = (cpu_s(process) - before) / (time.monotonic() - began) * 100
        grown_mb = rss_mb(process) - idle_mb
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return share, grown_mb

    return asyncio.run(read_all())


def measure(folder: Path, *, smoke: bool) -> list[Figure]:
    requests, rounds = (200, 1) if smoke else (2_000, 5)
    processes = [start("api", folder / "api")]
    try:
        api = Client(str(folder / "api"))
        response = api.ask(PATH)
        size = len(response.partition(b"\r\n\r\n")[2])
        etag = next(line for line in response.split(b"\r\n") if line.startswith(b"etag: "))[6:].decode()
        processes.append(start(str(size), folder / "bare"))
        plain = Client(str(folder / "bare"))
        known = f"If-None-Match: {etag}\r\n"
        figures = []
        for what, headers, goal in (("a cached body", "", 1 / 0.90), ("a 304", known, 1 / 0.95)):
            ours, bare_us = list[float](), list[float]()
            for _ in range(rounds):
                ours.append(cost_us(api, processes[0].pid, requests, headers))
                bare_us.append(cost_us(plain, processes[1].pid, requests, headers))
            figures.append(
                Figure(f"{what} of {size:,} B", middle(ours), middle(bare_us), "µs", goal_ratio=goal)
            )
        share, grown_mb = stream_cost(folder / "api", processes[0].pid, 1 if smoke else MEASURED_S)
        figures += [
            Figure(f"{STREAMS} streams, a board a second: a core", share, unit="%", goal=5),
            Figure("  memory for them", grown_mb, unit="MB", goal=30),
        ]
        return figures
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    if "--server" in sys.argv:
        asyncio.run(run_server(*sys.argv[-2:]))
        return
    smoke = arguments(__doc__ or "").smoke
    with tempfile.TemporaryDirectory() as folder:
        show("Processor time of the server", "bare ASGI", measure(Path(folder), smoke=smoke))


if __name__ == "__main__":
    main()
