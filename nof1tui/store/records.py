"""Rows of the store as domain records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from nof1tui.domain.model import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    ExitPlan,
    Inception,
    Position,
    Signal,
    Trade,
)

AnyRow = Row[Any]


def account_key(row: AnyRow) -> AccountKey:
    return AccountKey(row.season, row.trader, row.competition)


def account_parameters(key: AccountKey) -> dict[str, str]:
    return {"season": key.season, "trader": key.trader, "competition": key.competition}


def inception(row: AnyRow) -> Inception:
    return Inception(account_key(row), row.inception_at, row.capital_usd, row.inception_fetched_at)


def snapshot(row: AnyRow, account: AccountKey, versions: Mapping[int, AnyRow]) -> AccountRow:
    held = zip(row.version_ids, row.marks, row.unrealized_pnls, row.margins, row.liquidations, strict=True)
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
        positions=tuple(_position(versions[number], *figures) for number, *figures in held),
        extra=_json(row.extra),
    )


def _position(
    version: AnyRow,
    mark: float | None,
    unrealized: float | None,
    margin: float | None,
    liquidation: float | None,
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
        extra=_json(version.extra),
    )


def trade(row: AnyRow) -> Trade:
    return Trade(
        id=row.id,
        account=account_key(row),
        coin=row.coin,
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
        extra=_json(row.extra),
    )


def decision(row: AnyRow) -> Decision:
    in_full = "prompt" in row._fields
    return Decision(
        id=row.id,
        account=account_key(row),
        at=row.ts,
        fetched_at=row.fetched_at,
        summary=row.summary,
        signals=tuple(Signal(**signal) for signal in row.signals),
        answer_failed=row.answer_failed,
        inserted_at=row.inserted_ts,
        cycle=row.cycle,
        run_id=row.run_id,
        skill=row.skill,
        texts=DecisionTexts(row.prompt, row.reasoning, row.answer) if in_full else None,
        extra=_json(row.extra),
    )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
