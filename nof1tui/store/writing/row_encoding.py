"""Rows for the statements of `upsert` from domain records, and content hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from msgspec.structs import asdict

from nof1tui.domain.events.event import Event
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    ExitPlan,
    Position,
    Signal,
    Trade,
)

_NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def replace_nul(text: str | None) -> str | None:
    """The text with U+FFFD for each NUL, which PostgreSQL cannot store."""
    return None if text is None else text.replace("\x00", "\ufffd")


def replace_nul_json(text: str | None) -> str | None:
    """The same for JSON text, where a NUL is an escape sequence."""
    return None if text is None else _NUL_ESCAPE.sub(r"\1\\ufffd", text)


def hash_content(values: Sequence[Any]) -> bytes:
    """128-bit blake2b hash of the values."""
    return blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def version_to_row(position: Position) -> tuple[Any, ...]:
    """The values that do not change between polls, in the order of `_VERSION_COLUMNS` in `dimensions`."""
    plan = position.exit_plan
    return (
        position.quantity,
        position.entry_price,
        position.entry_at,
        position.leverage,
        plan.profit_target if plan else None,
        plan.stop_loss if plan else None,
        replace_nul(plan.invalidation) if plan else None,
        plan is not None,
        position.risk_usd,
        position.confidence,
        position.closed_pnl_usd,
        position.commission_usd,
        position.entry_oid,
        position.oid,
        position.tp_oid,
        position.sl_oid,
        replace_nul_json(position.extra),
    )


def snapshot_to_row(row: AccountRow, account_id: int, versions: Sequence[int]) -> tuple[Any, ...]:
    """Values in the order of `SNAPSHOT_UPSERT.columns`."""
    positions = row.positions
    return (
        row.observed_at,
        account_id,
        row.hourly_marker,
        row.minute_marker,
        row.equity_usd,
        row.return_pct_reported,
        row.realized_usd,
        row.unrealized_usd,
        row.sharpe_reported,
        versions,
        [position.mark_price for position in positions],
        [position.unrealized_usd for position in positions],
        [position.margin_usd for position in positions],
        [position.liquidation_price for position in positions],
        replace_nul_json(row.extra),
        row.fetched_at,
    )


def trade_to_row(trade: Trade, account_id: int, symbol_id: int) -> tuple[Any, ...]:
    """Values in the order of `TRADE_UPSERT.columns`."""
    return (
        replace_nul(trade.id),
        account_id,
        symbol_id,
        trade.exit_at,
        trade.entry_at,
        trade.side,
        trade.quantity,
        trade.entry_price,
        trade.exit_price,
        trade.gross_usd,
        trade.net_usd,
        trade.fees_usd,
        trade.entry_fee_usd,
        trade.exit_fee_usd,
        trade.entry_closed_usd,
        trade.exit_closed_usd,
        trade.entry_oid,
        trade.exit_oid,
        trade.entry_tid,
        trade.exit_tid,
        replace_nul_json(trade.extra),
        trade.fetched_at,
    )


def decision_to_row(decision: Decision, account_id: int) -> tuple[Any, ...]:
    """Values in the order of `DECISION_UPSERT.columns`."""
    texts = decision.texts
    signals = json.dumps([asdict(signal) for signal in decision.signals])
    return (
        replace_nul(decision.id),
        account_id,
        decision.at,
        decision.inserted_at,
        decision.cycle,
        replace_nul(decision.run_id),
        replace_nul(decision.skill),
        replace_nul(decision.summary),
        replace_nul(texts.reasoning) if texts else None,
        replace_nul(texts.prompt) if texts else None,
        replace_nul(texts.answer) if texts else None,
        decision.answer_failed,
        replace_nul_json(signals),
        replace_nul_json(decision.extra),
        hash_decision(decision),
        decision.fetched_at,
    )


def event_to_row(
    event: Event, accounts: Mapping[AccountKey, int], symbols: Mapping[str, int]
) -> tuple[Any, ...]:
    """Values in the order of the event columns in `upsert`."""
    return (
        replace_nul(event.id),
        event.at,
        event.kind,
        accounts[event.account] if event.account else None,
        symbols[event.coin] if event.coin else None,
        event.side,
        event.quantity,
        event.price,
        event.leverage,
        event.net_usd,
        accounts[event.other] if event.other else None,
        event.value,
        event.before,
        _plan_json(event.plan),
        _plan_json(event.plan_before),
        event.feed.value if event.feed else None,
        replace_nul(event.reason),
    )


def _plan_json(plan: ExitPlan | None) -> str | None:
    return None if plan is None else replace_nul_json(json.dumps(asdict(plan)))


def hash_decision(decision: Decision) -> bytes:
    """Content hash of all fields but `fetched_at`.

    Stored decisions are compared with it, so the hashed text must never change. It names records and
    fields as version 0.1 did, whatever they are called now.
    """
    texts = decision.texts
    return hash_content(
        (
            _hashed_account(decision.account),
            decision.at,
            decision.summary,
            tuple(map(_hashed_signal, decision.signals)),
            decision.answer_failed,
            decision.inserted_at,
            decision.cycle,
            decision.run_id,
            decision.skill,
            None if texts is None else _hashed_texts(texts),
            decision.extra,
        )
    )


class _HashedText(str):
    """A text that is hashed as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _hashed_account(key: AccountKey) -> _HashedText:
    return _HashedText(
        f"AccountKey(season={key.season!r}, trader={key.trader!r}, competition={key.competition!r})"
    )


def _hashed_texts(texts: DecisionTexts) -> _HashedText:
    return _HashedText(
        f"DecisionTexts(prompt={texts.prompt!r}, reasoning={texts.reasoning!r}, answer={texts.answer!r})"
    )


def _hashed_signal(signal: Signal) -> _HashedText:
    return _HashedText(
        f"Signal(coin={signal.coin!r}, action={signal.action!r}, quantity={signal.quantity!r}, "
        f"leverage={signal.leverage!r}, profit_target={signal.profit_target!r}, "
        f"stop_loss={signal.stop_loss!r}, risk_usd={signal.risk_usd!r}, confidence={signal.confidence!r}, "
        f"invalidation={signal.invalidation!r}, justification={signal.justification!r})"
    )
