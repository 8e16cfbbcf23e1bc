"""Sample records with everything plausible filled in; name only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    ExitPlan,
    Feed,
    Position,
    Price,
    Signal,
    Trade,
)
from nof1tui.domain.roster import Roster

START = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)


def key(trader: str = "gpt-5", season: str = "s1") -> AccountKey:
    return AccountKey(season, trader)


def at(minutes: float = 0.0) -> datetime:
    """The time that is `minutes` after the start of the samples."""
    return START + timedelta(minutes=minutes)


def position(coin: str = "ETH", quantity: float = 4.87, **changes: Any) -> Position:
    sample = Position(
        coin=coin,
        quantity=quantity,
        entry_price=3_844.1,
        mark_price=4_119.7,
        unrealized_usd=1_342.17,
        leverage=10.0,
        margin_usd=2_006.3,
        liquidation_price=3_512.8,
        entry_at=at(-1_142),
        exit_plan=ExitPlan(4_265.0, 3_720.0, "4h close below 3,700"),
        risk_usd=745.0,
        confidence=0.65,
        closed_pnl_usd=-8.4,
        commission_usd=8.4,
        entry_oid=204672918246,
        oid=204672918246,
    )
    return replace(sample, **changes)


def account_row(
    trader: str = "gpt-5", minutes: float = 0.0, equity: float = 10_500.0, **changes: Any
) -> AccountRow:
    sample = AccountRow(
        account=key(trader),
        observed_at=at(minutes),
        fetched_at=at(minutes + 0.5),
        equity_usd=equity,
        hourly_marker=int(198 + minutes // 60),
        minute_marker=int(198 * 60 + minutes),
        return_pct_reported=round((equity / 10_000 - 1) * 100, 3),
        realized_usd=equity - 10_000.0,
        unrealized_usd=0.0,
        sharpe_reported=0.31,
    )
    return replace(sample, **changes)


def trade(
    number: int = 1, trader: str = "gpt-5", minutes: float = 0.0, net: float = 12.5, **changes: Any
) -> Trade:
    sample = Trade(
        id=f"{trader}_{number:04d}",
        account=key(trader),
        coin="BTC",
        exit_at=at(minutes),
        fetched_at=at(minutes + 1),
        quantity=0.12,
        side="long",
        entry_at=at(minutes - 90),
        entry_price=114_000.0,
        exit_price=114_110.0,
        gross_usd=net + 2.0,
        net_usd=net,
        fees_usd=2.0,
        entry_fee_usd=1.0,
        exit_fee_usd=1.0,
        entry_oid=213881537577,
        exit_oid=214341494391,
        entry_tid=94208922751243,
        exit_tid=372512461843509,
    )
    return replace(sample, **changes)


def decision(number: int = 1, trader: str = "gpt-5", minutes: float = 0.0, **changes: Any) -> Decision:
    sample = Decision(
        id=f"{trader}_{number}",
        account=key(trader),
        at=at(minutes),
        fetched_at=at(minutes + 1),
        summary="I hold my long; the plan stands.",
        signals=(Signal("BTC", "hold", quantity=0.12, leverage=20.0, confidence=0.8),),
        inserted_at=at(minutes + 0.05),
        cycle=number,
        run_id="20251022131105",
        skill="swing_trading",
        texts=DecisionTexts("the prompt", "the reasoning", '{"BTC":{"signal":"hold"}}'),
    )
    return replace(sample, **changes)


def price(coin: str = "BTC", value: float = 114_502.5, minutes: float = 0.0) -> Price:
    return Price(coin, value, at(minutes), at(minutes))


def batch(feed: Feed = Feed.ACCOUNTS, **records: Any) -> Batch:
    return Batch(feed, feed.value, START, status=200, **records)


def board(roster: Roster, *batches: Batch) -> Board:
    """A board after these batches."""
    made = Board(roster)
    for each in batches:
        made = apply_batch(made, each)
    return made
