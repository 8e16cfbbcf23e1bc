"""Statements for pages of records: only the conditions that a filter has, every value bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nof1tui.domain.events.event import TRADE_MATCH_TOLERANCE
from nof1tui.ports.history import PageCursor, RecordFilter
from nof1tui.store.reading.id_map import IdMap

DECISION_COLUMNS = (
    "r.id, r.account_id, r.ts, r.inserted_ts, r.cycle, r.run_id, r.skill, r.summary, r.answer_failed, "
    "r.signals::text AS signals, r.extra, r.fetched_at"
)
DECISION_TEXT_COLUMNS = ", r.prompt, r.reasoning, r.answer"
_CLOSED_WITHOUT_TRADE = (
    "NOT (r.kind = 'closed' AND EXISTS (SELECT FROM nof1.trades t WHERE t.account_id = r.account_id "
    "AND t.symbol_id = r.symbol_id AND t.exit_ts BETWEEN r.ts - %(tolerance)s::interval "
    "AND least(r.ts + %(tolerance)s::interval, coalesce(%(known)s::timestamptz, 'infinity'))))"
)


@dataclass(slots=True)
class _QueryBuilder:
    """Conditions of a statement in the making."""

    time_column: str
    """Column of the record's time."""
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add_condition(self, condition: str, **values: Any) -> None:
        self.conditions.append(condition)
        self.values.update(values)

    @property
    def where(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    def build_page(self, select: str, limit: int | None) -> tuple[bytes, dict[str, Any]]:
        """Newest first."""
        statement = (
            f"{select} r {self.where} ORDER BY r.{self.time_column} DESC, r.id DESC LIMIT %(limit)s::int8"
        )
        return statement.encode(), {**self.values, "limit": limit}


def build_trades_query(
    names: IdMap, wanted: RecordFilter, after: PageCursor | None
) -> tuple[bytes, dict[str, Any]]:
    return _filter_trades(names, wanted, after).build_page("SELECT r.* FROM nof1.trades", wanted.limit)


def build_trade_totals_query(names: IdMap, wanted: RecordFilter) -> tuple[bytes, dict[str, Any]]:
    query = _filter_trades(names, wanted, None)
    sums = (
        *("count(*) AS trades", "count(*) FILTER (WHERE net > 0) AS wins", "count(net) AS judged"),
        *(f"coalesce(sum({name}), 0) AS {name}_usd" for name in ("net", "gross", "fees")),
        "coalesce(sum(net) FILTER (WHERE net > 0), 0) AS gains_usd",
        "coalesce(sum(net) FILTER (WHERE net < 0), 0) AS losses_usd",
        "max(net) FILTER (WHERE net > 0) AS biggest_win_usd",
        "min(net) FILTER (WHERE net < 0) AS biggest_loss_usd",
    )
    return f"SELECT {', '.join(sums)} FROM nof1.trades r {query.where}".encode(), query.values  # noqa: S608


def build_decisions_query(
    names: IdMap, wanted: RecordFilter, after: PageCursor | None, *, with_texts: bool = False
) -> tuple[bytes, dict[str, Any]]:
    query = _filter_common(names, "ts", wanted, after)
    if wanted.coin is not None:
        coin = "r.signals @> jsonb_build_array(jsonb_build_object('coin', %(coin)s::text))"
        query.add_condition(coin, coin=wanted.coin)
    if wanted.actions_only:
        query.add_condition("""r.signals @? '$[*] ? (@.action != "hold")'""")
    if wanted.text is not None:
        query.add_condition("r.search @@ websearch_to_tsquery('simple', %(text)s::text)", text=wanted.text)
    columns = DECISION_COLUMNS + (DECISION_TEXT_COLUMNS if with_texts else "")
    return query.build_page(f"SELECT {columns} FROM nof1.decisions", wanted.limit)  # noqa: S608


def build_events_query(
    names: IdMap, wanted: RecordFilter, after: PageCursor | None
) -> tuple[bytes, dict[str, Any]]:
    """Without closings that a trade known by then tells better."""
    query = _filter_common(names, "ts", wanted, after, with_feeds=True)
    query.add_condition(_CLOSED_WITHOUT_TRADE, tolerance=TRADE_MATCH_TOLERANCE, known=wanted.until)
    _filter_coin(query, names, wanted.coin)
    if wanted.side is not None:
        query.add_condition("r.side = %(side)s::text", side=wanted.side)
    if wanted.kinds is not None:
        query.add_condition("r.kind = ANY(%(kinds)s::text[])", kinds=list(wanted.kinds))
    return query.build_page("SELECT r.* FROM nof1.events", wanted.limit)


def _filter_trades(names: IdMap, wanted: RecordFilter, after: PageCursor | None) -> _QueryBuilder:
    query = _filter_common(names, "exit_ts", wanted, after)
    _filter_coin(query, names, wanted.coin)
    if wanted.side is not None:
        query.add_condition("r.side = %(side)s::text", side=wanted.side)
    if wanted.won is not None:
        query.add_condition("(r.net > 0) = %(won)s", won=wanted.won)
    return query


def _filter_common(
    names: IdMap, at: str, wanted: RecordFilter, after: PageCursor | None, *, with_feeds: bool = False
) -> _QueryBuilder:
    """`with_feeds`: what is nobody's belongs to every season."""
    query = _QueryBuilder(at)
    if wanted.traders is not None or wanted.season is not None:
        mine = "r.account_id = ANY(%(ids)s::int4[])"
        if with_feeds and wanted.traders is None:
            mine = f"({mine} OR r.account_id IS NULL)"
        query.add_condition(mine, ids=list(_matching_account_ids(names, wanted)))
    if wanted.since is not None:
        query.add_condition(f"r.{at} >= %(since)s", since=wanted.since)
    if wanted.until is not None:
        query.add_condition(f"r.{at} <= %(until)s", until=wanted.until)
    if after is not None:
        query.add_condition(
            f"(r.{at}, r.id) < (%(after_at)s, %(after_id)s)", after_at=after.at, after_id=after.id
        )
    return query


def _matching_account_ids(names: IdMap, wanted: RecordFilter) -> Iterable[int]:
    traders: Sequence[str] | None = wanted.traders
    for number, key in names.accounts.items():
        if (traders is None or key.trader in traders) and wanted.season in (None, key.season):
            yield number


def _filter_coin(query: _QueryBuilder, names: IdMap, coin: str | None) -> None:
    if coin is not None:
        query.add_condition("r.symbol_id = %(symbol)s::int4", symbol=names.symbol_ids.get(coin, 0))
