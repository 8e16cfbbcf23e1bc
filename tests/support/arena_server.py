"""A local HTTP server that speaks the arena's contract, with a state that a test can change."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.upstream_faults import Reply

Json = dict[str, Any]


@dataclass
class ArenaState:
    """The arena's current answers; lists hold wire records."""

    rows: list[Json] = field(default_factory=list)
    trades: list[Json] = field(default_factory=list)
    conversations: list[Json] = field(default_factory=list)
    prices: dict[str, float] = field(default_factory=dict)
    analytics: list[Json] = field(default_factory=list)
    inceptions: list[Json] = field(default_factory=list)
    status: int = 200
    """With any other status the answer is a web page, as from a bot check."""

    def body(self, path: str, query: dict[str, list[str]]) -> Json | None:
        now_ms = int(time.time() * 1000)
        if path == "account-totals":
            marker = int(query.get("lastHourlyMarker", ["0"])[0])
            rows = [row for row in self.rows if row["since_inception_hourly_marker"] >= marker]
            newest = max((row["since_inception_hourly_marker"] for row in rows), default=0)
            return {"accountTotals": rows, "lastHourlyMarkerRead": newest, "serverTime": now_ms}
        if path == "crypto-prices":
            quotes = {c: {"symbol": c, "price": p, "timestamp": now_ms} for c, p in self.prices.items()}
            return {"prices": quotes, "serverTime": now_ms}
        lists = {
            "trades": ("trades", self.trades),
            "conversations": ("conversations", self.conversations),
            "analytics": ("analytics", self.analytics),
            "since-inception-values": ("sinceInceptionValues", self.inceptions),
        }
        if path not in lists:
            return None
        key, records = lists[path]
        return {key: records} if path == "conversations" else {key: records, "serverTime": now_ms}

    def info(self, question: bytes) -> tuple[int, bytes]:
        """Status and body of `POST …/info`; overridden where there is a chain."""
        return 404, b"404 page not found"


