"""Answers of the simulated arena to each endpoint of the nof1 API (contract 1 to 4). Pure, no network."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nof1tui.sources.simulated.arena import payloads as records
from nof1tui.sources.simulated.arena.conversations import build_conversation_payload
from nof1tui.sources.simulated.arena.market import seeded_random
from nof1tui.sources.simulated.arena.row_archive import ArchivedRow
from nof1tui.sources.simulated.arena.season import MAX_CYCLES, SimulatedSeason
from nof1tui.sources.simulated.arena.strategies import build_profiles

_JSON_TYPE = "application/json; charset=utf-8"
_HTML_TYPE = "text/html; charset=utf-8"
_CHUNK_RECORDS = 64
"""Records in one chunk of a body."""
_RENDERS_PER_YIELD = 4
"""Conversations rendered between two yields."""
_NOT_FOUND_PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title>404: This page could not be found.</title></head>'
    b"<body><h1>404</h1><p>This page could not be found.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class SimulatedResponse:
    """Status and body of a response; `items` are the serialised records between `head` and `tail`."""

    status: int
    head: bytes
    items: Sequence[bytes] = ()
    tail: bytes = b""
    content_type: str = _JSON_TYPE
    etag: str | None = None

    def chunks(self) -> Iterator[bytes]:
        """The body in chunks of several records."""
        yield self.head
        for first in range(0, len(self.items), _CHUNK_RECORDS):
            yield (b"," if first else b"") + b",".join(self.items[first : first + _CHUNK_RECORDS])
        yield self.tail

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks())


class SimulatedArena:
    """A season of simulated trading; live data begins at `start`, `history` lies before it.

    A pure state machine over arena time: equal seed, traders, start, history and request times give equal
    bytes, whatever was requested in between. Request times must not go back further than the running
    two-minute step.
    """

    def __init__(
        self, *, seed: int, traders: int = 7, start: datetime, history: timedelta = timedelta(days=10)
    ) -> None:
        live_at = start.timestamp()
        self.seed = seed
        begins_at = float(int(live_at - history.total_seconds()))
        self.season = SimulatedSeason(seed, build_profiles(seed, traders), begins_at, live_at)
        self._running_rows: dict[int, ArchivedRow] = {}
        self._rendered: dict[str, bytes] = {}
        self._analytics: dict[str, bytes] = {}
        self._analysed_at = 0.0
        ids = seeded_random(seed, "ids")
        self._ids = [ids.getrandbits(128) for _ in range(traders)]

    def slices(self, now: datetime, endpoint: str = "") -> Iterator[None]:
        """Advance to `now` and prepare the records of `endpoint`, yielding every few milliseconds."""
        yield from self.season.slices(now.timestamp())
        if endpoint == "conversations":
            yield from self._render()
        elif endpoint.startswith("analytics"):
            yield from self._render_analytics()
        elif endpoint == "account-totals":
            yield from self._update_running_rows(now.timestamp())

    def answer(self, endpoint: str, now: datetime, *, marker: int | None = None) -> SimulatedResponse:
        """The answer of `/api/<endpoint>` at `now`."""
        for _ in self.slices(now, endpoint):
            pass
        return self.answer_prepared(endpoint, now, marker=marker)

    def answer_prepared(
        self, endpoint: str, now: datetime, *, marker: int | None = None
    ) -> SimulatedResponse:
        """`answer`, after `slices` for the same time and endpoint has run to its end."""
        at = now.timestamp()
        match endpoint.split("/"):
            case ["account-totals"]:
                return self._accounts(at, marker or 0)
            case ["trades"]:
                return self._trades(at)
            case ["conversations"]:
                return _list_response("conversations", list(self._rendered.values()))
            case ["leaderboard"]:
                return _list_response(
                    "leaderboard", [records.encode_payload(row) for row in self.season.leaderboard]
                )
            case ["analytics"]:
                return _list_response("analytics", list(self._analytics.values()), at)
            case ["analytics", trader] if trader in self._analytics:
                return _list_response("analytics", [self._analytics[trader]])
            case ["crypto-prices"]:
                return self._prices(at)
            case ["since-inception-values"]:
                return self._inceptions(at)
            case ["positions"]:
                message = {
                    "message": "Positions API deprecated - use account_totals instead",
                    "positions": [],
                }
                return SimulatedResponse(410, records.encode_payload({**message, "serverTime": _ms(at)}))
            case _:
                return SimulatedResponse(404, _NOT_FOUND_PAGE, content_type=_HTML_TYPE)

    def _accounts(self, at: float, marker: int) -> SimulatedResponse:
        season = self.season
        live = self._running_rows
        closing = [row for index, row in season.closing_rows.items() if row.marker < live[index].marker]
        running = sorted(row for row in (*closing, *live.values()) if row.marker >= marker)
        rows = [*season.archive.since(marker), *running]
        marker_read = max((row.marker for row in rows), default=marker)
        changed = f"{len(rows)}-{zlib.crc32(b''.join(row.payload for row in running)):08x}"
        return _list_response(
            "accountTotals",
            [row.payload for row in rows],
            at,
            f',"lastHourlyMarkerRead":{marker_read}',
            changed,
        )

    def _trades(self, at: float) -> SimulatedResponse:
        newest_first = [
            data for trades in self.season.trades for _, data in sorted(trades, key=_exit_time, reverse=True)
        ]
        count = sum(trader.account.stats.count for trader in self.season.traders)
        return _list_response("trades", newest_first, at, changed=f"t{count}")

    def _prices(self, at: float) -> SimulatedResponse:
        body = {
            "prices": records.build_prices_payload(self.season.market.prices(at), _ms(at)),
            "serverTime": _ms(at),
        }
        data = records.encode_payload(body)
        return SimulatedResponse(200, data, etag=f'"{zlib.crc32(data):08x}"')

    def _inceptions(self, at: float) -> SimulatedResponse:
        rows = [
            records.encode_payload(
                records.build_inception_payload(trader, str(UUID(int=self._ids[index], version=4)))
            )
            for index, trader in enumerate(self.season.traders)
            if trader.inception <= at
        ]
        return _list_response("sinceInceptionValues", rows, at)

    def _render(self) -> Iterator[None]:
        """Serialise the newest decisions that have not been serialised yet."""
        newest = sorted(self.season.cycles, key=lambda cycle: cycle.at, reverse=True)[:MAX_CYCLES]
        rendered: dict[str, bytes] = {}
        new_count = 0
        for cycle in newest:
            name = records.conversation_id(cycle.trader, cycle.at)
            known = self._rendered.get(name)
            rendered[name] = known if known else records.encode_payload(build_conversation_payload(cycle))
            new_count += known is None
            if known is None and new_count % _RENDERS_PER_YIELD == 0:
                self._rendered = {**self._rendered, **rendered}
                yield
        self._rendered = rendered

    def _update_running_rows(self, at: float) -> Iterator[None]:
        """Rebuild every account's current row at this moment's prices."""
        live: dict[int, ArchivedRow] = {}
        for index, trader in enumerate(self.season.traders):
            if trader.has_begun:
                live[index] = self.season.row(index, at)
            if index % _CHUNK_RECORDS == _CHUNK_RECORDS - 1:
                yield
        self._running_rows = live

    def _render_analytics(self) -> Iterator[None]:
        """Serialise every trader's statistics, once per step."""
        at = self.season.market.start
        if at == self._analysed_at:
            return
        rated = [trader for trader in self.season.traders if trader.is_rated]
        for index, trader in enumerate(rated, start=1):
            self._analytics[trader.profile.id] = records.encode_payload(
                records.build_analytics_payload(trader, at)
            )
            if index % _CHUNK_RECORDS == 0:
                yield
        self._analysed_at = at


def _list_response(
    key: str, items: Sequence[bytes], at: float | None = None, extra: str = "", changed: str = ""
) -> SimulatedResponse:
    """An envelope with a list; its weak ETag ignores `serverTime`, so that a 304 is possible."""
    server_time = "" if at is None else f',"serverTime":{_ms(at)}'
    etag = changed or f"{zlib.crc32(b''.join(items)):08x}"
    return SimulatedResponse(
        200, f'{{"{key}":['.encode(), items, f"]{extra}{server_time}}}".encode(), etag=f'W/"{etag}"'
    )


def _exit_time(trade: tuple[float, bytes]) -> float:
    return trade[0]


def _ms(at: float) -> int:
    return int(at * 1000)
