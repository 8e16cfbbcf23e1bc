"""Changes between versions of an open position."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nof1tui.domain.events.position_history import PositionChange, position_changes
from nof1tui.domain.records import ExitPlan, Position
from tests.support.builders import at, position

PLAN = ExitPlan(4_265.0, 3_720.0, "below 3,700")
FIRST = position("ETH", 4.87, exit_plan=PLAN, leverage=10.0)


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (replace(FIRST, quantity=3.0), PositionChange(at(5), (("quantity", 4.87, 3.0),))),
        (replace(FIRST, leverage=12.0), PositionChange(at(5), (("leverage", 10.0, 12.0),))),
        (
            replace(FIRST, exit_plan=replace(PLAN, stop_loss=3_800.0, profit_target=4_300.0)),
            PositionChange(at(5), (("stop", 3_720.0, 3_800.0), ("target", 4_265.0, 4_300.0))),
        ),
        (
            replace(FIRST, exit_plan=None),
            PositionChange(at(5), (("stop", 3_720.0, None), ("target", 4_265.0, None))),
        ),
        (
            replace(FIRST, exit_plan=replace(PLAN, invalidation="below 3,600")),
            PositionChange(at(5), (), "below 3,600"),
        ),
    ],
)
def test_changes_from_the_version_before_are_listed(after: Position, change: PositionChange) -> None:
    assert position_changes([(at(5), after), (at(0), FIRST)]) == (change,)


def test_fields_other_than_plan_size_and_leverage_are_ignored() -> None:
    assert position_changes([(at(0), FIRST), (at(5), replace(FIRST, commission_usd=3.0))]) == ()


def test_values_unknown_from_fills_have_not_changed() -> None:
    told_by_fills = replace(FIRST, leverage=None, exit_plan=None)
    assert position_changes([(at(0), told_by_fills), (at(5), replace(FIRST, quantity=3.0))]) == (
        PositionChange(at(5), (("quantity", 4.87, 3.0),), "below 3,700"),
    )


def test_one_version_has_no_changes() -> None:
    assert position_changes([(at(0), FIRST)]) == ()
    assert position_changes([]) == ()
