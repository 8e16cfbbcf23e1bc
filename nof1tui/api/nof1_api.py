"""nof1's own API under `/api`, answered from the store, for programs that know that API only."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from nof1tui.api import nof1_records
from nof1tui.api.bodies import JSON_TYPE, Body, HeaderList, encode_json
from nof1tui.api.rows import ApiContext
from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.ports.history import RecordFilter
from nof1tui.ports.tokens import Scope

LISTED = 100
"""Trades of each model, and conversations of all, that the API lists."""
_PREFIX = "/api/"
_MAX_MARKER = 10_000_000
_MARKER = re.compile(r"[0-9]{1,8}")
_HOUR = timedelta(hours=1)
_MOST_STAMPS = 1_000
_HEADERS: HeaderList = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Last-Modified"),
]
_ALIASES = {"account_totals": "account-totals"}
_SCOPES: Mapping[str, Scope] = {"conversations": "texts"}
_GONE = "The positions endpoint is gone: positions are in account-totals."
_Made = tuple[dict[str, Any], bool]
"""A document, and whether it has `serverTime`."""


class Nof1Refusal(Exception):
    """A request that is answered with a message in place of records."""

    def __init__(self, status: int, document: Mapping[str, Any], headers: HeaderList | None = None) -> None:
        super().__init__(status)
        self.status, self.document = status, document
        self.headers = [*(headers or ()), *_HEADERS]


class Nof1Request(Struct, frozen=True):
    """What a request under `/api` asks for; it is the key of the body."""

    name: str
    argument: str | int | None = None
    """The model of `analytics`, the marker of `account-totals`."""

    @property
    def scope(self) -> Scope:
        return _SCOPES.get(self.name, "read")


class Nof1Api:
    """Bodies of nof1's API made of the board and the store."""

    def __init__(self, context: ApiContext, *, strict_marker: bool = False) -> None:
        """With a strict marker accounts without a row of that hour are left out, as upstream does."""
        self._context = context
        self._strict = strict_marker
        self._stamps: OrderedDict[Nof1Request, tuple[bytes, datetime]] = OrderedDict()
        self._makers: Mapping[str, Callable[[Nof1Request], Awaitable[_Made]]] = {
            "account-totals": self._account_totals,
            "trades": self._trades,
            "conversations": self._conversations,
            "leaderboard": self._leaderboard,
            "analytics": self._analytics,
            "crypto-prices": self._prices,
            "since-inception-values": self._inceptions,
        }

    def parse(self, method: str, path: str, query: bytes) -> Nof1Request:
        """The request of a path below `/api`. Raises Nof1Refusal."""
        name, _, model = path.removeprefix(_PREFIX).partition("/")
        name = _ALIASES.get(name, name)
        if name == "positions" and not model and method in ("GET", "HEAD", "POST"):
            stamp = nof1_records.milliseconds(self._context.live.published_at)
            raise Nof1Refusal(410, {"message": _GONE, "positions": [], "serverTime": stamp})
        if path.endswith("/") and path.rstrip("/"):
            location = path.rstrip("/").encode("utf-8", "replace") + (b"?" + query if query else b"")
            raise Nof1Refusal(308, {"redirect": path.rstrip("/"), "status": "308"}, [(b"location", location)])
        if name not in self._makers or (model and name != "analytics"):
            raise Nof1Refusal(404, {"message": "Not found"})
        if method not in ("GET", "HEAD", "OPTIONS"):
            raise Nof1Refusal(405, {"message": "Method not allowed"}, [(b"allow", b"GET, HEAD, OPTIONS")])
        if name == "account-totals":
            return Nof1Request(name, _marker(query))
        return Nof1Request(name, model or None)

    async def body(self, request: Nof1Request) -> Body:
        """The body of a request. Raises Nof1Refusal and StoreUnavailable."""
        document, has_time = await self._makers[request.name](request)
        identity = encode_json(document)
        changed_at = self._changed_at(request, identity)
        content = identity
        if has_time:
            stamp = nof1_records.milliseconds(changed_at)
            content = identity[:-1] + b',"serverTime":%d}' % stamp
        return Body(
            content,
            JSON_TYPE,
            modified_at=changed_at,
            cache_control=b"public, max-age=0, must-revalidate",
            identity=identity,
            more=_HEADERS,
        )

    def _changed_at(self, request: Nof1Request, identity: bytes) -> datetime:
        """When the records of this request last changed: `serverTime` moves only with them."""
        known = self._stamps.get(request)
        if known is None or known[0] != identity:
            known = (identity, self._context.live.published_at)
        self._stamps[request] = known
        self._stamps.move_to_end(request)
        if len(self._stamps) > _MOST_STAMPS:
            self._stamps.popitem(last=False)
        return known[1]

    async def _account_totals(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        marker = request.argument if isinstance(request.argument, int) else 0
        firsts = _first_markers(board, marker, strict=self._strict)
        rows = _newest_of_hours(await self._rows_since(board, firsts), firsts)
        records = [
            nof1_records.account_row(row, with_null_sharpe=_is_model(board, row.account)) for row in rows
        ]
        highest = max((row.hourly_marker or 0 for row in rows), default=0)
        return {"accountTotals": records, "lastHourlyMarkerRead": highest}, True

    async def _rows_since(self, board: Board, firsts: Mapping[AccountKey, int]) -> Sequence[AccountRow]:
        """Rows from the earliest wanted hour on; from the board alone where it has them all."""
        starts = [
            row.observed_at - ((row.hourly_marker or 0) - firsts[key] + 1) * _HOUR
            for key, row in board.accounts.items()
            if firsts[key] < (row.hourly_marker or 0)
        ]
        if not starts:
            return list(board.accounts.values())
        stored = await self._context.history.account_rows(min(starts))
        seasons = {key.season for key in board.accounts}
        return [*(row for row in stored if row.account.season in seasons), *board.accounts.values()]

    async def _trades(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        by_model: dict[str, list[Any]] = {}
        for key, log in board.trades.items():
            by_model.setdefault(key.trader, []).extend(log.trades)
        records = [
            nof1_records.trade_record(trade)
            for model in _in_roster_order(board, by_model)
            for trade in sorted(by_model[model], key=lambda its: its.exit_at, reverse=True)[:LISTED]
        ]
        return {"trades": records}, True

    async def _conversations(self, request: Nof1Request) -> _Made:
        decisions = await self._context.history.decisions(RecordFilter(limit=LISTED), with_texts=True)
        return {"conversations": [nof1_records.conversation_record(its) for its in decisions]}, False

    async def _leaderboard(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        records = [
            nof1_records.leaderboard_record(row, row.stats, row.sharpe.value)
            for row in board.leaderboard
            if not row.is_benchmark
        ]
        return {"leaderboard": sorted(records, key=lambda its: str(its["id"]))}, False

    async def _analytics(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        kept = {key.trader: its for key, its in sorted(board.analytics.items())}
        if request.argument is None:
            models = _in_roster_order(board, kept)
            return {"analytics": [nof1_records.analytics_record(kept[model]) for model in models]}, True
        if request.argument not in kept:
            raise Nof1Refusal(404, {"message": "Not found"})
        return {"analytics": [nof1_records.analytics_record(kept[str(request.argument)])]}, False

    async def _prices(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        return {
            "prices": {coin: nof1_records.price_record(its.price) for coin, its in board.prices.items()}
        }, True

    async def _inceptions(self, request: Nof1Request) -> _Made:
        board = await self._context.board(None)
        by_model = {its.account: its for its in board.inceptions.values()}
        ordered = sorted(by_model.values(), key=lambda its: its.inception_at)
        return {"sinceInceptionValues": [nof1_records.inception_record(its) for its in ordered]}, True


def _marker(query: bytes) -> int | None:
    """`lastHourlyMarker` of a query string. Raises Nof1Refusal."""
    try:
        given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=16))
    except ValueError as error:
        raise Nof1Refusal(400, {"message": "Too many parameters"}) from error
    text = given.get("lastHourlyMarker")
    if text is None:
        return None
    if _MARKER.fullmatch(text) is None or int(text) > _MAX_MARKER:
        raise Nof1Refusal(400, {"message": f"lastHourlyMarker must be a whole number up to {_MAX_MARKER}"})
    return int(text)


def _first_markers(board: Board, marker: int, *, strict: bool) -> dict[AccountKey, int]:
    """The first hour of each account to answer with: its newest one where it has not come so far."""
    return {
        key: marker if strict else min(marker, row.hourly_marker or 0) for key, row in board.accounts.items()
    }


def _newest_of_hours(rows: Iterable[AccountRow], firsts: Mapping[AccountKey, int]) -> list[AccountRow]:
    """The newest row of each account and hour from its first hour on, ascending by time."""
    newest: dict[tuple[AccountKey, int | None], AccountRow] = {}
    for row in rows:
        if (row.hourly_marker or 0) >= firsts.get(row.account, 0):
            key = (row.account, row.hourly_marker)
            if key not in newest or newest[key].observed_at <= row.observed_at:
                newest[key] = row
    return sorted(newest.values(), key=lambda row: (row.observed_at, row.account))


def _in_roster_order(board: Board, models: Iterable[str]) -> list[str]:
    order = {trader.id: place for place, trader in enumerate(board.roster.traders)}
    return sorted(models, key=lambda model: (order.get(model, len(order)), model))


def _is_model(board: Board, account: AccountKey) -> bool:
    return board.roster.trader(account.trader).kind != "benchmark"
