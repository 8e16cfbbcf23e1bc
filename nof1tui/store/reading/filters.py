"""Builds the statements for pages of records: only the filter's conditions, all values bound."""

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
    """Collects the conditions of a statement and their values."""

    time_column: str
    """Column with the record's time."""
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add_condition(self, condition: str, **values: Any) -> None:
        self.conditions.append(condition)
        self.values.update(values)

    @property
    def where(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    def build_page(self, select: str, limit: int | None) -> tuple[bytes, dict[str, Any]]:
        """The statement and its values, newest first."""
        statement = (
            f"{select} r {self.where} ORDER BY r.{self.time_column} DESC, r.id DESC LIMIT %(limit)s::int8"
        )
        return statement.encode(), {**self.values, "limit": limit}


def build_trades_query(
    id_map: IdMap, record_filter: RecordFilter, after: PageCursor | None
) -> tuple[bytes, dict[str, Any]]:
    return _filter_trades(id_map, record_filter, after).build_page(
        "SELECT r.* FROM nof1.trades", record_filter.limit
    )


def build_trade_totals_query(id_map: IdMap, record_filter: RecordFilter) -> tuple[bytes, dict[str, Any]]:
    query = _filter_trades(id_map, record_filter, None)
    sums = (
        *("count(*) AS trades", "count(*) FILTER (WHERE net > 0) AS wins", "count(net) AS judged"),
        *(f"count(*) - count({name}) AS without_{name}" for name in ("gross", "fees")),
        *(f"coalesce(sum({name}), 0) AS {name}_usd" for name in ("net", "gross", "fees")),
        "coalesce(sum(net) FILTER (WHERE net > 0), 0) AS gains_usd",
        "coalesce(sum(net) FILTER (WHERE net < 0), 0) AS losses_usd",
        "max(net) FILTER (WHERE net > 0) AS biggest_win_usd",
        "min(net) FILTER (WHERE net < 0) AS biggest_loss_usd",
    )
    return f"SELECT {', '.join(sums)} FROM nof1.trades r {query.where}".encode(), query.values  # noqa: S608


def build_decisions_query(
    id_map: IdMap, record_filter: RecordFilter, after: PageCursor | None, *, with_texts: bool = False
) -> tuple[bytes, dict[str, Any]]:
    query = _filter_common(id_map, "ts", record_filter, after)
    if record_filter.coin is not None:
        coin = "r.signals @> jsonb_build_array(jsonb_build_object('coin', %(coin)s::text))"
        query.add_condition(coin, coin=record_filter.coin)
    if record_filter.actions_only:
        query.add_condition("""r.signals @? '$[*] ? (@.action != "hold")'""")
    if record_filter.text is not None:
        query.add_condition(
            "r.search @@ websearch_to_tsquery('simple', %(text)s::text)", text=record_filter.text
        )
    columns = DECISION_COLUMNS + (DECISION_TEXT_COLUMNS if with_texts else "")
    return query.build_page(f"SELECT {columns} FROM nof1.decisions", record_filter.limit)  # noqa: S608


def build_events_query(
    id_map: IdMap, record_filter: RecordFilter, after: PageCursor | None
) -> tuple[bytes, dict[str, Any]]:
    """Without `closed` events that have a matching trade at that time."""
    query = _filter_common(id_map, "ts", record_filter, after, with_feeds=True)
    query.add_condition(_CLOSED_WITHOUT_TRADE, tolerance=TRADE_MATCH_TOLERANCE, known=record_filter.until)
    _filter_coin(query, id_map, record_filter.coin)
    if record_filter.side is not None:
        query.add_condition("r.side = %(side)s::text", side=record_filter.side)
    if record_filter.kinds is not None:
        query.add_condition("r.kind = ANY(%(kinds)s::text[])", kinds=list(record_filter.kinds))
    return query.build_page("SELECT r.* FROM nof1.events", record_filter.limit)


def _filter_trades(id_map: IdMap, record_filter: RecordFilter, after: PageCursor | None) -> _QueryBuilder:
    query = _filter_common(id_map, "exit_ts", record_filter, after)
    _filter_coin(query, id_map, record_filter.coin)
    if record_filter.side is not None:
        query.add_condition("r.side = %(side)s::text", side=record_filter.side)
    if record_filter.won is not None:
        query.add_condition("(r.net > 0) = %(won)s", won=record_filter.won)
    return query


def _filter_common(
    id_map: IdMap,
    time_column: str,
    record_filter: RecordFilter,
    after: PageCursor | None,
    *,
    with_feeds: bool = False,
) -> _QueryBuilder:
    """`with_feeds`: events without an account match every season."""
    query = _QueryBuilder(time_column)
    if record_filter.traders is not None or record_filter.season is not None:
        accounts = "r.account_id = ANY(%(ids)s::int4[])"
        if with_feeds and record_filter.traders is None:
            accounts = f"({accounts} OR r.account_id IS NULL)"
        query.add_condition(accounts, ids=list(_matching_account_ids(id_map, record_filter)))
    if record_filter.since is not None:
        query.add_condition(f"r.{time_column} >= %(since)s", since=record_filter.since)
    if record_filter.until is not None:
        query.add_condition(f"r.{time_column} <= %(until)s", until=record_filter.until)
    if after is not None:
        query.add_condition(
            f"(r.{time_column}, r.id) < (%(after_at)s, %(after_id)s)", after_at=after.at, after_id=after.id
        )
    return query


def _matching_account_ids(id_map: IdMap, record_filter: RecordFilter) -> Iterable[int]:
    traders: Sequence[str] | None = record_filter.traders
    for account_id, key in id_map.accounts.items():
        if (traders is None or key.trader in traders) and record_filter.season in (None, key.season):
            yield account_id


def _filter_coin(query: _QueryBuilder, id_map: IdMap, coin: str | None) -> None:
    if coin is not None:
        query.add_condition("r.symbol_id = %(symbol)s::int4", symbol=id_map.symbol_ids.get(coin, 0))
