"""Figures of open positions, in the numbers of two positions."""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.figures.views import Observation, PositionView
from nof1tui.domain.records import ExitPlan, Position
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import Line, check
from tests.support.builders import account_row, at

LONG = Position(
    "ETH",
    2.0,
    entry_price=3_900.0,
    mark_price=4_000.0,
    unrealized_usd=200.0,
    leverage=8.0,
    margin_usd=1_000.0,
    liquidation_price=3_600.0,
    entry_at=at(-30),
    exit_plan=ExitPlan(4_200.0, 3_800.0, "4h close below 3,700"),
    risk_usd=400.0,
    confidence=0.65,
    entry_oid=11,
    tp_oid=12,
    sl_oid=13,
)
SHORT = Position("BTC", -0.5, entry_price=100.0, leverage=5.0)
"""Without a mark, a stated margin and a plan."""


def view(roster: Roster, position: Position) -> PositionView:
    return PositionView(Observation(account_row(), roster.trader("gpt-5")), position)


def test_a_position_with_everything_stated(roster: Roster) -> None:
    check("position", view(roster, LONG), [
        ("trader", "gpt-5", None, None),
        ("name", "GPT 5", None, None),
        ("coin", "ETH", None, None),
        ("side", "long", None, None),
        ("quantity", 2.0, None, None),
        ("entry_price", 3_900.0, None, None),
        ("mark_price", 4_000.0, None, None),
        ("leverage", 8.0, None, None),
        ("notional_usd", 8_000.0, None, None),
        ("unrealized_usd", 200.0, None, None),
        ("margin_usd", 1_000.0, None, None),
        ("on_margin_pct", 20.0, None, None),
        ("liquidation_price", 3_600.0, None, None),
        ("liquidation_distance_pct", 10.0, None, None),
        ("stop_loss", 3_800.0, None, None),
        ("profit_target", 4_200.0, None, None),
        ("stop_distance_pct", 5.0, None, None),
        ("target_distance_pct", 5.0, None, None),
        ("plan_progress", 0.5, None, None),
        ("invalidation", "4h close below 3,700", None, None),
        ("confidence", 0.65, None, None),
        ("risk_usd", 400.0, None, None),
        ("r_multiple", 0.5, None, None),
        ("held_s", 1_800.0, None, None),
        ("entry_at", at(-30), None, None),
        ("observed_at", at(0), None, None),
        ("entry_oid", 11, None, None),
        ("tp_oid", 12, None, None),
        ("sl_oid", 13, None, None),
    ])  # fmt: skip


def test_a_position_with_little_stated(roster: Roster) -> None:
    check("position", view(roster, SHORT), [
        ("side", "short", None, None),
        ("quantity", -0.5, None, None),
        ("notional_usd", 50.0, None, None),
        ("margin_usd", 10.0, None, None),
        ("on_margin_pct", None, None, "margin or P&L is unknown"),
        ("liquidation_distance_pct", None, None, "no liquidation price"),
        ("stop_loss", None, None, None),
        ("stop_distance_pct", None, None, "no stop is stated"),
        ("target_distance_pct", None, None, "no target is stated"),
        ("plan_progress", None, None, "needs stop, target and mark"),
        ("r_multiple", None, None, "risk or P&L is unknown"),
        ("held_s", None, None, "time of entry is unknown"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("position", "line"),
    [
        (Position("ETH", 1.0), ("notional_usd", None, None, "no price")),
        (Position("ETH", 1.0, entry_price=5.0), ("margin_usd", None, None, "margin is unknown")),
        (
            Position("ETH", 1.0, liquidation_price=5.0),
            ("liquidation_distance_pct", None, None, "no mark price"),
        ),
        (
            Position("ETH", 1.0, mark_price=90.0, exit_plan=ExitPlan(stop_loss=99.0)),
            ("stop_distance_pct", -10.0, None, None),
        ),
        (
            Position("ETH", -1.0, mark_price=90.0, exit_plan=ExitPlan(stop_loss=99.0)),
            ("stop_distance_pct", 10.0, None, None),
        ),
    ],
)
def test_distances_and_missing_prices(roster: Roster, position: Any, line: Line) -> None:
    check("position", view(roster, position), [line])
