"""Domain records from rows of the store. A row has its columns as attributes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from nof1tui.domain.events.event import Event
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    DecisionTexts,
    ExitPlan,
    Feed,
    Inception,
    Position,
    Price,
    Signal,
    Trade,
)
from nof1tui.store.reading.id_map import IdMap

StoredRow = Any
_SIGNALS_DECODER = msgspec.json.Decoder(tuple[Signal, ...])
_MAX_CACHED_SIGNALS = 500
"""Decisions whose signals are cached: consecutive boards share nearly all of them."""


def account_key_from_row(row: StoredRow) -> AccountKey:
    return AccountKey(row.season, row.trader, row.competition)


def inception_from_row(row: StoredRow) -> Inception:
    return Inception(account_key_from_row(row), row.inception_at, row.capital_usd, row.inception_fetched_at)


def snapshot_from_row(row: StoredRow, account: AccountKey, versions: Mapping[int, StoredRow]) -> AccountRow:
    positions = zip(
        row.version_ids, row.marks, row.unrealized_pnls, row.margins, row.liquidations, strict=True
    )
    return AccountRow(
        account=account,
        observed_at=row.ts,
        fetched_at=row.fetched_at,
        equity_usd=row.equity,
        hourly_marker=row.hourly_marker,
        minute_marker=row.minute_marker,
        return_pct_reported=row.return_pct,
        realized_usd=row.realized,
        unrealized_usd=row.unrealized,
        sharpe_reported=row.sharpe,
        positions=tuple(
            _build_position(versions[version_id], *figures) for version_id, *figures in positions
        ),
        extra=_to_json_text(row.extra),
    )


def position_from_version(row: StoredRow) -> Position:
    """A position without the values that change with each poll (mark, P&L, margin, liquidation)."""
    return _build_position(row)


def _build_position(
    version: StoredRow,
    mark: float | None = None,
    unrealized: float | None = None,
    margin: float | None = None,
    liquidation: float | None = None,
) -> Position:
    plan = ExitPlan(version.profit_target, version.stop_loss, version.invalidation)
    return Position(
        coin=version.coin,
        quantity=version.quantity,
        entry_price=version.entry_price,
        mark_price=mark,
        unrealized_usd=unrealized,
        leverage=version.leverage,
        margin_usd=margin,
        liquidation_price=liquidation,
        entry_at=version.entry_at,
        exit_plan=plan if version.has_plan else None,
        risk_usd=version.risk_usd,
        confidence=version.confidence,
        closed_pnl_usd=version.closed_pnl,
        commission_usd=version.commission,
        entry_oid=version.entry_oid,
        oid=version.oid,
        tp_oid=version.tp_oid,
        sl_oid=version.sl_oid,
        extra=_to_json_text(version.extra),
    )


def prices_from_rows(rows: Iterable[StoredRow]) -> Iterator[Price]:
    """Each coin's newest price, preceded by the last different one."""
    for row in rows:
        if row.before is not None:
            yield Price(row.coin, row.before, row.before_ts, row.before_ts)
        yield Price(row.coin, row.price, row.ts, row.fetched_at)


def analytics_from_row(row: StoredRow, id_map: IdMap) -> Analytics:
    tables = _to_json_text(row.tables) or "{}"
    return Analytics(id_map.accounts[row.account_id], row.updated_at, row.fetched_at, tables)


def trade_from_row(row: StoredRow, id_map: IdMap) -> Trade:
    return Trade(
        id=row.id,
        account=id_map.accounts[row.account_id],
        coin=id_map.symbols[row.symbol_id],
        exit_at=row.exit_ts,
        fetched_at=row.fetched_at,
        quantity=row.quantity,
        side=row.side,
        entry_at=row.entry_ts,
        entry_price=row.entry_price,
        exit_price=row.exit_price,
        gross_usd=row.gross,
        net_usd=row.net,
        fees_usd=row.fees,
        entry_fee_usd=row.entry_fee,
        exit_fee_usd=row.exit_fee,
        entry_closed_usd=row.entry_closed,
        exit_closed_usd=row.exit_closed,
        entry_oid=row.entry_oid,
        exit_oid=row.exit_oid,
        entry_tid=row.entry_tid,
        exit_tid=row.exit_tid,
        extra=_to_json_text(row.extra),
    )


@lru_cache(maxsize=_MAX_CACHED_SIGNALS)
def _decode_signals(text: str) -> tuple[Signal, ...]:
    return _SIGNALS_DECODER.decode(text)


def decision_from_row(row: StoredRow, id_map: IdMap) -> Decision:
    has_texts = "prompt" in row._fields
    return Decision(
        id=row.id,
        account=id_map.accounts[row.account_id],
        at=row.ts,
        fetched_at=row.fetched_at,
        summary=row.summary,
        signals=_decode_signals(row.signals),
        answer_failed=row.answer_failed,
        inserted_at=row.inserted_ts,
        cycle=row.cycle,
        run_id=row.run_id,
        skill=row.skill,
        texts=DecisionTexts(row.prompt, row.reasoning, row.answer) if has_texts else None,
        extra=_to_json_text(row.extra),
    )


def event_from_row(row: StoredRow, id_map: IdMap) -> Event:
    return Event(
        id=row.id,
        at=row.ts,
        kind=row.kind,
        account=None if row.account_id is None else id_map.accounts[row.account_id],
        coin=None if row.symbol_id is None else id_map.symbols[row.symbol_id],
        side=row.side,
        quantity=row.quantity,
        price=row.price,
        leverage=row.leverage,
        net_usd=row.net,
        other=None if row.other_id is None else id_map.accounts[row.other_id],
        value=row.value,
        before=row.was,
        plan=_exit_plan(row.plan),
        plan_before=_exit_plan(row.plan_was),
        feed=None if row.feed is None else Feed(row.feed),
        reason=row.reason,
    )


def _exit_plan(value: Mapping[str, Any] | None) -> ExitPlan | None:
    return None if value is None else msgspec.convert(value, ExitPlan)


def _to_json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
