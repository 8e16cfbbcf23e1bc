"""The simulated chain, and the arena above it, on a local HTTP server.

    python -m tests.support.chain_server --traders 7 --port 8800

serves both until ctrl+c and prints the settings that use them.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.chain.rate_limit import WeightMeter
from nof1tui.sources.simulated.chain.transport import SimulatedChain, answer_info_request
from tests.support.arena_server import ArenaServer, ArenaState, Json


def real_time() -> datetime:
    return datetime.now(UTC)


class ChainState(ArenaState):
    """A chain at a clock's time, with the answers of its arena if there is one."""

    def __init__(
        self,
        chain: SimulatedChain,
        arena: SimulatedArena | None = None,
        clock: Callable[[], datetime] = real_time,
    ) -> None:
        super().__init__()
        self._chain = chain
        self._arena = arena
        self._clock = clock
        self._lock = threading.Lock()
        self.meter = WeightMeter()
        self.limited = False
        """Whether every request is answered 429, as if another program had spent the budget."""

    def body(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if self._arena is None:
            return None
        with self._lock:
            answer = self._arena.answer(
                path, self._clock(), marker=int(query.get("lastHourlyMarker", ["0"])[0])
            )
        body: Json | None = json.loads(answer.body) if answer.status == 200 else None
        return body

    def info(self, question: bytes) -> tuple[int, bytes]:
        with self._lock:
            if self.limited:
                self.meter.refused_count += 1
                return 429, b"Too Many Requests"
            now = self._clock()
            for _ in self._chain.slices(now):
                pass
            return answer_info_request(self._chain, self.meter, question, now)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Serve a simulated arena and its chain.")
    parser.add_argument("--traders", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--days", type=float, default=3.0, help="how old the season is")
    parser.add_argument(
        "--percent", type=float, help="how much the arena overstates the first trader's equity"
    )
    options = parser.parse_args(arguments)
    arena = SimulatedArena(
        seed=options.seed, traders=options.traders, start=real_time(), history=timedelta(days=options.days)
    )
    chain = SimulatedChain(arena)
    server = ArenaServer(ChainState(chain, arena))
    server.port = options.port
    if options.percent is not None:
        server.tamper = _overstating(next(iter(chain.wallets)), 1.0 + options.percent / 100.0)
    with server:
        print(chain.traders_toml())
        print(f"# NOF1_API_URL={server.url} NOF1_HYPERLIQUID_URL=http://127.0.0.1:{server.port}", flush=True)
        threading.Event().wait()


def _overstating(trader: str, factor: float) -> Callable[[str, Any], None]:
    def tamper(path: str, reply: Any) -> None:
        for row in reply.payload.get("accountTotals", ()):
            if row["model_id"] == trader:
                row["dollar_equity"] *= factor

    return tamper


if __name__ == "__main__":
    main()
