"""A simulated arena as a program: HTTP on loopback, a clock that is set, a book of what was served.

    python -m bench.served TRADERS SEED      (prints its port)

`PUT /clock?at=SECONDS` sets the arena's time. `GET /served` gives every record that was ever in an
answer, as lines `kind key value`: what a perfect collector holds. It is another process so that
nothing of it counts as the collector's.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nof1tui.sources.simulated.arena.api import SimulatedArena

START = datetime(2025, 11, 3, tzinfo=UTC)
MICRO = 1_000_000


def records(endpoint: str, body: dict[str, Any]) -> Iterator[str]:
    """The records of an answer, as the store is asked for them."""
    match endpoint:
        case "account-totals":
            for row in body["accountTotals"]:
                at = round(row["timestamp"] * MICRO)
                yield f"account {row['model_id']}@{at} {float(row['dollar_equity'])!r}"
        case "crypto-prices":
            for price in body["prices"].values():
                yield f"price {price['symbol']}@{price['timestamp'] * 1000} {float(price['price'])!r}"
        case "trades":
            for trade in body["trades"]:
                yield f"trade {trade['id']} {float(trade['realized_net_pnl'])!r}"
        case "conversations":
            for talk in body["conversations"]:
                yield f"decision {talk['id']} -"


class Book(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    arena: SimulatedArena
    now = START
    served: set[str]
    turn = threading.Lock()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/served":
            return self._send(200, "\n".join(sorted(self.served)).encode(), {})
        endpoint = url.path.removeprefix("/api/")
        marker = parse_qs(url.query).get("lastHourlyMarker")
        with self.turn:
            answer = self.arena.answer(endpoint, Book.now, marker=int(marker[0]) if marker else None)
            headers = {"Content-Type": answer.content_type, "ETag": answer.etag or '""'}
            if self.headers.get("If-None-Match") == answer.etag:
                return self._send(304, b"", headers)
            body = answer.body
            if answer.status == 200:
                self.served.update(records(endpoint, json.loads(body)))
        return self._send(answer.status, body, headers)

    def do_PUT(self) -> None:
        Book.now = datetime.fromtimestamp(float(parse_qs(urlsplit(self.path).query)["at"][0]), UTC)
        self._send(200, b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not read."""


def main() -> None:
    traders, seed = int(sys.argv[1]), int(sys.argv[2])
    Book.arena = SimulatedArena(seed=seed, traders=traders, start=START)
    Book.served = set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Book)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