class ArenaServer:
    """Serves an `ArenaState` under `url` until stopped; `start` again takes the same port."""

    def __init__(self, state: ArenaState) -> None:
        self.state = state
        self.requests: Counter[str] = Counter()
        self.tamper: Callable[[str, Reply], None] | None = None
        """Changes each good reply before it is sent."""
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> ArenaServer:
        arena = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                arena._answer(self)

            def do_POST(self) -> None:
                arena._answer_info(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """No log: tests use `requests`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self) -> ArenaServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = parts.path.removeprefix("/api/")
        self.requests[path] += 1
        body = self.state.body(path, parse_qs(parts.query)) if self.state.status == 200 else None
        if body is None:
            status = self.state.status if self.state.status != 200 else 404
            page = {"Content-Type": "text/html; charset=utf-8"}
            reply = Reply({}, status, page, b"<!DOCTYPE html><title>not here</title>")
        else:
            reply = Reply(copy.deepcopy(body))
            if self.tamper is not None:
                self.tamper(path, reply)
        with suppress(ConnectionError):
            _send(handler, reply)

    def _answer_info(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path.strip("/")
        self.requests[path] += 1
        question = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        status, body = self.state.info(question) if path.endswith("info") else (404, b"404 page not found")
        kind = "application/json" if status == 200 else "text/plain; charset=utf-8"
        with suppress(ConnectionError):
            _send(handler, Reply({}, status, {"Content-Type": kind}, body))


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    content = reply.body()
    if reply.stream is None:
        handler.send_header("Content-Length", str(len(content)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    if reply.stream is not None:
        for chunk in reply.stream:
            handler.wfile.write(chunk)
    elif reply.drip_s:
        for byte in content:
            handler.wfile.write(bytes([byte]))
            time.sleep(reply.drip_s)
    else:
        handler.wfile.write(content if reply.cut is None else content[: reply.cut])


def wire_position(coin: str, quantity: float, *, mark: float, **changes: Any) -> Json:
    """One position with all 21 keys of the contract."""
    entry = changes.pop("entry_price", mark * 0.98)
    return {
        "symbol": coin, "quantity": quantity, "entry_price": entry, "current_price": mark,
        "entry_time": time.time() - 7200.5, "leverage": 10, "margin": abs(quantity) * mark / 10,
        "liquidation_price": entry * (0.9 if quantity > 0 else 1.1),
        "unrealized_pnl": quantity * (mark - entry),
        "closed_pnl": -1.5, "commission": 1.5, "risk_usd": 250, "confidence": 0.7,
        "exit_plan": {"profit_target": mark * 1.1, "stop_loss": mark * 0.95,
                      "invalidation_condition": "4h close below the 20 EMA"},
        "entry_oid": 206132712257, "oid": 206132712257, "tp_oid": -1, "sl_oid": -1,
        "index_col": None, "slippage": 0, "wait_for_fill": False,
    } | changes  # fmt: skip


def wire_row(
    trader: str,
    equity: float,
    *,
    at: float,
    inception: float,
    positions: list[Json] | None = None,
    **changes: Any,
) -> Json:
    """One account row; its id and markers follow from the account's inception."""
    hours, minutes = int((at - inception) // 3600), int((at - inception) // 60)
    by_coin = {position["symbol"]: position for position in positions or []}
    unrealized = sum(position["unrealized_pnl"] for position in by_coin.values())
    return {
        "id": f"{trader}_{hours}", "model_id": trader, "timestamp": at, "dollar_equity": equity,
        "since_inception_hourly_marker": hours, "since_inception_minute_marker": minutes,
        "cum_pnl_pct": round((equity / 10_000 - 1) * 100, 3), "realized_pnl": equity - 10_000 - unrealized,
        "total_unrealized_pnl": unrealized, "sharpe_ratio": 0.31, "positions": by_coin,
    } | changes  # fmt: skip


def wire_trade(trader: str, coin: str, net: float, *, exit_at: float, number: int, **changes: Any) -> Json:
    """One closed trade with all 33 keys of the contract."""
    entry_at = exit_at - 3600.25
    return {
        "id": f"{trader}_00000000-0000-4000-8000-{number:012d}",
        "trade_id": f"{entry_at}_{coin}_{exit_at}_{trader}", "model_id": trader,
        "symbol": coin, "side": "long", "trade_type": "long", "quantity": 0.5,
        "entry_price": 4000, "exit_price": 4000 + net / 0.5, "entry_time": entry_at, "exit_time": exit_at,
        "entry_human_time": "2025-10-26 11:00:00.000000", "exit_human_time": "2025-10-26 12:00:00.000000",
        "realized_gross_pnl": net + 1.8, "realized_net_pnl": net, "entry_closed_pnl": -0.9,
        "exit_closed_pnl": net + 0.9, "entry_commission_dollars": 0.9, "exit_commission_dollars": 0.9,
        "total_commission_dollars": 1.8, "entry_sz": 0.5, "exit_sz": 0.5, "entry_oid": 213881537577,
        "exit_oid": 214341494391, "entry_tid": 94208922751243, "exit_tid": 372512461843509,
        "entry_crossed": True, "exit_crossed": True, "entry_liquidation": None, "exit_liquidation": None,
        "leverage": 1, "confidence": 0, "exit_plan": {},
    } | changes  # fmt: skip


def wire_decision(trader: str, summary: str, *, at: float, **changes: Any) -> Json:
    """One model-chat cycle."""
    signal = {
        "coin": "BTC", "signal": "hold", "quantity": 0.1, "leverage": 20, "profit_target": 120_000,
        "stop_loss": 100_000, "risk_usd": 300, "confidence": 0.8, "invalidation_condition": "4h close below",
        "justification": "",
    }  # fmt: skip
    return {
        "id": f"{trader}_{at:.6f}", "model_id": trader, "timestamp": at, "inserted_at": at + 2.5,
        "cycle_id": 7, "run_id": "20251022131105", "skill": "swing_trading", "user_prompt": "Current state …",
        "cot_trace": "I hold.", "cot_trace_summary": summary, "llm_response": {"BTC": signal},
    } | changes  # fmt: skip
